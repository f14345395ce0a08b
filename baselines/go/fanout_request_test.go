package main

import (
	"errors"
	"testing"
	"time"
)

// concluded is a plan of one request to two backends of 1 and 2 ms that both answered in 3 ms,
// after a fault.
func concluded(mode string, fault func(*requestPlan)) error {
	plan := &requestPlan{
		fan: 2, mode: mode,
		delays:   []time.Duration{time.Millisecond, 2 * time.Millisecond},
		ends:     []uint8{subAnswered, subAnswered},
		outcomes: []requestOutcome{{seen: 0b11, took: 3 * time.Millisecond}},
	}
	if mode == "first" {
		plan.outcomes[0].seen = 0b01
	}
	fault(plan)
	_, err := plan.check(newMeter())
	return err
}

func TestRequestFindsEveryFault(t *testing.T) {
	for _, mode := range []string{"all", "first", "timeout"} {
		if err := concluded(mode, func(*requestPlan) {}); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		for name, fault := range map[string]func(*requestPlan){
			"one without an end": func(p *requestPlan) { p.ends[1] = 0 },
			"one ended twice":    func(p *requestPlan) { p.ends[1] = 3 },
			"a cancelled answer": func(p *requestPlan) { p.ends[0] = subCancelled },
			"one seen twice":     func(p *requestPlan) { p.outcomes[0].take(0) },
			"no answer at all":   func(p *requestPlan) { p.outcomes[0].seen = 0 },
			"an early answer":    func(p *requestPlan) { p.outcomes[0].took = 1000 },
		} {
			if err := concluded(mode, fault); !errors.Is(err, errWrong) {
				t.Errorf("%s: %s went unnoticed: %v", mode, name, err)
			}
		}
	}
	late := func(p *requestPlan) { p.outcomes[0].seen, p.outcomes[0].took = 0, requestTimeout }
	if err := concluded("timeout", late); err != nil {
		t.Errorf("a request that timed out: %v", err)
	}
}

func TestRequestInEveryMode(t *testing.T) {
	for _, mode := range []string{"all", "first", "timeout"} {
		for _, backend := range []string{"none", "fixed_1ms", "exp_1ms"} {
			asked := requestFor("fanout/request", map[string]string{
				"fan": "16", "backend": backend, "mode": mode,
			})
			asked.operations = 20
			if _, err := run(t, asked); err != nil {
				t.Errorf("%s %s: %v", mode, backend, err)
			}
		}
	}
}

func TestPercentilesNeedTenValuesBeyondThem(t *testing.T) {
	values := make([]float64, 1000)
	for index := range values {
		values[len(values)-1-index] = float64(index)
	}
	meter := newMeter()
	meter.percentiles("x_", values)
	want := map[string]float64{"x_p50_ns": 499, "x_p99_ns": 989, "x_max_ns": 999}
	for name, value := range want {
		if meter.figures[name] != value {
			t.Errorf("%s is %v instead of %v", name, meter.figures[name], value)
		}
	}
	if len(meter.figures) != len(want) {
		t.Errorf("too many: %v", meter.figures)
	}
}
