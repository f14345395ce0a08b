package main

import (
	"errors"
	"testing"
	"time"
)

func TestLatenciesAreExact(t *testing.T) {
	all, meter := newLatencies(10_000), newMeter()
	for ns := 10_000; ns > 0; ns-- {
		all.add(time.Duration(ns))
	}
	if err := all.report(meter); err != nil {
		t.Fatal(err)
	}
	for name, wanted := range map[string]float64{
		"p50_ns": 5_000, "p99_ns": 9_900, "p999_ns": 9_990, "max_ns": 10_000,
	} {
		if meter.figures[name] != wanted {
			t.Errorf("%s is %v instead of %v", name, meter.figures[name], wanted)
		}
	}
}

func TestLatenciesLeaveOutWhatTooFewSamplesSupport(t *testing.T) {
	all, meter := newLatencies(19), newMeter()
	for ns := 1; ns <= 19; ns++ {
		all.add(time.Duration(ns))
	}
	if err := all.report(meter); err != nil || len(meter.figures) != 1 {
		t.Errorf("%v, %v", meter.figures, err)
	}
	all.add(1)
	for _, wrong := range []*latencies{all, newLatencies(5)} {
		if err := wrong.report(meter); !errors.Is(err, errWrong) {
			t.Errorf("%d samples in a place for %d: %v", len(wrong.samples), wrong.most, err)
		}
	}
}
