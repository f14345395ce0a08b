package main

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// events are given one by one, numbered from 1: each once the one before was taken and the gap is
// over. The giver reads the clock just before it gives one, the goroutine that takes it does so
// first thing.
type events struct {
	count         uint64
	gap, patience time.Duration
	wakes         *latencies // of one goroutine after the other, which heard orders, as taken
	mistaken      uint64
	given         atomic.Int64 // after begun
	begun         time.Time
	taken         uint64
	heard         chan struct{} // by the giver: an event was taken
}

func newEvents(count int, gap, patience time.Duration) *events {
	return &events{
		count: uint64(count), gap: gap, patience: patience, wakes: newLatencies(count),
		begun: time.Now(), heard: make(chan struct{}, count+1),
	}
}

// give ends early when an event is lost.
func (e *events) give(send func(number uint64)) {
	lost := time.NewTimer(e.patience)
	defer lost.Stop()
	for number := uint64(1); number <= e.count; number++ {
		if e.gap > 0 {
			sleepInKernel(e.gap)
		}
		lost.Reset(e.patience)
		e.given.Store(int64(time.Since(e.begun)))
		send(number)
		select {
		case <-e.heard:
		case <-lost.C:
			return
		}
	}
}

func (e *events) take(number uint64) {
	now := time.Since(e.begun)
	e.wakes.add(now - time.Duration(e.given.Load()))
	e.taken++
	if number != e.taken {
		e.mistaken++
	}
	e.heard <- struct{}{}
}

func (e *events) check(meter *meter) (uint64, error) {
	if err := requireEqual(e.taken, e.count, "events that were taken"); err != nil {
		return 0, err
	}
	if err := requireEqual(e.mistaken, 0, "events that were taken out of turn"); err != nil {
		return 0, err
	}
	return e.taken, e.wakes.report(meter, "")
}

// sleepInKernel is no timer of the runtime's: to the runtime this thread is in a system call.
func sleepInKernel(gap time.Duration) {
	left := syscall.NsecToTimespec(int64(gap))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}

// deliver gives the events from a goroutine with a thread and a processor of its own, which is as
// far outside of the pool as Go code can be: the pool keeps its number of workers.
func (e *events) deliver(meter *meter) {
	workers := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(workers + 1)
	defer runtime.GOMAXPROCS(workers)
	ready, begin, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine
		close(ready)
		<-begin
		e.give(func(number uint64) { go e.take(number) })
		go close(ended)
	}()
	<-ready
	meter.start()
	close(begin)
	<-ended
	meter.stop()
}

func prepareWake(asked *cell) (body, error) {
	count := asked.operations
	gap := time.Duration(asked.number("gap_us")) * time.Microsecond
	return func(meter *meter) (uint64, error) {
		all := newEvents(count, gap, 10*time.Second)
		all.deliver(meter)
		return all.check(meter)
	}, nil
}
