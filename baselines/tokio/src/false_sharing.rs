//! sharing/false_sharing: each task increments a counter of its own, which neighbours others'
//! closely or not.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Result;
use crate::meter::Meter;
use crate::request::usage;
use crate::tasks::{check_shares, for_each};
use crate::throughput::Traffic;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

const WORDS: usize = 16;
const WORD_BYTES: usize = size_of::<u64>();

/// The larger of a cache line and of what the adjacent-line prefetcher takes at once.
#[repr(align(128))]
struct Line([AtomicU64; WORDS]);

/// Counters at a stride in one block that starts on the boundary.
pub fn strided_counters(counters: usize, stride: usize) -> Vec<&'static AtomicU64> {
    let lines = (counters * stride).div_ceil(size_of::<Line>());
    let block: Vec<Line> = (0..lines)
        .map(|_| Line([const { AtomicU64::new(0) }; WORDS]))
        .collect();
    let block = lend(block);
    let word = |counter| counter * stride / WORD_BYTES;
    (0..counters)
        .map(|counter| &block[word(counter) / WORDS].0[word(counter) % WORDS])
        .collect()
}

/// Increments in memory each time: relaxed accesses of an atomic are a plain load and store, and
/// the compiler does not merge them.
pub fn increment(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// Tasks that each have a counter and a share of the increments.
pub struct OwnCounters {
    counters: Vec<&'static AtomicU64>,
    load: Traffic,
    ended: &'static WaitGroup,
}

impl OwnCounters {
    pub fn new(cell: &Cell, tasks: usize) -> Result<OwnCounters> {
        let stride = cell.number("stride", WORD_BYTES as u64)? as usize;
        if stride % WORD_BYTES != 0 {
            return usage(format!("stride is a multiple of {WORD_BYTES} bytes"));
        }
        Ok(OwnCounters {
            counters: strided_counters(tasks, stride),
            load: Traffic {
                messages: cell.operations,
                producers: tasks,
            },
            ended: lend(WaitGroup::new()),
        })
    }

    /// `count` is what a task does with its counter and its share.
    pub async fn count<T>(
        &self,
        meter: &mut Meter,
        count: impl Fn(&'static AtomicU64, u64) -> T,
    ) -> Result<u64>
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let task = |number: usize| count(self.counters[number], self.load.share(number));
        meter.start()?;
        for_each(self.ended, self.counters.len(), task).await;
        meter.stop()?;
        check_shares(self.load, self.counters.iter().copied(), "a task's counter")
    }
}

pub struct FalseSharing(OwnCounters);

impl Body for FalseSharing {
    async fn prepare(cell: &Cell) -> Result<FalseSharing> {
        Ok(FalseSharing(OwnCounters::new(cell, cell.workers)?))
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let counting = |counter, times| async move { increment(counter, times) };
        self.0.count(meter, counting).await
    }
}
