//! fanout/request: a request issues sub-requests, waits for their answers and cancels the rest.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::failure::{Failure, Result};
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::mix::exponential;
use crate::request::usage;
use crate::workload::{lend, Body, Cell};

pub const REQUEST_TIMEOUT: Duration = Duration::from_millis(10);
const DELAY_MEAN: Duration = Duration::from_millis(1);
/// One bit for each sub-request.
const FAN_MAX: u64 = 64;

/// How a sub-request ended.
pub const ANSWERED: u8 = 1;
pub const CANCELLED: u8 = 2;

#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    All,
    First,
    Timeout,
}

/// What one request saw, by the number of the sub-request, and how long it waited.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    pub seen: u64,
    pub twice: bool,
    pub took: Duration,
}

impl Outcome {
    pub fn take(&mut self, sub: usize) {
        let bit = 1 << sub;
        self.twice |= self.seen & bit != 0;
        self.seen |= bit;
    }
}

/// What is asked for, with a delay for each sub-request of each request, and what came of it.
pub struct Plan {
    pub fan: usize,
    pub mode: Mode,
    pub delays: Vec<Duration>,
    pub ends: &'static [AtomicU8],
    pub outcomes: Vec<Outcome>,
}

fn draw_delays(backend: &str, count: usize) -> Result<Vec<Duration>> {
    let mean_ns = DELAY_MEAN.as_nanos() as f64;
    let draw = |number| Duration::from_nanos(exponential(number, mean_ns) as u64);
    match backend {
        "none" => Ok(vec![Duration::ZERO; count]),
        "fixed_1ms" => Ok(vec![DELAY_MEAN; count]),
        "exp_1ms" => Ok((0..count as u64).map(draw).collect()),
        other => usage(format!(
            "backend is none, fixed_1ms or exp_1ms, not '{other}'"
        )),
    }
}

/// Sees a number of answers.
async fn collect(subs: &mut JoinSet<usize>, wanted: usize, outcome: &mut Outcome) {
    for _ in 0..wanted {
        if let Some(Ok(sub)) = subs.join_next().await {
            outcome.take(sub);
        }
    }
}

fn wrong<T>(words: &str) -> Result<T> {
    Err(Failure::Wrong(words.to_string()))
}

impl Plan {
    /// How many answers end the wait.
    fn wanted(&self) -> usize {
        if self.mode == Mode::First {
            1
        } else {
            self.fan
        }
    }

    fn start_sub(&self, subs: &mut JoinSet<usize>, request: usize, sub: usize) -> AbortHandle {
        let place = request * self.fan + sub;
        let (delay, end) = (self.delays[place], &self.ends[place]);
        subs.spawn(async move {
            if !delay.is_zero() {
                sleep(delay).await;
            }
            end.fetch_or(ANSWERED, Ordering::Relaxed);
            sub
        })
    }

    /// Does one request; every sub-request has ended when it returns.
    async fn issue(&mut self, request: usize) {
        let began = Instant::now();
        let mut subs = JoinSet::new();
        let handles: Vec<_> = (0..self.fan)
            .map(|sub| self.start_sub(&mut subs, request, sub))
            .collect();
        let wanted = self.wanted();
        let outcome = &mut self.outcomes[request];
        let collecting = collect(&mut subs, wanted, outcome);
        if self.mode == Mode::Timeout {
            // How it ended is in what was seen.
            let _ = timeout(REQUEST_TIMEOUT, collecting).await;
        } else {
            collecting.await;
        }
        outcome.took = began.elapsed();
        subs.abort_all();
        while let Some(ended) = subs.join_next().await {
            let Err(cancelled) = ended else { continue };
            let sub = handles.iter().position(|each| each.id() == cancelled.id());
            let sub = sub.expect("it is one of this request's");
            self.ends[request * self.fan + sub].fetch_or(CANCELLED, Ordering::Relaxed);
        }
    }

    fn ideal(&self, request: usize) -> Duration {
        let delays = &self.delays[request * self.fan..][..self.fan];
        let least = delays.iter().min().copied().unwrap_or_default();
        let most = delays.iter().max().copied().unwrap_or_default();
        match self.mode {
            Mode::All => most,
            Mode::First => least,
            Mode::Timeout => most.min(REQUEST_TIMEOUT),
        }
    }

    /// Returns how many sub-requests of a request were cancelled.
    fn check_ends(&self, request: usize) -> Result<u64> {
        let mut cancelled = 0;
        let ends = &self.ends[request * self.fan..][..self.fan];
        for (sub, end) in ends.iter().enumerate() {
            let seen = self.outcomes[request].seen >> sub & 1 != 0;
            match end.load(Ordering::Relaxed) {
                ANSWERED => (),
                CANCELLED if seen => return wrong("a cancelled sub-request's answer was seen"),
                CANCELLED => cancelled += 1,
                0 => return wrong("a sub-request did not end"),
                _ => return wrong("a sub-request both answered and was cancelled"),
            }
        }
        Ok(cancelled)
    }

    fn check_answers(&self, request: usize) -> Result<()> {
        let Outcome { seen, twice, took } = self.outcomes[request];
        let (got, wanted) = (seen.count_ones() as usize, self.wanted());
        let timed_out = self.mode == Mode::Timeout && took >= REQUEST_TIMEOUT;
        if twice {
            return wrong("an answer was seen twice");
        }
        if got > wanted || got < wanted && !timed_out {
            return wrong(&format!("a request ended with {got} answers"));
        }
        if took < self.ideal(request) {
            return wrong("a request ended before its backends can have answered");
        }
        Ok(())
    }

    /// Returns how many sub-requests there were.
    pub fn check(&self, meter: &mut Meter) -> Result<u64> {
        let mut cancelled = 0;
        let mut overheads = Latencies::with_room(self.outcomes.len());
        for (request, outcome) in self.outcomes.iter().enumerate() {
            cancelled += self.check_ends(request)?;
            self.check_answers(request)?;
            overheads.add(outcome.took - self.ideal(request));
        }
        overheads.report(meter, "overhead_")?;
        let subs = self.ends.len() as u64;
        meter.figure("cancelled", 100.0 * cancelled as f64 / subs as f64);
        Ok(subs)
    }

    fn forget(&mut self) {
        self.outcomes.fill(Outcome::default());
        for end in self.ends {
            end.store(0, Ordering::Relaxed);
        }
    }
}

impl Body for Plan {
    async fn prepare(cell: &Cell) -> Result<Plan> {
        let fan = cell.number("fan", 1)?;
        if fan > FAN_MAX {
            return usage(format!("fan is at most {FAN_MAX}"));
        }
        let (fan, requests) = (fan as usize, cell.operations as usize);
        let ends: Vec<_> = (0..requests * fan).map(|_| AtomicU8::new(0)).collect();
        Ok(Plan {
            fan,
            mode: match cell.text("mode")? {
                "all" => Mode::All,
                "first" => Mode::First,
                "timeout" => Mode::Timeout,
                other => return usage(format!("mode is all, first or timeout, not '{other}'")),
            },
            delays: draw_delays(cell.text("backend")?, ends.len())?,
            ends: lend(ends),
            outcomes: vec![Outcome::default(); requests],
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        self.forget();
        meter.start()?;
        for request in 0..self.outcomes.len() {
            self.issue(request).await;
        }
        meter.stop()?;
        self.check(meter)
    }
}
