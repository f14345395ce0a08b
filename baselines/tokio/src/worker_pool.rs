//! pool/worker_pool: tasks take jobs from a channel and send results on another.

use std::hint::black_box;

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::record::cpus;
use crate::request::usage;
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

const SHORT_NS: u64 = 1_000;
const LONG_NS: u64 = 100_000;
const LONG_ONE_IN: u64 = 10;

/// Jobs that are all alike, or a mix in which every tenth is a hundred times as long.
#[derive(Clone, Copy)]
pub struct Jobs {
    count: u64,
    grain_ns: u64,
    work: Spin,
    long: Option<Spin>,
}

impl Jobs {
    pub fn new(grain: &str, count: u64) -> Result<Jobs> {
        let mixed = grain == "mix";
        let grain_ns = match grain.parse() {
            Ok(grain_ns) => grain_ns,
            Err(_) if mixed => SHORT_NS,
            Err(_) => return usage(format!("grain_ns is a whole number or mix, not '{grain}'")),
        };
        Ok(Jobs {
            count,
            grain_ns,
            work: Spin::new(grain_ns),
            long: mixed.then(|| Spin::new(LONG_NS)),
        })
    }

    /// A job's result: its number plus one. The work's own outcome is looked at, so that it cannot
    /// be left out, but not sent, since it differs with the calibration.
    fn carry_out(&self, job: u64) -> u64 {
        let work = match &self.long {
            Some(long) if job % LONG_ONE_IN == 0 => long,
            _ => &self.work,
        };
        black_box(work.work(job));
        job + 1
    }

    /// All the work that is in the jobs.
    pub fn work_ns(&self) -> f64 {
        let long = self.long.map_or(0, |_| self.count.div_ceil(LONG_ONE_IN));
        ((self.count - long) * self.grain_ns + long * LONG_NS) as f64
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
        // More workers than CPUs cannot do more work at once than the CPUs.
        let parallel = self.workers.min(cpus()) as f64;
        let (work_ns, spent_ns) = (self.jobs.work_ns(), nanoseconds(meter.elapsed) * parallel);
        meter.figure("overhead_ns", (spent_ns - work_ns) / self.jobs.count as f64);
        if work_ns > 0.0 {
            meter.figure("efficiency", work_ns / spent_ns);
        }
        results.check(self.jobs.count)
    }
}
