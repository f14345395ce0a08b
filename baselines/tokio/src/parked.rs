//! spawn/parked: many tasks wait on one channel until it is closed.
//!
//! The channel is tokio::sync::watch, by which Tokio's users tell many tasks something once. A
//! receiver of flume that goes away looks for itself among all that wait, so that closing one
//! under a hundred thousand takes minutes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, resident_bytes, Meter};
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

pub struct Parked {
    tasks: usize,
    rounds: u64,
    resident_idle: i64,
    reported: &'static WaitGroup,
    ended: &'static WaitGroup,
    woken: &'static AtomicU64,
}

impl Parked {
    /// How long the tasks took to start, and to wake.
    async fn one_round(&self, meter: &mut Meter) -> Result<(Duration, Duration)> {
        let (reported, ended, woken) = (self.reported, self.ended, self.woken);
        let (gate, receiver) = watch::channel(());
        reported.add(self.tasks);
        ended.add(self.tasks);
        let began = Instant::now();
        for _ in 0..self.tasks {
            let mut receiver = receiver.clone();
            tokio::spawn(async move {
                reported.done();
                if receiver.changed().await.is_err() {
                    woken.fetch_add(1, Ordering::Relaxed);
                }
                ended.done();
            });
        }
        reported.wait().await;
        let start = began.elapsed();
        self.note_memory(meter)?;
        let closed = Instant::now();
        drop(gate);
        ended.wait().await;
        let wake = closed.elapsed();
        check_woken(woken, self.tasks)?;
        Ok((start, wake))
    }

    fn note_memory(&self, meter: &mut Meter) -> Result<()> {
        meter.note_threads()?;
        let grown = resident_bytes()? - self.resident_idle;
        meter.figure("bytes_per_task", grown as f64 / self.tasks as f64);
        Ok(())
    }
}

impl Body for Parked {
    async fn prepare(cell: &Cell) -> Result<Parked> {
        Ok(Parked {
            tasks: cell.number("tasks", 1)? as usize,
            rounds: cell.operations,
            resident_idle: resident_bytes()?,
            reported: lend(WaitGroup::new()),
            ended: lend(WaitGroup::new()),
            woken: lend(AtomicU64::new(0)),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let (mut start, mut wake) = (Duration::ZERO, Duration::ZERO);
        meter.start()?;
        for _ in 0..self.rounds {
            let (started, woke) = self.one_round(meter).await?;
            start += started;
            wake += woke;
        }
        meter.stop()?;
        let tasks = self.tasks as u64 * self.rounds;
        meter.figure("start_task_ns", nanoseconds(start) / tasks as f64);
        meter.figure("wake_task_ns", nanoseconds(wake) / tasks as f64);
        meter.figure(
            "rss_after_bytes",
            (resident_bytes()? - self.resident_idle) as f64,
        );
        meter.found("channel", "tokio::sync::watch".to_string());
        Ok(tasks)
    }
}

/// Also clears the count for the next round.
pub fn check_woken(woken: &AtomicU64, tasks: usize) -> Result<()> {
    require_equal(
        woken.swap(0, Ordering::Relaxed),
        tasks as u64,
        "tasks woken by the close",
    )
}
