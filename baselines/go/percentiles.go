package main

import "sort"

// percentiles names the p50, p99, p99.9 and maximum of what was measured one by one; a percentile
// only where at least ten values lie beyond it.
func (m *meter) percentiles(prefix string, values []float64) {
	const beyondMin = 10
	sort.Float64s(values)
	for _, percentile := range []struct {
		name     string
		beyondIn int // one value in so many lies beyond it
	}{{"p50_ns", 2}, {"p99_ns", 100}, {"p999_ns", 1000}} {
		if beyond := len(values) / percentile.beyondIn; beyond >= beyondMin {
			m.figure(prefix+percentile.name, values[len(values)-1-beyond])
		}
	}
	if len(values) > 0 {
		m.figure(prefix+"max_ns", values[len(values)-1])
	}
}
