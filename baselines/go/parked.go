package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// parkedRound is one round: how long the tasks took to start and to wake.
type parkedRound struct {
	start, wake time.Duration
}

func parkAndWake(tasks int, atRest func()) (parkedRound, error) {
	gate := make(chan uint64)
	var reported, ended sync.WaitGroup
	var woken atomic.Int64
	reported.Add(tasks)
	ended.Add(tasks)
	began := time.Now()
	for task := 0; task < tasks; task++ {
		go func() {
			reported.Done()
			if _, open := <-gate; !open {
				woken.Add(1)
			}
			ended.Done()
		}()
	}
	reported.Wait()
	round := parkedRound{start: time.Since(began)}
	atRest()
	closed := time.Now()
	close(gate)
	ended.Wait()
	round.wake = time.Since(closed)
	return round, requireEqual(uint64(woken.Load()), uint64(tasks), "tasks woken by the close")
}

func prepareParked(asked *cell) (body, error) {
	tasks, rounds := asked.number("tasks"), asked.operations
	idle, err := residentBytes()
	return func(meter *meter) (uint64, error) {
		noteMemory := func() {
			meter.noteThreads()
			meter.figure("bytes_per_task", float64(meter.resident()-idle)/float64(tasks))
		}
		var total parkedRound
		meter.start()
		for count := 0; count < rounds; count++ {
			round, err := parkAndWake(tasks, noteMemory)
			if err != nil {
				return 0, err
			}
			total.start += round.start
			total.wake += round.wake
		}
		meter.stop()
		all := float64(tasks) * float64(rounds)
		meter.figure("start_task_ns", float64(total.start)/all)
		meter.figure("wake_task_ns", float64(total.wake)/all)
		meter.figure("rss_after_bytes", float64(meter.resident()-idle))
		return uint64(tasks) * uint64(rounds), nil
	}, err
}
