package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Long and many enough that every worker takes part: then all of them have come up.
	rousingNs     = 100_000
	rousingPerOne = 10
	// Workers look for more before they rest, some for milliseconds. That is not idleness.
	settling = 20 * time.Millisecond
)

// workThrough has the pool do the work so many times and returns how often it was done.
func workThrough(jobs int, work spin) uint64 {
	var done atomic.Uint64
	var ended sync.WaitGroup
	ended.Add(jobs)
	for job := 0; job < jobs; job++ {
		go func(job int) {
			work.work(uint64(job))
			done.Add(1)
			ended.Done()
		}(job)
	}
	ended.Wait()
	return done.Load()
}

// checkIdle finds jobs that were not done before and after the rest, and a rest that was too short.
func checkIdle(done, jobs uint64, rested, asked time.Duration) error {
	if rested < asked {
		return fmt.Errorf("%w: the rest of %v was shorter than %v", errWrong, rested, asked)
	}
	return requireEqual(done, 2*jobs, "jobs done before and after the rest")
}

func prepareIdleCPU(asked *cell) (body, error) {
	idle := time.Duration(asked.number("idle_ms")) * time.Millisecond
	jobs, periods, work := asked.workers*rousingPerOne, asked.operations, newSpin(rousingNs)
	return func(meter *meter) (uint64, error) {
		done := workThrough(jobs, work)
		time.Sleep(settling)
		meter.start()
		for period := 0; period < periods; period++ {
			time.Sleep(idle)
		}
		meter.stop()
		done += workThrough(jobs, work)
		meter.figure("cpu_ns_per_s", float64(meter.cpu)/meter.elapsed.Seconds())
		rest := idle * time.Duration(periods)
		return uint64(periods), checkIdle(done, uint64(jobs), meter.elapsed, rest)
	}, nil
}
