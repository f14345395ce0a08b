package main

import (
	"fmt"
	"time"
)

// headStart finds an instant that tasks are to wait for, late enough for all of them to wait before
// it comes. Where it was too early, the distance doubles, for good.
type headStart struct{ length time.Duration }

// newHeadStart begins with what is enough for most: 10 ms, and 1 us for each task.
func newHeadStart(tasks int) *headStart {
	return &headStart{10*time.Millisecond + time.Duration(tasks)*time.Microsecond}
}

// arrange calls prepare(instant) until it has returned before the instant, and giveUp each time
// that it had not.
func (h *headStart) arrange(prepare func(time.Time), giveUp func()) (time.Time, error) {
	for {
		instant := time.Now().Add(h.length)
		prepare(instant)
		if time.Now().Before(instant) {
			return instant, nil
		}
		giveUp()
		h.length *= 2
		if h.length > time.Minute {
			return instant, fmt.Errorf("%w: not all tasks waited within a minute", errWrong)
		}
	}
}
