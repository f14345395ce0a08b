package main

import (
	"fmt"
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

// report names <prefix>p50_ns, p99_ns, p999_ns and max_ns, as far as there are samples for them.
func (l latencies) report(meter *meter, prefix string) error {
	if len(l) == 0 {
		return fmt.Errorf("%w: no latency was measured", errWrong)
	}
	values := make([]float64, len(l))
	for index, latency := range l {
		values[index] = float64(latency)
	}
	meter.percentiles(prefix, values)
	return nil
}
