package main

import "runtime"

const (
	mixOfJobs  = "mix"
	shortNs    = 1_000
	longNs     = 100_000
	longOneIn  = 10
	nsInMicro  = 1_000
	allWorkers = "workers"
)

// jobList is jobs that are all alike, or a mix in which every tenth is a hundred times as long.
type jobList struct {
	jobs       uint64
	mixed      bool
	grainNs    int
	work, long spin
}

func newJobList(asked *cell) jobList {
	list := jobList{jobs: uint64(asked.operations)}
	if asked.parameters["grain_ns"] == mixOfJobs {
		list.mixed, list.grainNs, list.long = true, shortNs, newSpin(longNs)
	} else {
		list.grainNs = asked.number("grain_ns")
	}
	list.work = newSpin(list.grainNs)
	return list
}

// do returns the job's number plus one. The work's own outcome is not used, since it differs with
// the calibration.
func (l *jobList) do(job uint64) uint64 {
	if l.mixed && job%longOneIn == 0 {
		l.long.work(job)
	} else {
		l.work.work(job)
	}
	return job + 1
}

// sum is that of all results.
func (l *jobList) sum() uint64 { return l.jobs * (l.jobs + 1) / 2 }

// workNs is all the work that is in the jobs.
func (l *jobList) workNs() float64 {
	long := uint64(0)
	if l.mixed {
		long = (l.jobs + longOneIn - 1) / longOneIn
	}
	return float64(l.jobs-long)*float64(l.grainNs) + float64(long)*longNs
}

// parallelWorkers is how many can work at once: not more than there are CPUs.
func parallelWorkers(workers int) int {
	if cpus := runtime.NumCPU(); workers > cpus {
		return cpus
	}
	return workers
}

// reportWork names the efficiency, the work spread perfectly over the workers divided by the time
// taken, and overhead_ns, what the workers' time was spent on beside it, per job.
func reportWork(meter *meter, workNs float64, jobs uint64, workers int) {
	spentNs := float64(meter.elapsed) * float64(parallelWorkers(workers))
	meter.figure("overhead_ns", (spentNs-workNs)/float64(jobs))
	if workNs > 0 {
		meter.figure("efficiency", workNs/spentNs)
	}
}
