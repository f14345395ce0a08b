package main

import (
	"errors"
	"testing"
	"time"
)

func TestIdleFindsALostJobAndAShortRest(t *testing.T) {
	if err := checkIdle(20, 10, 5, 5); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"a lost job": checkIdle(19, 10, 5, 5), "a short rest": checkIdle(20, 10, 4, 5),
	} {
		if !errors.Is(err, errWrong) {
			t.Errorf("%s went unnoticed: %v", name, err)
		}
	}
}

func TestWakeFindsALostAndADuplicatedEvent(t *testing.T) {
	for name, fault := range map[string]func(all *events, number uint64){
		"lost": func(all *events, number uint64) {
			if number != 2 {
				all.take(number)
			}
		},
		"duplicated": func(all *events, number uint64) {
			all.take(number)
			if number == 2 {
				all.take(number)
			}
		},
		"exchanged": func(all *events, number uint64) { all.take(number ^ 1) },
	} {
		all := newEvents(30, 0, 10*time.Millisecond)
		all.give(func(number uint64) { fault(all, number) })
		if _, err := all.check(newMeter()); !errors.Is(err, errWrong) {
			t.Errorf("an event %s went unnoticed: %v", name, err)
		}
	}
}
