package main

import (
	"errors"
	"testing"
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
