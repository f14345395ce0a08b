//! pool/task_per_job: a task for each job.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::{require_equal, Result};
use crate::jobs::{report_work, Jobs};
use crate::meter::Meter;
use crate::tasks::{for_each, zeros};
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

pub struct TaskPerJob {
    workers: usize,
    jobs: &'static Jobs,
    results: &'static [AtomicU64],
    ended: &'static WaitGroup,
}

impl Body for TaskPerJob {
    async fn prepare(cell: &Cell) -> Result<TaskPerJob> {
        Ok(TaskPerJob {
            workers: cell.workers,
            jobs: lend(Jobs::new(cell.text("grain_ns")?, cell.operations)?),
            results: lend(zeros(cell.operations as usize)),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let (jobs, results) = (self.jobs, self.results);
        let task = |job: usize| async move {
            results[job].fetch_add(jobs.carry_out(job as u64), Ordering::Relaxed);
        };
        meter.start()?;
        for_each(self.ended, results.len(), task).await;
        meter.stop()?;
        report_work(meter, jobs.work_ns(), jobs.count, self.workers);
        check_results(results)?;
        Ok(jobs.sum())
    }
}

/// Finds jobs that were not done, or done twice. Also clears the results for the next repetition.
pub fn check_results(results: &[AtomicU64]) -> Result<()> {
    for (job, result) in results.iter().enumerate() {
        let got = result.swap(0, Ordering::Relaxed);
        require_equal(got, job as u64 + 1, "a job's result")?;
    }
    Ok(())
}
