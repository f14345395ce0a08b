//! pool/worker_pool: tasks take jobs from a channel and send results on another.

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::jobs::{report_work, Jobs};
use crate::meter::Meter;
use crate::workload::{Body, Cell};

const QUEUE_CAPACITY: usize = 128;

/// What came back: how many results, and their sum.
#[derive(Default)]
pub struct Results {
    pub count: u64,
    pub sum: u64,
}

impl Results {
    pub fn check(&self, jobs: &Jobs) -> Result<u64> {
        require_equal(self.count, jobs.count, "results that came back")?;
        require_equal(self.sum, jobs.sum(), "sum of the results")?;
        Ok(self.sum)
    }
}

pub struct WorkerPool {
    workers: usize,
    tasks: usize,
    jobs: Jobs,
}

impl WorkerPool {
    /// The queue has as many receivers as there are tasks, the results have one.
    async fn work_off<C: Channels>(&self) -> Results {
        let jobs = self.jobs;
        let (queue, taker) = C::make(QUEUE_CAPACITY);
        let (results, mut returned) = Mpsc::make(QUEUE_CAPACITY);
        for mut taker in C::share(taker, self.tasks) {
            let results = results.clone();
            tokio::spawn(async move {
                while let Some(job) = taker.next().await {
                    results.put(jobs.carry_out(job)).await;
                }
            });
        }
        drop(results);
        tokio::spawn(async move {
            for job in 0..jobs.count {
                queue.put(job).await;
            }
        });
        let mut seen = Results::default();
        while let Some(result) = returned.next().await {
            seen.count += 1;
            seen.sum += result;
        }
        seen
    }
}

impl Body for WorkerPool {
    async fn prepare(cell: &Cell) -> Result<WorkerPool> {
        let tasks = match cell.text("pool_tasks")? {
            "workers" => cell.workers,
            _ => cell.number("pool_tasks", 1)? as usize,
        };
        Ok(WorkerPool {
            workers: cell.workers,
            tasks,
            jobs: Jobs::new(cell.text("grain_ns")?, cell.operations)?,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.start()?;
        let results = if tokio_can(QUEUE_CAPACITY, self.tasks) {
            self.work_off::<Mpsc>().await
        } else {
            self.work_off::<Flume>().await
        };
        meter.stop()?;
        report_work(meter, self.jobs.work_ns(), self.jobs.count, self.workers);
        results.check(&self.jobs)
    }
}
