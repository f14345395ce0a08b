package main

import "sync"

// The sets of goroutines that several workloads start; suites/kit/counted_tasks.hpp.

// forEach runs f(0) to f(n - 1) as goroutines and waits for all.
func forEach(tasks int, f func(int)) {
	var ended sync.WaitGroup
	ended.Add(tasks)
	for task := 0; task < tasks; task++ {
		go func(task int) {
			f(task)
			ended.Done()
		}(task)
	}
	ended.Wait()
}

// runTogether does the same, but timed from when all goroutines are there and waiting for the start
// until they have ended and finish has returned.
func runTogether(tasks int, meter *meter, f func(int), finish func()) {
	var arrived, open, ended sync.WaitGroup
	arrived.Add(tasks)
	open.Add(1)
	ended.Add(tasks)
	for task := 0; task < tasks; task++ {
		go func(task int) {
			arrived.Done()
			open.Wait()
			f(task)
			ended.Done()
		}(task)
	}
	arrived.Wait()
	meter.start()
	open.Done()
	ended.Wait()
	finish()
	meter.stop()
}

// forkJoin does f(0) to f(n - 1), the last itself and the others as goroutines, and waits for all.
func forkJoin(parts int, f func(int)) {
	var ended sync.WaitGroup
	ended.Add(parts - 1)
	for part := 0; part < parts-1; part++ {
		go func(part int) {
			f(part)
			ended.Done()
		}(part)
	}
	f(parts - 1)
	ended.Wait()
}

// checkShares finds tasks that did not do exactly their share.
func checkShares(load traffic, done []uint64, what string) error {
	for task, count := range done {
		if err := requireEqual(count, load.share(task), what); err != nil {
			return err
		}
	}
	return nil
}
