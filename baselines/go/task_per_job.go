package main

func prepareTaskPerJob(asked *cell) (body, error) {
	jobs := newJobList(asked)
	return func(meter *meter) (uint64, error) {
		results := make([]uint64, jobs.jobs)
		meter.start()
		forEach(len(results), func(job int) { results[job] += jobs.do(uint64(job)) })
		meter.stop()
		reportWork(meter, jobs.workNs(), jobs.jobs, asked.workers)
		return jobs.sum(), checkResults(results)
	}, nil
}

// checkResults finds jobs that were not done, or done twice.
func checkResults(results []uint64) error {
	for job, result := range results {
		if err := requireEqual(result, uint64(job)+1, "a job's result"); err != nil {
			return err
		}
	}
	return nil
}
