package main

import (
	"sync"
	"time"
)

// patience is long enough for any machine that is not broken.
const patience = 10 * time.Minute

// selection is a workload of selects: which mode, over how many channels, by how many tasks.
type selection struct {
	mode     string
	channels int
	load     traffic
	cases    selectCases
}

func (s *selection) fed() bool { return s.mode != "ready" && s.mode != "default" }

// makeChannels gives one slot where a message waits in each channel, none where the producer waits
// for a select.
func (s *selection) makeChannels(done chan uint64) []chan uint64 {
	slots := 1
	if s.fed() {
		slots = 0
	}
	channels := make([]chan uint64, s.channels)
	for index := range channels {
		channels[index] = make(chan uint64, slots)
	}
	if s.mode == "ready" {
		fill(channels)
	} else if s.mode == "done" {
		channels[len(channels)-1] = done
	}
	return channels
}

func fill(channels []chan uint64) {
	for index, channel := range channels {
		channel <- makeMessage(index, 1)
	}
}

// takeSelected counts a message, or what is none where one should have come.
func (t *tally) takeSelected(message uint64, open bool) {
	if !open {
		t.disordered++
		return
	}
	t.take(message)
}

func (s *selection) receive(channels []chan uint64, count uint64, own *tally) {
	switch s.mode {
	case "ready":
		// Every message goes back to its channel with the next number, so that all stay ready.
		for time := uint64(0); time < count; time++ {
			message, open := s.cases.receive(channels)
			own.takeSelected(message, open)
			channel, _ := splitMessage(message)
			channels[channel] <- message + 1
		}
	case "empty":
		for time := uint64(0); time < count; time++ {
			own.takeSelected(s.cases.receive(channels))
		}
	case "default":
		for time := uint64(0); time < count; time++ {
			if _, open := s.cases.tryReceive(channels); open {
				own.disordered++
			}
		}
	case "timeout":
		s.receiveInTime(channels, count, own)
	case "done":
		for message, open := s.cases.receive(channels); open; {
			own.take(message)
			message, open = s.cases.receive(channels)
		}
	}
}

// receiveInTime uses one timer again and again, as a loop that is in a hurry does.
func (s *selection) receiveInTime(channels []chan uint64, count uint64, own *tally) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for time := uint64(0); time < count; time++ {
		own.takeSelected(s.cases.receiveUntil(channels, timer.C))
		if !timer.Stop() {
			return // it fired, and the count shows it
		}
		timer.Reset(patience)
	}
}

func (s *selection) sendAtRandom(channels []chan uint64, count, seed uint64) {
	used := uint64(s.channels)
	if s.mode == "done" {
		used--
	}
	sent := make([]uint64, s.channels)
	for time := uint64(0); time < count; time++ {
		seed = seed*6364136223846793005 + 1442695040888963407
		index := seed >> 33 % used
		sent[index]++
		channels[index] <- makeMessage(int(index), sent[index])
	}
}

// check looks at the channels once more where nobody sends: each must hold its next message.
func (s *selection) check(channels []chan uint64, own *tally, count uint64) error {
	if s.mode == "default" {
		fill(channels)
		count = 0
	}
	if !s.fed() {
		for range channels {
			own.takeSelected(s.cases.tryReceive(channels))
		}
		count += uint64(len(channels))
	}
	return own.checkSelected(count)
}

// checkSelected lets nothing be missing between the first number of a channel and its last.
func (t *tally) checkSelected(wanted uint64) error {
	numbers := uint64(0)
	for _, last := range t.last {
		numbers += last
	}
	if err := requireEqual(t.disordered, 0, "messages out of order"); err != nil {
		return err
	}
	if err := requireEqual(t.count, wanted, "messages that one task selected"); err != nil {
		return err
	}
	return requireEqual(numbers, wanted, "numbers of the channels' last messages")
}

func (s *selection) run(sets [][]chan uint64, seen []tally, done chan uint64) {
	var sent, received sync.WaitGroup
	received.Add(len(sets))
	for task := range sets {
		go func(task int) {
			own := tally{last: make([]uint64, s.channels)}
			s.receive(sets[task], s.load.share(task), &own)
			seen[task] = own
			received.Done()
		}(task)
	}
	if s.fed() {
		sent.Add(len(sets))
		for task := range sets {
			go func(task int) {
				s.sendAtRandom(sets[task], s.load.share(task), uint64(task))
				sent.Done()
			}(task)
		}
	}
	if s.mode == "done" {
		sent.Wait()
		close(done)
	}
	received.Wait()
}

func prepareSelect(asked *cell) (body, error) {
	tasks, channels := asked.number("tasks"), asked.number("channels")
	job := selection{
		mode: asked.parameters["mode"], channels: channels, cases: selectOver[channels],
		load: traffic{uint64(asked.operations), tasks},
	}
	return func(meter *meter) (uint64, error) {
		done := make(chan uint64)
		sets, seen := make([][]chan uint64, tasks), make([]tally, tasks)
		for task := range sets {
			sets[task] = job.makeChannels(done)
		}
		meter.start()
		job.run(sets, seen, done)
		meter.stop()
		for task := range sets {
			if err := job.check(sets[task], &seen[task], job.load.share(task)); err != nil {
				return 0, err
			}
		}
		return job.load.messages, nil
	}, nil
}
