//! pool/worker_pool: as many tasks as workers take jobs from a channel and send results on another.

use std::hint::black_box;

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::record::cpus;
use crate::spin::Spin;
use crate::workload::{Body, Cell};

const QUEUE_CAPACITY: usize = 128;

/// What came back: how many results, and their sum.
#[derive(Default)]
pub struct Results {
    pub count: u64,
    pub sum: u64,
}

impl Results {
    pub fn check(&self, jobs: u64) -> Result<u64> {
        require_equal(self.count, jobs, "results that came back")?;
        require_equal(self.sum, jobs * (jobs + 1) / 2, "sum of the results")?;
        Ok(self.sum)
    }
}

/// A job's result: its number plus one. The work's own outcome is looked at, so that it cannot be
/// left out, but not sent, since it differs with the calibration.
fn do_job(work: Spin, job: u64) -> u64 {
    black_box(work.work(job));
    job + 1
}

pub struct WorkerPool {
    workers: usize,
    jobs: u64,
    grain_ns: u64,
    work: Spin,
}

impl WorkerPool {
    /// The queue has as many receivers as there are workers, the results have one.
    async fn work_off<C: Channels>(&self) -> Results {
        let (jobs, work) = (self.jobs, self.work);
        let (queue, taker) = C::make(QUEUE_CAPACITY);
        let (results, mut returned) = Mpsc::make(QUEUE_CAPACITY);
        for mut taker in C::share(taker, self.workers) {
            let results = results.clone();
            tokio::spawn(async move {
                while let Some(job) = taker.next().await {
                    results.put(do_job(work, job)).await;
                }
            });
        }
        drop(results);
        tokio::spawn(async move {
            for job in 0..jobs {
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
        let grain_ns = cell.number("grain_ns", 0)?;
        Ok(WorkerPool {
            workers: cell.workers,
            jobs: cell.operations,
            grain_ns,
            work: Spin::new(grain_ns),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.start()?;
        let results = if tokio_can(QUEUE_CAPACITY, self.workers) {
            self.work_off::<Mpsc>().await
        } else {
            self.work_off::<Flume>().await
        };
        meter.stop()?;
        if self.grain_ns > 0 {
            // More workers than CPUs cannot do more work at once than the CPUs.
            let parallel = self.workers.min(cpus());
            let ideal_ns = self.jobs as f64 * self.grain_ns as f64 / parallel as f64;
            meter.figure("efficiency", ideal_ns / nanoseconds(meter.elapsed));
        }
        results.check(self.jobs)
    }
}
