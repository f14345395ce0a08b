package main

import (
	"testing"
	"time"
)

func TestThreadTotalsReadAThreadsFile(t *testing.T) {
	text := []byte("go (8146, #threads: 1)\n------\nse.sum_exec_runtime :   1.500000\n" +
		"se.nr_migrations   :   3\nnr_switches  :  10\n")
	var sum threadTotals
	if !sum.add(text) || !sum.add(text) {
		t.Fatal("the file was not understood")
	}
	if want := (threadTotals{3 * time.Millisecond, 20, 6}); sum != want {
		t.Errorf("%v, not %v", sum, want)
	}
	if sum.add([]byte("nr_switches : 10\n")) {
		t.Error("a file without the other lines was taken for one")
	}
}

func TestMigrationsAreNotGivenWhereAThreadThatEndedTookPart(t *testing.T) {
	before := threadTotals{time.Millisecond, 10, 3}
	after := threadTotals{2 * time.Millisecond, 15, 7}
	for _, c := range []struct {
		cpu      time.Duration
		switches int64
		whole    bool
	}{
		{time.Millisecond, 5, true},
		{time.Millisecond, 6, false},
		{1100 * time.Microsecond, 5, false},
	} {
		end := usage{cpu: c.cpu, voluntary: c.switches}
		moved, whole := migrationsBetween(before, after, usage{}, end)
		if whole != c.whole || moved != 4 {
			t.Errorf("%v, %d switches: %d, %v", c.cpu, c.switches, moved, whole)
		}
	}
}

func TestASlowdownThatIsAskedForIsDone(t *testing.T) {
	t.Setenv("SUITE_SLOWDOWN", "0.5")
	stopwatch := newMeter()
	stopwatch.start()
	began := time.Now()
	time.Sleep(2 * time.Millisecond)
	within := time.Since(began)
	stopwatch.stop()
	if stopwatch.failure != nil {
		t.Fatal(stopwatch.failure)
	}
	if 2*stopwatch.elapsed < 3*within || 2*time.Since(began) < 3*within {
		t.Errorf("%v within, %v said", within, stopwatch.elapsed)
	}
	if stopwatch.figures["slowdown"] != 0.5 {
		t.Errorf("the figures are %v", stopwatch.figures)
	}
}
