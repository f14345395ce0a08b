package main

import (
	"sync"
	"sync/atomic"
)

const additionsCapacity = 128

// countingWays are the ways in which tasks add to one number; each returns what it has counted.
var countingWays = map[string]func(traffic, *meter) uint64{
	"atomic": countByAtomic, "mutex": countByMutex, "merge": countByMerging,
	"channel": countByChannel,
}

func countByAtomic(load traffic, meter *meter) uint64 {
	var count atomic.Uint64
	runTogether(load.producers, meter, func(task int) {
		for left := load.share(task); left > 0; left-- {
			count.Add(1)
		}
	}, func() {})
	return count.Load()
}

func countByMutex(load traffic, meter *meter) uint64 {
	var mutex sync.Mutex
	var count uint64
	runTogether(load.producers, meter, func(task int) {
		for left := load.share(task); left > 0; left-- {
			mutex.Lock()
			count++
			mutex.Unlock()
		}
	}, func() {})
	return count
}

// countByMerging has each task count alone and add once, at its end.
func countByMerging(load traffic, meter *meter) uint64 {
	var count atomic.Uint64
	runTogether(load.producers, meter, func(task int) {
		own := uint64(0)
		increment(&own, load.share(task))
		count.Add(own)
	}, func() {})
	return count.Load()
}

// countByChannel has one task that has the number; the others send it what to add.
func countByChannel(load traffic, meter *meter) uint64 {
	additions := make(chan uint64, additionsCapacity)
	count, counted := uint64(0), make(chan struct{})
	go func() {
		count = sumOf(additions)
		close(counted)
	}()
	runTogether(load.producers, meter, func(task int) {
		for left := load.share(task); left > 0; left-- {
			additions <- 1
		}
	}, func() {
		close(additions)
		<-counted
	})
	return count
}

func sumOf(additions <-chan uint64) uint64 {
	sum := uint64(0)
	for addition := range additions {
		sum += addition
	}
	return sum
}

func prepareTrueSharing(asked *cell) (body, error) {
	load := traffic{uint64(asked.operations), asked.number("tasks")}
	count := countingWays[asked.parameters["way"]]
	return func(meter *meter) (uint64, error) {
		return load.messages, checkIncrements(count(load, meter), load)
	}, nil
}

func checkIncrements(counted uint64, load traffic) error {
	return requireEqual(counted, load.messages, "increments that were counted")
}
