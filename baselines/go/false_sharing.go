package main

import (
	"fmt"
	"unsafe"
)

const (
	wordBytes = 8
	// The larger of a cache line and of what the adjacent-line prefetcher takes at once.
	boundaryBytes = 128
)

// stridedCounters gives counters at a stride in one block that starts on the boundary.
func stridedCounters(counters, stride int) []*uint64 {
	block := make([]uint64, (counters*stride+boundaryBytes)/wordBytes)
	skip := 0
	for addressOf(&block[skip])%boundaryBytes != 0 {
		skip++
	}
	places := make([]*uint64, counters)
	for counter := range places {
		places[counter] = &block[skip+counter*stride/wordBytes]
	}
	return places
}

func addressOf(word *uint64) uintptr { return uintptr(unsafe.Pointer(word)) }

// increment adds in memory each time: the compiler keeps no variable behind a pointer in a register
// over a loop.
//
//go:noinline
func increment(counter *uint64, times uint64) {
	for time := uint64(0); time < times; time++ {
		*counter++
	}
}

func prepareFalseSharing(asked *cell) (body, error) {
	return prepareOwnCounters(asked, asked.workers, increment)
}

// prepareOwnCounters has tasks that each have a counter and a share of the increments; count is
// what a task does with these.
func prepareOwnCounters(asked *cell, tasks int, count func(*uint64, uint64)) (body, error) {
	stride := asked.number("stride")
	if stride%wordBytes != 0 {
		return nil, fmt.Errorf("%w: stride is a multiple of %d bytes", errUsage, wordBytes)
	}
	load := traffic{uint64(asked.operations), tasks}
	return func(meter *meter) (uint64, error) {
		counters := stridedCounters(tasks, stride)
		meter.start()
		forEach(tasks, func(task int) { count(counters[task], load.share(task)) })
		meter.stop()
		done := make([]uint64, tasks)
		for task, counter := range counters {
			done[task] = *counter
		}
		return load.messages, checkShares(load, done, "a task's counter")
	}, nil
}
