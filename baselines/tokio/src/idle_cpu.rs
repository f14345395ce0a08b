//! idle/cpu: a pool that has nothing to do.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use crate::failure::{require_equal, Failure, Result};
use crate::meter::{nanoseconds, Meter};
use crate::spin::Spin;
use crate::tasks::for_each;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

/// Long and many enough that every worker takes part: then all of them have come up.
const ROUSING_NS: u64 = 100_000;
const ROUSING_PER_WORKER: usize = 10;
/// Workers look for more before they rest, some for milliseconds. That is not idleness.
const SETTLING: Duration = Duration::from_millis(20);

pub struct Idle {
    idle: Duration,
    periods: u32,
    jobs: usize,
    work: Spin,
    done: &'static AtomicU64,
    ended: &'static WaitGroup,
}

impl Idle {
    /// Has the pool do the work so many times.
    async fn work_through(&self) {
        let (work, done) = (self.work, self.done);
        let job = |number| async move {
            black_box(work.work(number as u64));
            done.fetch_add(1, Ordering::Relaxed);
        };
        for_each(self.ended, self.jobs, job).await;
    }
}

impl Body for Idle {
    async fn prepare(cell: &Cell) -> Result<Idle> {
        Ok(Idle {
            idle: Duration::from_millis(cell.number("idle_ms", 1)?),
            periods: cell.operations as u32,
            jobs: cell.workers * ROUSING_PER_WORKER,
            work: Spin::new(ROUSING_NS),
            done: lend(AtomicU64::new(0)),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        self.work_through().await;
        sleep(SETTLING).await;
        meter.start()?;
        for _ in 0..self.periods {
            sleep(self.idle).await;
        }
        meter.stop()?;
        self.work_through().await;
        let cpu_ns = nanoseconds(meter.cpu);
        meter.figure("cpu_ns_per_s", cpu_ns / meter.elapsed.as_secs_f64());
        let done = self.done.swap(0, Ordering::Relaxed);
        let rest = self.idle * self.periods;
        check_idle(done, self.jobs as u64, meter.elapsed, rest)?;
        Ok(self.periods.into())
    }
}

/// Finds jobs that were not done before and after the rest, and a rest that was too short.
pub fn check_idle(done: u64, jobs: u64, rested: Duration, asked: Duration) -> Result<()> {
    if rested < asked {
        let words = format!("the rest of {rested:?} was shorter than {asked:?}");
        return Err(Failure::Wrong(words));
    }
    require_equal(done, 2 * jobs, "jobs done before and after the rest")
}
