//! idle/wake: events come from a thread outside to a pool that has been idle for a while.

use std::iter::once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::failure::{require_equal, Result};
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::outside::Outsiders;
use crate::tasks::NO_PANIC;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

const PATIENCE: Duration = Duration::from_secs(10);

/// Events are numbered from 1. One is given when the one before was taken and the gap is over. The
/// giver reads the clock just before it gives one, the task that takes it does so first thing.
pub struct Events {
    count: u64,
    gap: Duration,
    patience: Duration,
    /// Of one task after the other, so that the lock is never waited for.
    wakes: Mutex<Latencies>,
    mistaken: AtomicU64,
    begun: Instant,
    /// In nanoseconds since then.
    given_ns: AtomicU64,
    taken: AtomicU64,
}

impl Events {
    pub fn new(count: u64, gap: Duration, patience: Duration) -> Events {
        Events {
            count,
            gap,
            patience,
            wakes: Mutex::new(Latencies::with_room(count as usize)),
            mistaken: AtomicU64::new(0),
            begun: Instant::now(),
            given_ns: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        }
    }

    fn now_ns(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
    }

    /// Ends early when an event is lost.
    pub fn give(&self, mut send: impl FnMut(u64)) {
        for number in 1..=self.count {
            if !self.gap.is_zero() {
                thread::sleep(self.gap);
            }
            self.given_ns.store(self.now_ns(), Ordering::Relaxed);
            send(number);
            if !self.is_taken_in_time(number) {
                return;
            }
        }
    }

    fn is_taken_in_time(&self, number: u64) -> bool {
        let given = Instant::now();
        while self.taken.load(Ordering::Acquire) < number {
            if given.elapsed() > self.patience {
                return false;
            }
            // Not blocked: waking this thread would be work for the task that took the event.
            thread::yield_now();
        }
        true
    }

    pub fn take(&self, number: u64) {
        let wake_ns = self.now_ns() - self.given_ns.load(Ordering::Relaxed);
        let mut wakes = self.wakes.lock().expect(NO_PANIC);
        wakes.add(Duration::from_nanos(wake_ns));
        drop(wakes);
        let taken = self.taken.load(Ordering::Relaxed) + 1;
        if number != taken {
            self.mistaken.fetch_add(1, Ordering::Relaxed);
        }
        // Synchronizes with the giver.
        self.taken.store(taken, Ordering::Release);
    }

    /// To be called once all is over. Names the percentiles of the latencies.
    pub fn check(&self, meter: &mut Meter) -> Result<u64> {
        let (taken, mistaken) = (&self.taken, &self.mistaken);
        let taken = taken.load(Ordering::Relaxed);
        let mistaken = mistaken.load(Ordering::Relaxed);
        require_equal(taken, self.count, "events that were taken")?;
        require_equal(mistaken, 0, "events that were taken out of turn")?;
        let none = Latencies::with_room(0);
        let wakes = std::mem::replace(&mut *self.wakes.lock().expect(NO_PANIC), none);
        wakes.report(meter, "")?;
        Ok(taken)
    }
}

pub struct Wake {
    count: u64,
    gap: Duration,
    ended: &'static WaitGroup,
}

impl Body for Wake {
    async fn prepare(cell: &Cell) -> Result<Wake> {
        Ok(Wake {
            count: cell.operations,
            gap: Duration::from_micros(cell.number("gap_us", 0)?),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let ended = self.ended;
        let all = Arc::new(Events::new(self.count, self.gap, PATIENCE));
        let given = Arc::clone(&all);
        let act = move |pool: &Handle| {
            given.give(|number| {
                let all = Arc::clone(&given);
                pool.spawn(async move { all.take(number) });
            });
            pool.spawn(async move { ended.done() });
        };
        let outside = Outsiders::gather(once(act)).await?;
        ended.add(1);
        meter.start()?;
        outside.begin();
        ended.wait().await;
        meter.stop()?;
        outside.join();
        all.check(meter)
    }
}
