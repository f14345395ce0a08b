package main

import (
	"math"
	"testing"
	"time"
)

func TestTickersFindSleepsThatEndEarly(t *testing.T) {
	var honest, hasty ticker
	honest.tick(time.Now(), 2, time.Sleep)
	_, err := checkTickers([]ticker{honest}, newMeter())
	mustPass(t, err)
	hasty.tick(time.Now(), 2, func(time.Duration) {})
	_, err = checkTickers([]ticker{honest, hasty}, newMeter())
	mustFind(t, "a sleep that ended early", err)
}

func TestArrivalsComeWhenTheyAreDue(t *testing.T) {
	const jobs, gapNs = 10_000, 100.0
	due := newArrivals(jobs, gapNs)
	if mean := float64(due.after[jobs-1]) / jobs; math.Abs(mean-gapNs) > 5 {
		t.Errorf("gaps of %v ns instead of %v", mean, gapNs)
	}
	due.begin()
	for job := range due.after {
		due.await(job, func(left time.Duration) { time.Sleep(left / 2) })
		if due.sinceDue(job) < 0 {
			t.Fatalf("job %d was released before its time", job)
		}
	}
	if len(due.late) != jobs {
		t.Errorf("%d jobs were released", len(due.late))
	}
}

func TestSojournsAreChecked(t *testing.T) {
	late := latencies{1, 1}
	for what, outcomes := range map[string][]sojournOutcome{
		"a job that was not done":  {{5, 1}, {5, 0}},
		"a job done twice":         {{5, 1}, {5, 2}},
		"a job done before it was": {{5, 1}, {-5, 1}},
		"a job never released":     {{5, 1}, {5, 1}, {5, 1}},
	} {
		_, err := checkSojourns(outcomes, late, newMeter())
		mustFind(t, what, err)
	}
	_, err := checkSojourns([]sojournOutcome{{5, 1}, {5, 1}}, late, newMeter())
	mustPass(t, err)
}
