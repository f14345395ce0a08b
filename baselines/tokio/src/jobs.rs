//! The jobs of the pools, and what is reported of work.

use std::hint::black_box;

use crate::failure::Result;
use crate::meter::{nanoseconds, Meter};
use crate::record::cpus;
use crate::request::usage;
use crate::spin::Spin;

const SHORT_NS: u64 = 1_000;
const LONG_NS: u64 = 100_000;
const LONG_ONE_IN: u64 = 10;

/// Jobs that are all alike, or a mix in which every tenth is a hundred times as long.
#[derive(Clone, Copy)]
pub struct Jobs {
    pub count: u64,
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
    pub fn carry_out(&self, job: u64) -> u64 {
        let work = match &self.long {
            Some(long) if job % LONG_ONE_IN == 0 => long,
            _ => &self.work,
        };
        black_box(work.work(job));
        job + 1
    }

    /// The sum of all results.
    pub fn sum(&self) -> u64 {
        self.count * (self.count + 1) / 2
    }

    /// All the work that is in the jobs.
    pub fn work_ns(&self) -> f64 {
        let long = self.long.map_or(0, |_| self.count.div_ceil(LONG_ONE_IN));
        ((self.count - long) * self.grain_ns + long * LONG_NS) as f64
    }
}

/// How many can work at once: more workers than CPUs cannot do more than the CPUs.
pub fn parallel_workers(workers: usize) -> f64 {
    workers.min(cpus()) as f64
}

/// Names the efficiency, the work spread perfectly over the workers divided by the time taken, and
/// `overhead_ns`, what the workers' time was spent on beside it, for each job.
pub fn report_work(meter: &mut Meter, work_ns: f64, jobs: u64, workers: usize) {
    let spent_ns = nanoseconds(meter.elapsed) * parallel_workers(workers);
    meter.figure("overhead_ns", (spent_ns - work_ns) / jobs as f64);
    if work_ns > 0.0 {
        meter.figure("efficiency", work_ns / spent_ns);
    }
}
