//! sharing/migration: many tasks with counters of their own, which let others run again and again.

use std::sync::atomic::AtomicU64;

use tokio::task::yield_now;

use crate::failure::Result;
use crate::false_sharing::{increment, OwnCounters};
use crate::meter::Meter;
use crate::workload::{Body, Cell};

const TASKS_PER_WORKER: usize = 16;
const INCREMENTS_BETWEEN: u64 = 64;

async fn increment_and_yield(counter: &'static AtomicU64, mut times: u64) {
    while times > 0 {
        let now = times.min(INCREMENTS_BETWEEN);
        increment(counter, now);
        times -= now;
        yield_now().await;
    }
}

pub struct Migration(OwnCounters);

impl Body for Migration {
    async fn prepare(cell: &Cell) -> Result<Migration> {
        let tasks = cell.workers * TASKS_PER_WORKER;
        Ok(Migration(OwnCounters::new(cell, tasks)?))
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        self.0.count(meter, increment_and_yield).await
    }
}
