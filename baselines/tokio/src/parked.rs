//! spawn/parked: many tasks wait until they are woken all at once.
//!
//! The channel that all share is tokio::sync::watch, by which Tokio's users tell many tasks
//! something once, and the channel of one's own is tokio::sync::oneshot. A receiver of flume that
//! goes away looks for itself among all that wait, so that closing one under a hundred thousand
//! takes minutes.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::time::sleep_until;

use crate::batch::touch_stack;
use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, resident_bytes, Meter};
use crate::request::usage;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

/// What a task waits for.
trait Gate: Send + 'static {
    /// Whether the wait ended as it should: with nothing received, and not too early.
    fn passed(self) -> impl Future<Output = bool> + Send;
}

impl Gate for watch::Receiver<()> {
    async fn passed(mut self) -> bool {
        self.changed().await.is_err()
    }
}

impl Gate for oneshot::Receiver<()> {
    async fn passed(self) -> bool {
        self.await.is_err()
    }
}

struct Due(Instant);

impl Gate for Due {
    async fn passed(self) -> bool {
        sleep_until(self.0.into()).await;
        Instant::now() >= self.0
    }
}

enum Wait {
    Channel,
    OwnChannel,
    Sleep,
}

/// How long the tasks of a round took to start, and to wake.
#[derive(Default)]
struct Times {
    start: Duration,
    wake: Duration,
}

pub struct Parked {
    tasks: usize,
    wait: Wait,
    touch: fn(),
    sleep: Duration,
    rounds: u64,
    resident_idle: i64,
    reported: &'static WaitGroup,
    ended: &'static WaitGroup,
    woken: &'static AtomicU64,
}

impl Parked {
    /// Returns once every task has reported.
    async fn start<G: Gate>(&self, gates: impl Iterator<Item = G>) {
        let (reported, ended, woken) = (self.reported, self.ended, self.woken);
        let touch = self.touch;
        reported.add(self.tasks);
        ended.add(self.tasks);
        for gate in gates.take(self.tasks) {
            tokio::spawn(async move {
                touch();
                reported.done();
                if gate.passed().await {
                    woken.fetch_add(1, Ordering::Relaxed);
                }
                ended.done();
            });
        }
        reported.wait().await;
    }

    async fn close_a_channel(&self, meter: &mut Meter) -> Result<Times> {
        let began = Instant::now();
        let (gate, receiver) = watch::channel(());
        self.start(std::iter::repeat(receiver)).await;
        self.wake(meter, began, || drop(gate)).await
    }

    async fn close_own_channels(&self, meter: &mut Meter) -> Result<Times> {
        let began = Instant::now();
        let channels = (0..self.tasks).map(|_| oneshot::channel::<()>());
        let (gates, receivers): (Vec<_>, Vec<_>) = channels.unzip();
        self.start(receivers.into_iter()).await;
        self.wake(meter, began, || drop(gates)).await
    }

    /// Sleeps four times as long each time that tasks woke before the last one was asleep: the
    /// round's figures mean nothing then.
    async fn sleep_for_sure(&mut self, meter: &mut Meter) -> Result<Times> {
        loop {
            let began = Instant::now();
            let due = began + self.sleep;
            self.start(std::iter::repeat_with(|| Due(due))).await;
            let mut asleep = began;
            let times = self.wake(meter, began, || asleep = Instant::now()).await?;
            if asleep < due {
                return Ok(Times {
                    start: times.start,
                    wake: due.elapsed(),
                });
            }
            self.sleep *= 4;
        }
    }

    /// Returns how long it took to start the tasks and, from `close` on, until all have ended.
    async fn wake(&self, meter: &mut Meter, began: Instant, close: impl FnOnce()) -> Result<Times> {
        let start = began.elapsed();
        meter.note_threads()?;
        let grown = resident_bytes()? - self.resident_idle;
        meter.figure("bytes_per_task", grown as f64 / self.tasks as f64);
        let closed = Instant::now();
        close();
        self.ended.wait().await;
        let wake = closed.elapsed();
        check_woken(self.woken, self.tasks)?;
        Ok(Times { start, wake })
    }

    async fn one_round(&mut self, meter: &mut Meter) -> Result<Times> {
        match self.wait {
            Wait::Channel => self.close_a_channel(meter).await,
            Wait::OwnChannel => self.close_own_channels(meter).await,
            Wait::Sleep => self.sleep_for_sure(meter).await,
        }
    }

    fn waited_on(&self) -> &'static str {
        match self.wait {
            Wait::Channel => "tokio::sync::watch",
            Wait::OwnChannel => "tokio::sync::oneshot",
            Wait::Sleep => "none",
        }
    }
}

impl Body for Parked {
    async fn prepare(cell: &Cell) -> Result<Parked> {
        let tasks = cell.number("tasks", 1)?;
        Ok(Parked {
            tasks: tasks as usize,
            wait: match cell.text("wait")? {
                "channel" => Wait::Channel,
                "own_channel" => Wait::OwnChannel,
                "sleep" => Wait::Sleep,
                other => {
                    return usage(format!(
                        "wait is channel, own_channel or sleep, not '{other}'"
                    ))
                }
            },
            touch: match cell.number("stack_touched_bytes", 0)? {
                0 => || (),
                1024 => touch_stack::<1024>,
                4096 => touch_stack::<4096>,
                _ => return usage("stack_touched_bytes is 0, 1024 or 4096".to_string()),
            },
            sleep: Duration::from_millis(250) + Duration::from_micros(20 * tasks),
            rounds: cell.operations,
            resident_idle: resident_bytes()?,
            reported: lend(WaitGroup::new()),
            ended: lend(WaitGroup::new()),
            woken: lend(AtomicU64::new(0)),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let mut total = Times::default();
        meter.start()?;
        for _ in 0..self.rounds {
            let times = self.one_round(meter).await?;
            total.start += times.start;
            total.wake += times.wake;
        }
        meter.stop()?;
        let tasks = self.tasks as u64 * self.rounds;
        meter.figure("start_task_ns", nanoseconds(total.start) / tasks as f64);
        meter.figure("wake_task_ns", nanoseconds(total.wake) / tasks as f64);
        meter.figure(
            "rss_after_bytes",
            (resident_bytes()? - self.resident_idle) as f64,
        );
        meter.found("channel", self.waited_on().to_string());
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
