//! pool/sojourn: jobs arrive when they will, and each is a task.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use crate::failure::{require_equal, Failure, Result};
use crate::jobs::parallel_workers;
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::mix::exponential;
use crate::spin::Spin;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

const JOB_NS: u64 = 100_000;

/// When jobs arrive after the begin: a Poisson process, the same in every contender and repetition.
pub fn arrivals(jobs: usize, mean_gap_ns: f64) -> Vec<Duration> {
    let mut at_ns = 0.0;
    let gaps = (0..jobs as u64).map(|job| exponential(job, mean_gap_ns));
    gaps.map(|gap_ns| {
        at_ns += gap_ns;
        Duration::from_nanos(at_ns.round() as u64)
    })
    .collect()
}

/// Returns how late it is, once it is due.
pub async fn wait_until(due: Instant) -> Duration {
    loop {
        if let Some(late) = Instant::now().checked_duration_since(due) {
            return late;
        }
        sleep_until(due.into()).await;
    }
}

/// How long one job was in the pool, and how often it was done.
#[derive(Default)]
pub struct Outcome {
    runs: AtomicU64,
    sojourn_ns: AtomicU64,
}

impl Outcome {
    /// A job that is done before it is due leaves 0.
    pub fn note(&self, due: Instant) {
        let sojourn = Instant::now().saturating_duration_since(due);
        let sojourn_ns = sojourn.as_nanos() as u64;
        self.sojourn_ns.store(sojourn_ns, Ordering::Relaxed);
        self.runs.fetch_add(1, Ordering::Relaxed);
    }
}

pub struct Sojourn {
    due_after: Vec<Duration>,
    work: Spin,
    outcomes: &'static [Outcome],
    ended: &'static WaitGroup,
}

impl Sojourn {
    /// The generator: it starts a task for each job when that is due. Returns how late it was.
    async fn serve_arrivals(&self) -> Latencies {
        let (work, ended) = (self.work, self.ended);
        let mut late = Latencies::with_room(self.due_after.len());
        ended.add(self.due_after.len());
        let begin = Instant::now();
        for (job, (&after, outcome)) in self.due_after.iter().zip(self.outcomes).enumerate() {
            let due = begin + after;
            late.add(wait_until(due).await);
            tokio::spawn(async move {
                black_box(work.work(job as u64));
                outcome.note(due);
                ended.done();
            });
        }
        ended.wait().await;
        late
    }
}

impl Body for Sojourn {
    async fn prepare(cell: &Cell) -> Result<Sojourn> {
        let load = cell.number("load_percent", 1)? as f64 / 100.0;
        let mean_gap_ns = JOB_NS as f64 / parallel_workers(cell.workers) / load;
        let jobs = cell.operations as usize;
        let outcomes: Vec<Outcome> = (0..jobs).map(|_| Outcome::default()).collect();
        Ok(Sojourn {
            due_after: arrivals(jobs, mean_gap_ns),
            work: Spin::new(JOB_NS),
            outcomes: lend(outcomes),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.start()?;
        let late = self.serve_arrivals().await;
        meter.stop()?;
        check_sojourns(self.outcomes, late, meter)
    }
}

/// Also clears the outcomes for the next repetition.
pub fn check_sojourns(outcomes: &[Outcome], late: Latencies, meter: &mut Meter) -> Result<u64> {
    let jobs = outcomes.len() as u64;
    let mut sojourns = Latencies::with_room(outcomes.len());
    for each in outcomes {
        let runs = each.runs.swap(0, Ordering::Relaxed);
        require_equal(runs, 1, "runs of a job")?;
        let sojourn_ns = each.sojourn_ns.swap(0, Ordering::Relaxed);
        if sojourn_ns == 0 {
            let words = "a job was done before it arrived".to_string();
            return Err(Failure::Wrong(words));
        }
        sojourns.add(Duration::from_nanos(sojourn_ns));
    }
    require_equal(late.count() as u64, jobs, "jobs that were released")?;
    sojourns.report(meter, "")?;
    late.report(meter, "release_late_")?;
    Ok(jobs)
}
