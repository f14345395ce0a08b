package main

import "sync"

// A message is its producer and its number there, so that eight bytes can be checked for loss,
// duplication and order. Numbers start at 1.
const numberBits = 48

func makeMessage(producer int, number uint64) uint64 {
	return uint64(producer)<<numberBits | number
}

func splitMessage(message uint64) (producer int, number uint64) {
	return int(message >> numberBits), message & (1<<numberBits - 1)
}

// letter is a message of 8, 64 or 256 bytes, which says the same in each of its words.
type letter interface {
	[1]uint64 | [8]uint64 | [32]uint64
}

func write[L letter](message uint64) (out L) {
	for index := 0; index < len(out); index++ {
		out[index] = message
	}
	return out
}

// read gives what no producer sends when the letter's two ends do not agree.
func read[L letter](in L) uint64 {
	if in[0] != in[len(in)-1] {
		return makeMessage(0, 0)
	}
	return in[0]
}

// tally is what one consumer saw; last has the last number from each producer.
type tally struct {
	last                   []uint64
	sum, count, disordered uint64
}

func (t *tally) take(message uint64) {
	producer, number := splitMessage(message)
	if producer >= len(t.last) || number <= t.last[producer] {
		t.disordered++
		return
	}
	t.last[producer] = number
	t.sum += number
	t.count++
}

// traffic says how many messages come from how many producers, or what else is split over tasks.
type traffic struct {
	messages  uint64
	producers int
}

// share is how many of the messages a producer sends.
func (t traffic) share(producer int) uint64 {
	share := t.messages / uint64(t.producers)
	if uint64(producer) < t.messages%uint64(t.producers) {
		share++
	}
	return share
}

// check returns the sum of the messages' numbers, which is right when nothing is wrong.
func (t traffic) check(seen []tally) (uint64, error) {
	var total tally
	for _, each := range seen {
		total.sum += each.sum
		total.count += each.count
		total.disordered += each.disordered
	}
	wanted := uint64(0)
	for producer := 0; producer < t.producers; producer++ {
		wanted += t.share(producer) * (t.share(producer) + 1) / 2
	}
	if err := requireEqual(total.disordered, 0, "messages out of order"); err != nil {
		return 0, err
	}
	if err := requireEqual(total.count, t.messages, "messages received"); err != nil {
		return 0, err
	}
	return total.sum, requireEqual(total.sum, wanted, "sum of the messages' numbers")
}

func prepareThroughput(asked *cell) (body, error) {
	load := traffic{uint64(asked.operations), asked.number("producers")}
	move := map[int]func(traffic, *cell, []tally, *meter){
		8: move[[1]uint64], 64: move[[8]uint64], 256: move[[32]uint64],
	}[asked.number("message_bytes")]
	return func(meter *meter) (uint64, error) {
		seen := make([]tally, asked.number("consumers"))
		move(load, asked, seen, meter)
		return load.check(seen)
	}, nil
}

func move[L letter](t traffic, asked *cell, seen []tally, meter *meter) {
	channel := make(chan L, asked.number("capacity"))
	work, workNs := spin{}, asked.number("work_ns")
	if workNs > 0 {
		work = newSpin(workNs)
	}
	var sent, received sync.WaitGroup
	meter.found("capacity", cap(channel))
	meter.start()
	sent.Add(t.producers)
	received.Add(len(seen))
	for consumer := range seen {
		go func(result *tally) {
			// On the task's own stack: neighbouring results would share cache lines.
			own := tally{last: make([]uint64, t.producers)}
			for message := range channel {
				own.take(read(message))
				if workNs > 0 {
					work.work(own.count)
				}
			}
			*result = own
			received.Done()
		}(&seen[consumer])
	}
	for producer := 0; producer < t.producers; producer++ {
		go func(producer int) {
			for number := uint64(1); number <= t.share(producer); number++ {
				if workNs > 0 {
					work.work(number)
				}
				channel <- write[L](makeMessage(producer, number))
			}
			sent.Done()
		}(producer)
	}
	sent.Wait()
	close(channel)
	received.Wait()
	meter.stop()
}
