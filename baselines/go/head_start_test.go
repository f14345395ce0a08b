package main

import (
	"testing"
	"time"
)

func TestHeadStartDoublesUntilThePreparationIsInTime(t *testing.T) {
	lead, attempts, givenUp := headStart{time.Millisecond}, 0, 0
	instant, err := lead.arrange(func(instant time.Time) {
		// The tenth attempt has half a second and takes none of it.
		if attempts++; attempts < 10 {
			for time.Now().Before(instant) {
			}
		}
	}, func() { givenUp++ })
	if err != nil || attempts < 10 || givenUp != attempts-1 {
		t.Errorf("%d attempts, %d given up, %v", attempts, givenUp, err)
	}
	if lead.length != time.Millisecond<<givenUp || time.Until(instant) > lead.length {
		t.Errorf("%v after %d attempts in vain", lead.length, givenUp)
	}
}

func TestHeadStartGivesUpWhenAMinuteIsNotEnough(t *testing.T) {
	lead := headStart{-time.Minute}
	if _, err := lead.arrange(func(time.Time) {}, func() { lead.length = time.Hour }); err == nil {
		t.Error("an hour is not too long")
	}
}
