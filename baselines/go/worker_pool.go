package main

import (
	"runtime"
	"sync"
)

const queueCapacity = 128

// poolResults is what came back: how many results, and their sum.
type poolResults struct{ count, sum uint64 }

func (r poolResults) check(jobs uint64) error {
	if err := requireEqual(r.count, jobs, "results that came back"); err != nil {
		return err
	}
	return requireEqual(r.sum, jobs*(jobs+1)/2, "sum of the results")
}

// doJob returns the job's number plus one. The work's own outcome is not sent, since it differs
// with the calibration.
func doJob(work spin, job uint64) uint64 {
	work.work(job)
	return job + 1
}

func workOff(workers int, jobs uint64, work spin) poolResults {
	queue, results := make(chan uint64, queueCapacity), make(chan uint64, queueCapacity)
	var working sync.WaitGroup
	working.Add(workers)
	for worker := 0; worker < workers; worker++ {
		go func() {
			for job := range queue {
				results <- doJob(work, job)
			}
			working.Done()
		}()
	}
	go func() {
		for job := uint64(0); job < jobs; job++ {
			queue <- job
		}
		close(queue)
		working.Wait()
		close(results)
	}()
	var seen poolResults
	for result := range results {
		seen.count++
		seen.sum += result
	}
	return seen
}

func prepareWorkerPool(asked *cell) (body, error) {
	workers, jobs, grainNs := asked.workers, uint64(asked.operations), asked.number("grain_ns")
	work := newSpin(grainNs)
	// More workers than CPUs cannot do more work at once than the CPUs.
	parallel := workers
	if cpus := runtime.NumCPU(); parallel > cpus {
		parallel = cpus
	}
	return func(meter *meter) (uint64, error) {
		meter.start()
		results := workOff(workers, jobs, work)
		meter.stop()
		if grainNs > 0 {
			idealNs := float64(jobs) * float64(grainNs) / float64(parallel)
			meter.figure("efficiency", idealNs/float64(meter.elapsed))
		}
		return results.sum, results.check(jobs)
	}, nil
}
