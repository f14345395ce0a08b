package main

import "runtime"

const (
	migratingPerWorker = 16
	incrementsBetween  = 64
)

// incrementAndYield lets others run after every few increments.
func incrementAndYield(counter *uint64, times uint64) {
	for times > 0 {
		now := times
		if now > incrementsBetween {
			now = incrementsBetween
		}
		increment(counter, now)
		times -= now
		runtime.Gosched()
	}
}

func prepareMigration(asked *cell) (body, error) {
	return prepareOwnCounters(asked, asked.workers*migratingPerWorker, incrementAndYield)
}
