package main

import (
	"fmt"
	"sync"
)

// guardedPair is two equal counts. A writer moves them on where its section begins and where it
// ends, so that a reader beside it sees them differ, and a writer beside it loses a write.
type guardedPair struct{ first, second uint64 }

func (g *guardedPair) write(work spin) {
	seen := g.second
	g.first = seen + 1
	work.work(seen)
	g.second = seen + 1
}

// read is whether the counts are equal.
func (g *guardedPair) read(work spin) bool {
	seen := g.first
	work.work(seen)
	return g.second == seen
}

// sharedSections says which of its sections a task enters to read.
type sharedSections struct {
	traffic
	readPercent uint64
}

func (s sharedSections) reads(task int, section uint64) bool {
	return mix(mix(uint64(task))+section)%100 < s.readPercent
}

// writes is how many sections of all tasks write.
func (s sharedSections) writes() uint64 {
	writes := uint64(0)
	for task := 0; task < s.producers; task++ {
		for section := uint64(0); section < s.share(task); section++ {
			if !s.reads(task, section) {
				writes++
			}
		}
	}
	return writes
}

// seenSections is how many reads beside a writer a task saw, and how often it wrote.
type seenSections struct{ torn, writes uint64 }

func (s sharedSections) check(found []seenSections, counted uint64) (uint64, error) {
	var total seenSections
	for _, each := range found {
		total.torn += each.torn
		total.writes += each.writes
	}
	writes := s.writes()
	if err := requireEqual(total.torn, 0, "reads beside a writer"); err != nil {
		return 0, err
	}
	if err := requireEqual(total.writes, writes, "writes that the tasks made"); err != nil {
		return 0, err
	}
	return writes, requireEqual(counted, writes, "writes counted under the mutex")
}

func prepareSharedMutex(asked *cell) (body, error) {
	load := sharedSections{
		traffic{uint64(asked.operations), asked.number("tasks")},
		uint64(asked.number("read_percent")),
	}
	if load.readPercent > 100 {
		return nil, fmt.Errorf("%w: read_percent is at most 100", errUsage)
	}
	work := newSpin(asked.number("section_ns"))
	return func(meter *meter) (uint64, error) {
		var mutex sync.RWMutex
		var pair guardedPair
		found := make([]seenSections, load.producers)
		runTogether(load.producers, meter, func(task int) {
			var own seenSections
			for section, sections := uint64(0), load.share(task); section < sections; section++ {
				if load.reads(task, section) {
					mutex.RLock()
					if !pair.read(work) {
						own.torn++
					}
					mutex.RUnlock()
				} else {
					mutex.Lock()
					pair.write(work)
					mutex.Unlock()
					own.writes++
				}
			}
			found[task].torn += own.torn
			found[task].writes += own.writes
		}, func() {})
		return load.check(found, pair.second)
	}, nil
}
