package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// parkedRound is one round: how long the tasks took to start and to wake.
type parkedRound struct {
	start, wake time.Duration
}

// parking says how many tasks wait, and how.
type parking struct {
	tasks int
	wait  string
	touch func()
	sleep time.Duration
}

// errLate says that tasks woke before the last one was asleep: the round's figures mean nothing.
var errLate = errors.New("tasks woke before the last one was asleep")

// parkForSure sleeps four times as long each time that a round was late.
func (p *parking) parkForSure(atRest func()) (parkedRound, error) {
	round, err := p.parkAndWake(atRest)
	for err == errLate {
		p.sleep *= 4
		round, err = p.parkAndWake(atRest)
	}
	return round, err
}

func (p *parking) makeGates() []chan uint64 {
	gates := make([]chan uint64, 1)
	if p.wait == "own_channel" {
		gates = make([]chan uint64, p.tasks)
	}
	for index := range gates {
		gates[index] = make(chan uint64)
	}
	return gates
}

// await says whether the wait ended as it should: with nothing received, and not too early.
func (p *parking) await(gate <-chan uint64, due time.Time) bool {
	if p.wait == "sleep" {
		time.Sleep(time.Until(due))
		return !time.Now().Before(due)
	}
	_, open := <-gate
	return !open
}

func (p *parking) parkAndWake(atRest func()) (parkedRound, error) {
	var reported, ended sync.WaitGroup
	var woken atomic.Int64
	reported.Add(p.tasks)
	ended.Add(p.tasks)
	began := time.Now()
	due, gates := began.Add(p.sleep), p.makeGates()
	for task := 0; task < p.tasks; task++ {
		go func(gate <-chan uint64) {
			p.touch()
			reported.Done()
			if p.await(gate, due) {
				woken.Add(1)
			}
			ended.Done()
		}(gates[task%len(gates)])
	}
	reported.Wait()
	round := parkedRound{start: time.Since(began)}
	atRest()
	wake := time.Now()
	late := p.wait == "sleep" && wake.After(due)
	if p.wait == "sleep" {
		wake = due
	}
	for _, gate := range gates {
		close(gate)
	}
	ended.Wait()
	round.wake = time.Since(wake)
	if late {
		return round, errLate
	}
	return round, requireEqual(uint64(woken.Load()), uint64(p.tasks), "tasks woken as they should")
}

func chooseTouch(bytes int) func() {
	switch bytes {
	case 1024:
		return func() { touchStack(len(touchedBytes{}) - 1) }
	case 4096:
		return func() { touchWholePage(len(pageBytes{}) - 1) }
	}
	return func() {}
}

func prepareParked(asked *cell) (body, error) {
	tasks, rounds := asked.number("tasks"), asked.operations
	parked := parking{
		tasks, asked.parameters["wait"], chooseTouch(asked.number("stack_touched_bytes")),
		250*time.Millisecond + time.Duration(tasks)*20*time.Microsecond,
	}
	idle, err := residentBytes()
	return func(meter *meter) (uint64, error) {
		noteMemory := func() {
			meter.noteThreads()
			meter.figure("bytes_per_task", float64(meter.resident()-idle)/float64(tasks))
		}
		var total parkedRound
		meter.start()
		for count := 0; count < rounds; count++ {
			round, err := parked.parkForSure(noteMemory)
			if err != nil {
				return 0, err
			}
			total.start += round.start
			total.wake += round.wake
		}
		meter.stop()
		all := float64(tasks) * float64(rounds)
		meter.figure("start_task_ns", float64(total.start)/all)
		meter.figure("wake_task_ns", float64(total.wake)/all)
		meter.figure("rss_after_bytes", float64(meter.resident()-idle))
		return uint64(tasks) * uint64(rounds), nil
	}, err
}
