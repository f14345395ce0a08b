package main

import (
	"fmt"
	"time"
)

const tableSize = 1 << 17

// numberBatches deals numbers out in batches of grain. The numbers lie in a table that a core's
// cache can hold; batches start further on each time.
type numberBatches struct {
	numbers, grain uint64
	table          []uint64
}

func newNumberBatches(numbers, grain uint64) numberBatches {
	table := make([]uint64, tableSize)
	for index := range table {
		table[index] = uint64(index)
	}
	return numberBatches{numbers, grain, table}
}

func (b *numberBatches) count() uint64 { return (b.numbers + b.grain - 1) / b.grain }

func (b *numberBatches) begin(batch uint64) uint64 {
	return batch * b.grain % (tableSize - b.grain + 1)
}

func (b *numberBatches) length(batch uint64) uint64 {
	if left := b.numbers - batch*b.grain; left < b.grain {
		return left
	}
	return b.grain
}

//go:noinline
func (b *numberBatches) sum(batch uint64) (sum uint64) {
	begin := b.begin(batch)
	for _, number := range b.table[begin : begin+b.length(batch)] {
		sum += number
	}
	return sum
}

// calculated is the sum of all batches by the formula: the table's entries are their own indices.
func (b *numberBatches) calculated() (total uint64) {
	for batch := uint64(0); batch < b.count(); batch++ {
		length := b.length(batch)
		total += length*b.begin(batch) + length*(length-1)/2
	}
	return total
}

func (b *numberBatches) sumDirectly() (sum uint64) {
	for batch := uint64(0); batch < b.count(); batch++ {
		sum += b.sum(batch)
	}
	return sum
}

func (b *numberBatches) sumOverChannel() (sum uint64) {
	channel := make(chan uint64)
	go func(count uint64) {
		for batch := uint64(0); batch < count; batch++ {
			channel <- batch
		}
		close(channel)
	}(b.count())
	for batch := range channel {
		sum += b.sum(batch)
	}
	return sum
}

func prepareFineGrainSum(asked *cell) (body, error) {
	numbers, grain := uint64(asked.operations), uint64(asked.number("grain"))
	if grain > tableSize {
		return nil, fmt.Errorf("%w: grain is at most %d", errUsage, tableSize)
	}
	batches := newNumberBatches(numbers, grain)
	wanted := batches.calculated()
	return func(meter *meter) (uint64, error) {
		began := time.Now()
		direct := batches.sumDirectly()
		directNs := float64(time.Since(began))
		if err := requireEqual(direct, wanted, "sum without a channel"); err != nil {
			return 0, err
		}
		meter.start()
		sum := batches.sumOverChannel()
		meter.stop()
		meter.figure("direct_ns", directNs/float64(numbers))
		meter.figure("overhead", float64(meter.elapsed)/directNs)
		return sum, requireEqual(sum, wanted, "sum of the numbers")
	}, nil
}
