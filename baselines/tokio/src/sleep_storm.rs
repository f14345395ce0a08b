//! time/sleep_storm: many tasks sleep until instants of their own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use crate::failure::{Failure, Result};
use crate::latencies::Latencies;
use crate::meter::{cpu_time, nanoseconds, Meter};
use crate::mix::{mix, MIX_STEP};
use crate::tasks::zeros;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

/// How long after the storm's begin a sleeper is to wake: 1 to 100 ms in whole nanoseconds, the
/// same for a number in every language.
pub fn wake_after(sleeper: u64) -> Duration {
    const LEAST: u64 = 1_000_000;
    const MOST: u64 = 100_000_000;
    let mixed = mix(sleeper.wrapping_mul(MIX_STEP));
    Duration::from_nanos(LEAST + mixed % (MOST - LEAST + 1))
}

/// How late a sleeper was, in nanoseconds; this where it did not wake, or too early.
pub const NEVER_WOKE: u64 = u64::MAX;

const LEAD_MAX: Duration = Duration::from_secs(60);

pub struct SleepStorm {
    storms: u64,
    /// How far away a storm's begin has to be for all to be asleep before it.
    lead: Duration,
    late: &'static [AtomicU64],
    reported: &'static WaitGroup,
    ended: &'static WaitGroup,
}

impl SleepStorm {
    /// Returns once every sleeper is about to sleep.
    async fn start_sleepers(&self, begin: Instant) {
        let (reported, ended) = (self.reported, self.ended);
        reported.add(self.late.len());
        ended.add(self.late.len());
        for (sleeper, late) in self.late.iter().enumerate() {
            let due = begin + wake_after(sleeper as u64);
            late.store(NEVER_WOKE, Ordering::Relaxed);
            tokio::spawn(async move {
                reported.done();
                sleep_until(due.into()).await;
                if let Some(lateness) = Instant::now().checked_duration_since(due) {
                    late.store(lateness.as_nanos() as u64, Ordering::Relaxed);
                }
                ended.done();
            });
        }
        reported.wait().await;
    }

    /// Twice as far away, for good, each time that the begin came before all were asleep.
    async fn fall_asleep(&mut self) -> Result<()> {
        while self.lead <= LEAD_MAX {
            let begin = Instant::now() + self.lead;
            self.start_sleepers(begin).await;
            if Instant::now() < begin {
                return Ok(());
            }
            self.ended.wait().await;
            self.lead *= 2;
        }
        let words = "not all tasks waited within a minute".to_string();
        Err(Failure::Wrong(words))
    }

    /// Returns the CPU time from when all are asleep until all have ended.
    async fn storm(&mut self) -> Result<Duration> {
        self.fall_asleep().await?;
        let before = cpu_time();
        self.ended.wait().await;
        Ok(cpu_time() - before)
    }
}

/// Adds each sleeper's lateness, and returns the sum of the times to sleep.
pub fn check_lateness(late: &[AtomicU64], lateness: &mut Latencies) -> Result<u64> {
    let mut sum = 0;
    for (sleeper, each) in late.iter().enumerate() {
        let late_ns = each.load(Ordering::Relaxed);
        if late_ns == NEVER_WOKE {
            let words = format!("sleeper {sleeper} did not wake, or too early");
            return Err(Failure::Wrong(words));
        }
        lateness.add(Duration::from_nanos(late_ns));
        sum += wake_after(sleeper as u64).as_nanos() as u64;
    }
    Ok(sum)
}

impl Body for SleepStorm {
    async fn prepare(cell: &Cell) -> Result<SleepStorm> {
        let tasks = cell.number("tasks", 1)?;
        Ok(SleepStorm {
            storms: cell.operations,
            lead: Duration::from_millis(10) + Duration::from_micros(tasks),
            late: lend(zeros(tasks as usize)),
            reported: lend(WaitGroup::new()),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let sleepers = self.late.len() * self.storms as usize;
        let mut lateness = Latencies::with_room(sleepers);
        let (mut cpu, mut checksum) = (Duration::ZERO, 0);
        meter.start()?;
        for _ in 0..self.storms {
            cpu += self.storm().await?;
            checksum += check_lateness(self.late, &mut lateness)?;
        }
        meter.stop()?;
        meter.figure("cpu_task_ns", nanoseconds(cpu) / sleepers as f64);
        lateness.report(meter, "")?;
        Ok(checksum)
    }
}
