package main

import (
	"fmt"
	"sync"
	"time"
)

const sojournJobNs = 100_000

// sojournOutcome is how long one job was in the pool, and how often it was done.
type sojournOutcome struct {
	sojourn time.Duration
	runs    uint64
}

// serveArrivals is the generator: it starts a goroutine for each job when that is due.
func serveArrivals(due *arrivals, do func(job int)) {
	var ended sync.WaitGroup
	ended.Add(len(due.after))
	due.begin()
	for job := range due.after {
		due.await(job, time.Sleep)
		go func(job int) {
			do(job)
			ended.Done()
		}(job)
	}
	ended.Wait()
}

func prepareSojourn(asked *cell) (body, error) {
	load := float64(asked.number("load_percent")) / 100
	meanGapNs := sojournJobNs / float64(parallelWorkers(asked.workers)) / load
	due, work := newArrivals(asked.operations, meanGapNs), newSpin(sojournJobNs)
	return func(meter *meter) (uint64, error) {
		outcomes := make([]sojournOutcome, asked.operations)
		meter.start()
		serveArrivals(due, func(job int) {
			work.work(uint64(job))
			outcomes[job].runs++
			outcomes[job].sojourn = due.sinceDue(job)
		})
		meter.stop()
		return checkSojourns(outcomes, due.late, meter)
	}, nil
}

func checkSojourns(outcomes []sojournOutcome, late latencies, meter *meter) (uint64, error) {
	sojourns := make(latencies, 0, len(outcomes))
	for _, each := range outcomes {
		if err := requireEqual(each.runs, 1, "runs of a job"); err != nil {
			return 0, err
		}
		if each.sojourn <= 0 {
			return 0, fmt.Errorf("%w: a job was done before it arrived", errWrong)
		}
		sojourns = append(sojourns, each.sojourn)
	}
	jobs := uint64(len(outcomes))
	if err := requireEqual(uint64(len(late)), jobs, "jobs that were released"); err != nil {
		return 0, err
	}
	if err := sojourns.report(meter, ""); err != nil {
		return 0, err
	}
	return jobs, late.report(meter, "release_late_")
}
