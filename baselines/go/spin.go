package main

import (
	"math"
	"time"
)

// spin is work of a known length: a loop of dependent arithmetic, calibrated once per process. A
// loop that looks at the clock instead would count time during which its thread did not run.
type spin struct{ steps uint64 }

func newSpin(grainNs int) spin {
	return spin{uint64(math.Round(float64(grainNs) / nsPerStep()))}
}

//go:noinline
func (s spin) work(value uint64) uint64 {
	for step := uint64(0); step < s.steps; step++ {
		value = value*6364136223846793005 + 1442695040888963407
	}
	return value
}

// nsPerStep takes the fastest of several tries: whatever disturbs a try makes it slower.
func nsPerStep() float64 {
	const tries, steps = 15, 200_000
	best := math.Inf(1)
	for try := 0; try < tries; try++ {
		began := time.Now()
		spin{steps}.work(1)
		best = math.Min(best, float64(time.Since(began))/steps)
	}
	return best
}
