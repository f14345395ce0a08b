package main

import (
	"fmt"
	"sort"
	"time"
)

// latencies are those of one repetition, kept one by one: percentiles are exact. Each goroutine has
// its own.
type latencies []time.Duration

// newLatencies has room for so many, and touches it before the clock runs.
func newLatencies(most int) *latencies {
	samples := make(latencies, most)
	for index := range samples {
		samples[index] = 1
	}
	samples = samples[:0]
	return &samples
}

func (l *latencies) add(latency time.Duration) { *l = append(*l, latency) }

// samplesBeyond is how many must lie beyond a percentile: fewer say more about themselves.
const samplesBeyond = 10

// report names <prefix>p50_ns, p99_ns, p999_ns and max_ns, as far as there are samples for them.
func (l latencies) report(meter *meter, prefix string) error {
	if len(l) == 0 {
		return fmt.Errorf("%w: no latency was measured", errWrong)
	}
	sort.Slice(l, func(i, j int) bool { return l[i] < l[j] })
	for _, percentile := range []struct {
		name     string
		beyondIn int
	}{{"p50_ns", 2}, {"p99_ns", 100}, {"p999_ns", 1000}} {
		if beyond := len(l) / percentile.beyondIn; beyond >= samplesBeyond {
			meter.figure(prefix+percentile.name, float64(l[len(l)-1-beyond]))
		}
	}
	meter.figure(prefix+"max_ns", float64(l[len(l)-1]))
	return nil
}
