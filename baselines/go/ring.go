package main

import (
	"fmt"
	"math"
	"sync"
)

// stopToken ends the tasks once all tokens have ended.
const stopToken = math.MaxUint64

// ringWay says where tokens start and how far they go. A token is the number of hops that it has
// left; it ends at the task that receives a 1.
type ringWay struct {
	hops          uint64
	tasks, tokens int
}

func (w ringWay) start(token int) int { return token * w.tasks / w.tokens }

func (w ringWay) share(token int) uint64 { return traffic{w.hops, w.tokens}.share(token) }

func (w ringWay) check(passed []uint64) error {
	wanted := make([]uint64, w.tasks)
	for token := 0; token < w.tokens; token++ {
		round := traffic{w.share(token), w.tasks}
		for step := 0; step < w.tasks; step++ {
			wanted[(w.start(token)+step)%w.tasks] += round.share(step)
		}
	}
	for task := range wanted {
		err := requireEqual(passed[task], wanted[task], "tokens that one task received")
		if err != nil {
			return err
		}
	}
	return nil
}

func passOn(from <-chan uint64, to chan<- uint64, home *sync.WaitGroup) (passed uint64) {
	for token := range from {
		if token == stopToken {
			break
		}
		passed++
		if token <= 1 {
			home.Done()
		} else {
			to <- token - 1
		}
	}
	return passed
}

func (w ringWay) turn(meter *meter) ([]uint64, error) {
	links, passed := make([]chan uint64, w.tasks), make([]uint64, w.tasks)
	for task := range links {
		links[task] = make(chan uint64)
	}
	var ready, home, ended sync.WaitGroup
	ready.Add(w.tasks)
	home.Add(w.tokens)
	ended.Add(w.tasks)
	for task := range links {
		go func(task int) {
			ready.Done()
			from, to := links[task], links[(task+1)%w.tasks]
			passed[task] = passOn(from, to, &home)
			if task+1 < w.tasks {
				to <- stopToken
			}
			ended.Done()
		}(task)
	}
	ready.Wait()
	meter.start()
	for token := 0; token < w.tokens; token++ {
		links[w.start(token)] <- w.share(token)
	}
	home.Wait()
	meter.stop()
	links[0] <- stopToken
	ended.Wait()
	return passed, w.check(passed)
}

func prepareRing(asked *cell) (body, error) {
	way := ringWay{uint64(asked.operations), asked.number("tasks"), asked.number("tokens")}
	if way.tokens >= way.tasks || way.hops < uint64(way.tokens) {
		return nil, fmt.Errorf("%w: channel/ring wants fewer tokens than tasks, and than hops",
			errUsage)
	}
	return func(meter *meter) (uint64, error) {
		_, err := way.turn(meter)
		return way.hops, err
	}, nil
}
