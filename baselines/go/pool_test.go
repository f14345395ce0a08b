package main

import "testing"

// jobsOf are ten jobs of a grain.
func jobsOf(grain string) jobList {
	asked := requestFor("pool/task_per_job", map[string]string{"grain_ns": grain})
	asked.operations = 10
	return newJobList(&cell{request: asked})
}

func TestJobsHaveTheirWork(t *testing.T) {
	const mixNs = 9*shortNs + longNs
	for grain, workNs := range map[string]float64{"0": 0, "50": 500, mixOfJobs: mixNs} {
		jobs := jobsOf(grain)
		if jobs.workNs() != workNs || jobs.sum() != 55 || jobs.do(3) != 4 {
			t.Errorf("grain %s: %v ns, sum %d", grain, jobs.workNs(), jobs.sum())
		}
	}
}

func TestTaskPerJobFindsAJobThatWasNotDoneOrDoneTwice(t *testing.T) {
	mustPass(t, checkResults([]uint64{1, 2, 3}))
	mustFind(t, "a job that was not done", checkResults([]uint64{1, 0, 3}))
	mustFind(t, "a job done twice", checkResults([]uint64{1, 4, 3}))
}
