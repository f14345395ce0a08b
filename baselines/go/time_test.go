package main

import (
	"errors"
	"testing"
	"time"
)

func TestSleepStormFindsASleeperThatWokeEarlyOrNever(t *testing.T) {
	for _, late := range [][]time.Duration{{1, -1}, {neverWoke, 1}, {1, 1 - time.Millisecond}} {
		if _, err := checkLateness(late, newLatencies(2)); !errors.Is(err, errWrong) {
			t.Errorf("%v went unnoticed: %v", late, err)
		}
	}
	sum, err := checkLateness([]time.Duration{0, 7}, newLatencies(2))
	if err != nil || sum != uint64(wakeAfter(0)+wakeAfter(1)) {
		t.Errorf("%d, %v", sum, err)
	}
}

func TestSleepersAreSpreadOverTheirTime(t *testing.T) {
	const sleepers = 10_000
	sum := time.Duration(0)
	for sleeper := uint64(0); sleeper < sleepers; sleeper++ {
		after := wakeAfter(sleeper)
		if after < time.Millisecond || after > 100*time.Millisecond {
			t.Fatalf("sleeper %d: %v", sleeper, after)
		}
		sum += after
	}
	if mean := sum / sleepers; mean < 49*time.Millisecond || mean > 52*time.Millisecond {
		t.Errorf("%v on average", mean)
	}
	// The C++ body's too: one checksum for both.
	if wakeAfter(0) != 13_645_393 {
		t.Errorf("the first is %v", wakeAfter(0))
	}
}

func TestTimeoutChurnFindsATimerThatFired(t *testing.T) {
	for _, wrong := range []churned{{[]uint64{5, 4}, 0}, {[]uint64{5, 5}, 1}} {
		if err := wrong.check(10); !errors.Is(err, errWrong) {
			t.Errorf("%v went unnoticed: %v", wrong, err)
		}
	}
	fired := make(chan struct{}, 1)
	others := []*time.Timer{time.AfterFunc(0, func() { fired <- struct{}{} })}
	<-fired
	if err := stopOthers(others); !errors.Is(err, errWrong) {
		t.Errorf("a pending timer that fired went unnoticed: %v", err)
	}
}
