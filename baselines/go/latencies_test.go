package main

import (
	"testing"
	"time"
)

func TestLatenciesAreExact(t *testing.T) {
	all, meter := newLatencies(10_000), newMeter()
	for ns := 10_000; ns > 0; ns-- {
		all.add(time.Duration(ns))
	}
	if err := all.report(meter, ""); err != nil {
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
	mustPass(t, all.report(meter, "x_"))
	if len(meter.figures) != 1 || meter.figures["x_max_ns"] != 19 {
		t.Error(meter.figures)
	}
	mustFind(t, "no sample", newLatencies(5).report(meter, ""))
}
