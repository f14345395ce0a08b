package main

import "sync"

const queueCapacity = 128

// poolResults is what came back: how many results, and their sum.
type poolResults struct{ count, sum uint64 }

func (r poolResults) check(jobs uint64) error {
	if err := requireEqual(r.count, jobs, "results that came back"); err != nil {
		return err
	}
	return requireEqual(r.sum, jobs*(jobs+1)/2, "sum of the results")
}

func workOff(tasks int, jobs *jobList) poolResults {
	queue, results := make(chan uint64, queueCapacity), make(chan uint64, queueCapacity)
	var working sync.WaitGroup
	working.Add(tasks)
	for task := 0; task < tasks; task++ {
		go func() {
			for job := range queue {
				results <- jobs.do(job)
			}
			working.Done()
		}()
	}
	go func() {
		for job := uint64(0); job < jobs.jobs; job++ {
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
	jobs, tasks := newJobList(asked), asked.workers
	if asked.parameters["pool_tasks"] != allWorkers {
		tasks = asked.number("pool_tasks")
	}
	return func(meter *meter) (uint64, error) {
		meter.start()
		results := workOff(tasks, &jobs)
		meter.stop()
		reportWork(meter, jobs.workNs(), jobs.jobs, asked.workers)
		return results.sum, results.check(jobs.jobs)
	}, nil
}
