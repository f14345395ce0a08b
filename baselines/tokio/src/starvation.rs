//! pool/starvation: tasks tick while another one computes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use crate::failure::{require_equal, Result};
use crate::latencies::Latencies;
use crate::meter::{nanoseconds, Meter};
use crate::request::usage;
use crate::spin::Spin;
use crate::tasks::{join, join_all};
use crate::workload::{Body, Cell};

const TICKERS: u32 = 100;
const PERIOD: Duration = Duration::from_millis(10);

/// One task's ticks: how late each was, and how many came before their time.
pub struct Ticker {
    late: Latencies,
    early: u64,
}

impl Ticker {
    pub fn new(ticks: u32) -> Ticker {
        Ticker {
            late: Latencies::with_room(ticks as usize),
            early: 0,
        }
    }

    pub fn note(&mut self, due: Instant, now: Instant) {
        match now.checked_duration_since(due) {
            Some(late) => self.late.add(late),
            None => self.early += 1,
        }
    }

    /// Each tick is due at a time that does not depend on the ticks before it, so that a late one
    /// does not hide how late the next ones are.
    async fn tick(mut self, first: Instant, ticks: u32) -> Ticker {
        for tick in 1..=ticks {
            let due = first + PERIOD * tick;
            sleep_until(due.into()).await;
            self.note(due, Instant::now());
        }
        self
    }
}

pub fn check_tickers(all: Vec<Ticker>, ticks: u32, meter: &mut Meter) -> Result<u64> {
    let mut late = Latencies::with_room(0);
    for mut each in all {
        let made = each.late.count() as u64;
        require_equal(each.early, 0, "ticks before their time")?;
        require_equal(made, ticks.into(), "ticks of a task")?;
        late.append(&mut each.late);
    }
    let made = late.count() as u64;
    late.report(meter, "")?;
    Ok(made)
}

pub struct Starvation {
    ticks: u32,
    work: Spin,
}

impl Body for Starvation {
    async fn prepare(cell: &Cell) -> Result<Starvation> {
        let (ticks, rest) = (
            cell.operations / u64::from(TICKERS),
            cell.operations % u64::from(TICKERS),
        );
        if ticks < 1 || rest != 0 {
            return usage(format!("the operations are a multiple of {TICKERS}"));
        }
        let ticks = ticks as u32;
        // As long as the ticking lasts.
        let work_ns = (PERIOD * ticks).as_nanos() as u64;
        Ok(Starvation {
            ticks,
            work: Spin::new(work_ns),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let (ticks, work) = (self.ticks, self.work);
        let idle: Vec<_> = (0..TICKERS).map(|_| Ticker::new(ticks)).collect();
        let mut tickers = Vec::with_capacity(idle.len());
        meter.start()?;
        let begin = Instant::now();
        for (number, ticker) in (0..TICKERS).zip(idle) {
            let first = begin + PERIOD * number / TICKERS;
            tickers.push(tokio::spawn(ticker.tick(first, ticks)));
        }
        let computing = tokio::spawn(async move {
            let before = Instant::now();
            black_box(work.work(1));
            before.elapsed()
        });
        let all = join_all(tickers).await;
        let worked = join(computing).await;
        meter.stop()?;
        meter.figure("work_ns", nanoseconds(worked));
        check_tickers(all, ticks, meter)
    }
}
