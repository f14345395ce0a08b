package main

import "sync"

// chain is goroutines each of which starts the next. Each leaves a mark of its own.
type chain struct {
	marks []uint32
	ended sync.WaitGroup
}

func newChain(links int) *chain { return &chain{marks: make([]uint32, links)} }

func (c *chain) link(number int) {
	c.marks[number]++
	if number+1 < len(c.marks) {
		go c.link(number + 1)
	} else {
		c.ended.Done()
	}
}

func (c *chain) run() {
	c.ended.Add(1)
	go c.link(0)
	c.ended.Wait()
}

func prepareChain(asked *cell) (body, error) {
	links := newChain(asked.operations)
	return func(meter *meter) (uint64, error) {
		meter.start()
		links.run()
		meter.stop()
		return uint64(len(links.marks)), checkMarks(links.marks, 1)
	}, nil
}
