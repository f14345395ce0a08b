package main

import (
	"math"
	"time"
)

// arrivals is when the jobs of an open loop arrive: a Poisson process, the same in every contender
// and repetition. late has how late each job was released.
type arrivals struct {
	after []time.Duration
	began time.Time
	late  latencies
}

func newArrivals(jobs int, meanGapNs float64) *arrivals {
	due := &arrivals{after: make([]time.Duration, jobs)}
	at := 0.0
	for job := range due.after {
		// 53 bits make a number above 0 and at most 1.
		uniform := float64(mix(uint64(job))>>11+1) * 0x1p-53
		at -= math.Log(uniform) * meanGapNs
		due.after[job] = time.Duration(math.Round(at))
	}
	return due
}

// begin is to be called once before each run through the jobs.
func (a *arrivals) begin() {
	a.late = make(latencies, 0, len(a.after))
	a.began = time.Now()
}

// await returns when the job is due. For the generator, job by job.
func (a *arrivals) await(job int, sleep func(time.Duration)) {
	since := a.sinceDue(job)
	for ; since < 0; since = a.sinceDue(job) {
		sleep(-since)
	}
	a.late = append(a.late, since)
}

func (a *arrivals) sinceDue(job int) time.Duration { return time.Since(a.began) - a.after[job] }
