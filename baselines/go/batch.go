package main

import (
	"sync"
	"time"
)

// starter starts one task of a batch. A task leaves a mark of its own, which shows that it ran once
// and shares no counter with the others.
type starter func(mark *uint32, ended *sync.WaitGroup)

func startPlain(mark *uint32, ended *sync.WaitGroup) {
	go func() {
		*mark++
		ended.Done()
	}()
}

func startTouching(mark *uint32, ended *sync.WaitGroup) {
	go func() {
		touchStack(len(touchedBytes{}) - 1)
		*mark++
		ended.Done()
	}()
}

// capturedWords are 64 bytes, which a closure takes by value.
type capturedWords [16]uint32

func startCapturing(mark *uint32, ended *sync.WaitGroup) {
	captured := capturedWords{len(capturedWords{}) - 1: 1}
	go func() {
		*mark += captured[len(captured)-1]
		ended.Done()
	}()
}

func startCapturingAndTouching(mark *uint32, ended *sync.WaitGroup) {
	captured := capturedWords{len(capturedWords{}) - 1: 1}
	go func() {
		touchStack(len(touchedBytes{}) - 1)
		*mark += captured[len(captured)-1]
		ended.Done()
	}()
}

type touchedBytes [1024]byte

// touchStack writes its frame, which Go does by clearing it; that it returns a byte of the frame
// keeps the writes.
//
//go:noinline
func touchStack(index int) byte {
	var frame touchedBytes
	return frame[index]
}

type pageBytes [4096]byte

//go:noinline
func touchWholePage(index int) byte {
	var frame pageBytes
	return frame[index]
}

func chooseStarter(asked *cell) starter {
	captures, touches := asked.number("captured_bytes") > 0, asked.number("stack_touched_bytes") > 0
	switch {
	case captures && touches:
		return startCapturingAndTouching
	case captures:
		return startCapturing
	case touches:
		return startTouching
	}
	return startPlain
}

func oneBatch(marks []uint32, start starter) {
	var ended sync.WaitGroup
	ended.Add(len(marks))
	for index := range marks {
		start(&marks[index], &ended)
	}
	ended.Wait()
}

func prepareBatch(asked *cell) (body, error) {
	marks, start := make([]uint32, asked.number("tasks")), chooseStarter(asked)
	tasks, batches := float64(len(marks)), asked.operations
	began := time.Now()
	oneBatch(marks, start)
	coldTaskNs := float64(time.Since(began)) / tasks
	return func(meter *meter) (uint64, error) {
		meter.start()
		for batch := 0; batch < batches; batch++ {
			oneBatch(marks, start)
		}
		meter.stop()
		meter.figure("task_ns", float64(meter.elapsed)/float64(batches)/tasks)
		meter.figure("cold_task_ns", coldTaskNs)
		return uint64(len(marks)) * uint64(batches), checkMarks(marks, batches)
	}, checkMarks(marks, 1)
}

// checkMarks also clears the marks for the next repetition.
func checkMarks(marks []uint32, batches int) error {
	for index, mark := range marks {
		if err := requireEqual(uint64(mark), uint64(batches), "runs of one task"); err != nil {
			return err
		}
		marks[index] = 0
	}
	return nil
}
