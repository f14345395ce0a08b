package main

import (
	"fmt"
	"sync"
	"time"
)

const (
	tickers    = 100
	tickPeriod = 10 * time.Millisecond
)

// ticker is one task's ticks: how late each was, and how many came before their time.
type ticker struct {
	late  latencies
	early uint64
}

// tick has each tick due at a time that does not depend on the ticks before it, so that a late one
// does not hide how late the next ones are.
func (t *ticker) tick(due time.Time, ticks int, sleep func(time.Duration)) {
	for ; ticks > 0; ticks-- {
		due = due.Add(tickPeriod)
		if left := time.Until(due); left > 0 {
			sleep(left)
		}
		late := time.Since(due)
		if late < 0 {
			t.early++
		}
		t.late = append(t.late, late)
	}
}

func checkTickers(all []ticker, meter *meter) (uint64, error) {
	var late latencies
	for _, each := range all {
		if err := requireEqual(each.early, 0, "ticks before their time"); err != nil {
			return 0, err
		}
		late = append(late, each.late...)
	}
	return uint64(len(late)), late.report(meter, "")
}

func prepareStarvation(asked *cell) (body, error) {
	ticks := asked.operations / tickers
	if ticks < 1 || asked.operations%tickers != 0 {
		return nil, fmt.Errorf("%w: the operations are a multiple of %d", errUsage, tickers)
	}
	work := newSpin(int(tickPeriod) * ticks) // as long as the ticking lasts
	return func(meter *meter) (uint64, error) {
		all := make([]ticker, tickers)
		for index := range all {
			all[index].late = make(latencies, 0, ticks)
		}
		var worked time.Duration
		var ended sync.WaitGroup
		ended.Add(tickers + 1)
		meter.start()
		begin := time.Now()
		for index := range all {
			go func(index int) {
				first := begin.Add(time.Duration(index) * tickPeriod / tickers)
				all[index].tick(first, ticks, time.Sleep)
				ended.Done()
			}(index)
		}
		go func() {
			before := time.Now()
			work.work(1)
			worked = time.Since(before)
			ended.Done()
		}()
		ended.Wait()
		meter.stop()
		meter.figure("work_ns", float64(worked))
		return checkTickers(all, meter)
	}, nil
}
