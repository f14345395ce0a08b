package main

import (
	"fmt"
	"sort"
	"time"
)

// latencies are those of one repetition, kept one by one: a fixed number at most, so that adding
// one is a store. Percentiles are exact.
type latencies struct {
	samples []time.Duration
	most    int
}

// newLatencies touches the memory before the clock runs.
func newLatencies(most int) *latencies {
	samples := make([]time.Duration, most)
	for index := range samples {
		samples[index] = 1
	}
	return &latencies{samples[:0], most}
}

func (l *latencies) add(latency time.Duration) { l.samples = append(l.samples, latency) }

// report names p50_ns, p99_ns, p999_ns and max_ns; a percentile only where at least ten samples lie
// beyond it, since fewer say more about themselves than about the percentile.
func (l *latencies) report(meter *meter) error {
	count := len(l.samples)
	if count == 0 || count > l.most {
		return fmt.Errorf("%w: %d latencies in a place for %d", errWrong, count, l.most)
	}
	sort.Slice(l.samples, func(i, j int) bool { return l.samples[i] < l.samples[j] })
	for _, percentile := range []struct {
		name     string
		beyondIn int
	}{{"p50_ns", 2}, {"p99_ns", 100}, {"p999_ns", 1000}} {
		if beyond := count / percentile.beyondIn; beyond >= 10 {
			meter.figure(percentile.name, float64(l.samples[count-1-beyond]))
		}
	}
	meter.figure("max_ns", float64(l.samples[count-1]))
	return nil
}
