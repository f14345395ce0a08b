package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// Neither is ever reached. A request's timeout is due before those that are for minutes.
const (
	churnTimeout  = 10 * time.Second
	othersTimeout = time.Hour
)

// churn returns how many of the timers were stopped in time.
func churn(timers uint64, fire func()) uint64 {
	stopped := uint64(0)
	for number := uint64(0); number < timers; number++ {
		if time.AfterFunc(churnTimeout, fire).Stop() {
			stopped++
		}
	}
	return stopped
}

func startOthers(pending int, fire func()) []*time.Timer {
	others := make([]*time.Timer, pending)
	for index := range others {
		timeout := othersTimeout + time.Duration(index)*time.Millisecond
		others[index] = time.AfterFunc(timeout, fire)
	}
	return others
}

func stopOthers(others []*time.Timer) error {
	stopped := uint64(0)
	for _, other := range others {
		if other.Stop() {
			stopped++
		}
	}
	return requireEqual(stopped, uint64(len(others)), "pending timers that were stopped in time")
}

// churned is what came of the timers.
type churned struct {
	stopped []uint64 // by each task
	fired   uint64
}

func (c churned) check(timers uint64) error {
	stopped := uint64(0)
	for _, each := range c.stopped {
		stopped += each
	}
	if err := requireEqual(stopped, timers, "timers that were stopped in time"); err != nil {
		return err
	}
	return requireEqual(c.fired, 0, "timers that fired")
}

func prepareTimeoutChurn(asked *cell) (body, error) {
	load := traffic{uint64(asked.operations), asked.workers}
	pending := asked.number("pending")
	return func(meter *meter) (uint64, error) {
		var fired atomic.Uint64
		fire := func() { fired.Add(1) }
		others := startOthers(pending, fire)
		stopped := make([]uint64, load.producers)
		var ended sync.WaitGroup
		ended.Add(load.producers)
		meter.start()
		for task := 0; task < load.producers; task++ {
			go func(task int) {
				stopped[task] = churn(load.share(task), fire)
				ended.Done()
			}(task)
		}
		ended.Wait()
		meter.stop()
		if err := stopOthers(others); err != nil {
			return 0, err
		}
		return load.messages, churned{stopped, fired.Load()}.check(load.messages)
	}, nil
}
