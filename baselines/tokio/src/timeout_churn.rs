//! time/timeout_churn: timers that are started and stopped, as a request's timeout is.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::task::Poll;
use std::time::Duration;

use tokio::task::coop::has_budget_remaining;
use tokio::task::yield_now;
use tokio::time::{sleep, Sleep};

use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::tasks::join_all;
use crate::throughput::Traffic;
use crate::workload::{Body, Cell};

/// Neither is ever reached. A request's timeout is due before those that are for minutes.
const TIMEOUT: Duration = Duration::from_secs(10);
const OTHERS_TIMEOUT: Duration = Duration::from_secs(3600);

/// Starts a timer: it is not among the runtime's before it is polled. Where the task has done what
/// it may in one go, a poll would start none, so that the task lets others run first.
pub async fn start(mut timer: Pin<&mut Sleep>) {
    if !has_budget_remaining() {
        yield_now().await;
    }
    poll_fn(|context| {
        // Whether it has fired by now is asked for when it is stopped.
        let _ = timer.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

/// What came of timers.
#[derive(Clone, Copy, Default)]
pub struct Stopped {
    pub in_time: u64,
    pub fired: u64,
}

impl Stopped {
    /// To be called where the timer is about to go, which stops it.
    pub fn note(&mut self, timer: &Sleep) {
        if timer.is_elapsed() {
            self.fired += 1;
        } else {
            self.in_time += 1;
        }
    }

    pub fn check(all: &[Stopped], timers: u64) -> Result<u64> {
        let fired = all.iter().map(|each| each.fired).sum();
        let in_time = all.iter().map(|each| each.in_time).sum();
        require_equal(fired, 0, "timers that fired")?;
        require_equal(in_time, timers, "timers that were stopped in time")?;
        Ok(timers)
    }
}

async fn churn(timers: u64) -> Stopped {
    let mut stopped = Stopped::default();
    for _ in 0..timers {
        let mut timer = pin!(sleep(TIMEOUT));
        start(timer.as_mut()).await;
        stopped.note(&timer);
    }
    stopped
}

async fn start_others(pending: u64) -> Vec<Pin<Box<Sleep>>> {
    let mut others = vec![];
    for number in 0..pending {
        let timeout = OTHERS_TIMEOUT + Duration::from_millis(number);
        let mut other = Box::pin(sleep(timeout));
        start(other.as_mut()).await;
        others.push(other);
    }
    others
}

pub struct TimeoutChurn {
    load: Traffic,
    pending: u64,
}

impl Body for TimeoutChurn {
    async fn prepare(cell: &Cell) -> Result<TimeoutChurn> {
        Ok(TimeoutChurn {
            load: Traffic {
                messages: cell.operations,
                producers: cell.workers,
            },
            pending: cell.number("pending", 0)?,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let load = self.load;
        let others = start_others(self.pending).await;
        meter.start()?;
        let tasks: Vec<_> = (0..load.producers)
            .map(|task| tokio::spawn(churn(load.share(task))))
            .collect();
        let stopped = join_all(tasks).await;
        meter.stop()?;
        let mut of_others = Stopped::default();
        others.iter().for_each(|other| of_others.note(other));
        Stopped::check(&[of_others], self.pending)?;
        Stopped::check(&stopped, load.messages)
    }
}
