package main

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

func TestRingFindsATaskThatWasPassedOver(t *testing.T) {
	way := ringWay{hops: 50, tasks: 5, tokens: 1}
	if err := way.check([]uint64{10, 10, 10, 10, 10}); err != nil {
		t.Error(err)
	}
	if err := way.check([]uint64{10, 10, 9, 11, 10}); !errors.Is(err, errWrong) {
		t.Errorf("a task that was passed over went unnoticed: %v", err)
	}
}

func TestRingPassesEveryTokenItsWay(t *testing.T) {
	for _, way := range []ringWay{{50, 5, 1}, {101, 5, 4}, {3, 7, 3}} {
		passed, err := way.turn(newMeter())
		sum := uint64(0)
		for _, count := range passed {
			sum += count
		}
		if err != nil || sum != way.hops {
			t.Errorf("%v: %d hops, %v", way, sum, err)
		}
	}
}

func TestRingRefusesMoreTokensThanCanTurn(t *testing.T) {
	asked := requestFor("channel/ring", map[string]string{"tasks": "5", "tokens": "5"})
	if _, err := run(t, asked); !errors.Is(err, errUsage) {
		t.Error(err)
	}
}

func TestFirstPrimesCountsTheHopsOfEveryNumber(t *testing.T) {
	primes, hops := firstPrimes(3)
	if !areEqual(primes, []uint64{2, 3, 5}) || hops != 1+2+1+3 {
		t.Errorf("%v, %d hops", primes, hops)
	}
	if primes, _ := firstPrimes(2000); primes[1999] != 17389 {
		t.Errorf("the 2000th prime is %d", primes[1999])
	}
}

func TestSieveFindsWrongPrimes(t *testing.T) {
	for _, found := range [][]uint64{{2, 3}, {2, 3, 5, 7}, {3, 2, 5}, {2, 3, 4}} {
		if areEqual(found, []uint64{2, 3, 5}) {
			t.Errorf("%v went unnoticed", found)
		}
	}
}

func TestPipelineFindsEveryFault(t *testing.T) {
	wanted := calculatedSum(2, 4)
	for name, numbers := range map[string][]uint64{
		"lost": {2, 3, 5}, "duplicated": {2, 2, 3, 4, 5}, "reordered": {3, 2, 4, 5},
		"changed": {2, 3, 4, 6},
	} {
		var got weightedSum
		for _, number := range numbers {
			got.take(number)
		}
		if err := got.check(wanted); !errors.Is(err, errWrong) {
			t.Errorf("a number %s went unnoticed: %v", name, err)
		}
	}
}

func TestFineGrainSumCoversEveryNumberOnce(t *testing.T) {
	batches := newNumberBatches(100, 40)
	for _, sum := range []uint64{
		batches.calculated(), batches.sumDirectly(), batches.sumOverChannel(),
	} {
		if sum != 4950 {
			t.Errorf("%d instead of 4950", sum)
		}
	}
	asked := requestFor("channel/fine_grain_sum", map[string]string{"grain": "131073"})
	if _, err := run(t, asked); !errors.Is(err, errUsage) {
		t.Errorf("a batch that the table does not hold: %v", err)
	}
}

func TestThroughputOfEverySize(t *testing.T) {
	for _, bytes := range []string{"8", "64", "256"} {
		asked := requestFor("channel/throughput", map[string]string{
			"producers": "1", "consumers": "1", "capacity": "1",
			"message_bytes": bytes, "work_ns": "0",
		})
		result, err := run(t, asked)
		if err != nil || result.Context["checksum"] != "5050" {
			t.Errorf("%s bytes: %v, %v", bytes, result.Context["checksum"], err)
		}
	}
}

func TestALetterWhoseEndsDisagreeIsNoMessage(t *testing.T) {
	whole := write[[8]uint64](makeMessage(1, 2))
	if got := read(whole); got != makeMessage(1, 2) {
		t.Errorf("%x", got)
	}
	whole[7]++
	if _, number := splitMessage(read(whole)); number != 0 {
		t.Errorf("message %d", number)
	}
}

func TestPingPongGivesPercentilesOfWhatItTimesEach(t *testing.T) {
	for timed, wanted := range map[string]bool{"all": false, "each": true} {
		asked := requestFor("channel/ping_pong", map[string]string{"capacity": "0", "timed": timed})
		result, err := run(t, asked)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := result.Benchmarks[0]["p50_ns"]; got != wanted {
			t.Errorf("%s: percentiles %v", timed, got)
		}
	}
}

func TestSelectInEveryModeAndWidth(t *testing.T) {
	for _, mode := range []string{"ready", "empty", "default", "timeout", "done"} {
		for width := range selectOver {
			asked := requestFor("channel/select", map[string]string{
				"mode": mode, "channels": strconv.Itoa(width), "tasks": "2",
			})
			result, err := run(t, asked)
			if err != nil || result.Context["checksum"] != "100" {
				t.Errorf("%s, %d: %v, %v", mode, width, result.Context["checksum"], err)
			}
		}
	}
}

func TestSelectFindsEveryFault(t *testing.T) {
	for name, messages := range map[string][]uint64{
		"lost":       {makeMessage(0, 1), makeMessage(1, 2)},
		"duplicated": {makeMessage(0, 1), makeMessage(1, 1), makeMessage(1, 1)},
		"reordered":  {makeMessage(0, 2), makeMessage(0, 1)},
		"changed":    {makeMessage(0, 1), makeMessage(1, 3)},
	} {
		own := tally{last: make([]uint64, 2)}
		for _, message := range messages {
			own.takeSelected(message, true)
		}
		if err := own.checkSelected(uint64(len(messages))); !errors.Is(err, errWrong) {
			t.Errorf("a message %s went unnoticed: %v", name, err)
		}
	}
}

func TestSelectFindsATimeoutThatFired(t *testing.T) {
	job := selection{mode: "timeout", channels: 2, cases: selectOver[2], load: traffic{1, 1}}
	fired := make(chan time.Time, 1)
	fired <- time.Now()
	own := tally{last: make([]uint64, 2)}
	own.takeSelected(job.cases.receiveUntil(job.makeChannels(nil), fired))
	if err := job.check(nil, &own, 1); !errors.Is(err, errWrong) {
		t.Errorf("a timeout that fired went unnoticed: %v", err)
	}
}

func TestSelectFindsOneThatWouldHaveFoundNothingEver(t *testing.T) {
	blind := selectOver[2]
	blind.tryReceive = func([]chan uint64) (uint64, bool) { return 0, false }
	job := selection{mode: "default", channels: 2, cases: blind, load: traffic{1, 1}}
	own := tally{last: make([]uint64, 2)}
	if err := job.check(job.makeChannels(nil), &own, 1); !errors.Is(err, errWrong) {
		t.Errorf("a select that finds nothing went unnoticed: %v", err)
	}
}
