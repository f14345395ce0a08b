package main

import "sync"

// guardedCount is read where a section begins and written where it ends, so that sections which
// overlap lose some of it.
type guardedCount struct{ count uint64 }

func (g *guardedCount) addOne(work spin) {
	seen := g.count
	work.work(seen)
	g.count = seen + 1
}

func prepareMutex(asked *cell) (body, error) {
	load := traffic{uint64(asked.operations), asked.number("tasks")}
	work := newSpin(asked.number("section_ns"))
	return func(meter *meter) (uint64, error) {
		var mutex sync.Mutex
		var guarded guardedCount
		runTogether(load.producers, meter, func(task int) {
			for left := load.share(task); left > 0; left-- {
				mutex.Lock()
				guarded.addOne(work)
				mutex.Unlock()
			}
		}, func() {})
		return load.messages, guarded.check(load)
	}, nil
}

func (g *guardedCount) check(load traffic) error {
	return requireEqual(g.count, load.messages, "sections counted under the mutex")
}
