//! sharing/false_sharing: each task increments a counter of its own, which neighbours others'
//! closely or not.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::request::usage;
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
fn increment(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

pub struct FalseSharing {
    counters: Vec<&'static AtomicU64>,
    load: Traffic,
    ended: &'static WaitGroup,
}

impl Body for FalseSharing {
    async fn prepare(cell: &Cell) -> Result<FalseSharing> {
        let stride = cell.number("stride", WORD_BYTES as u64)? as usize;
        if stride % WORD_BYTES != 0 {
            return usage(format!("stride is a multiple of {WORD_BYTES} bytes"));
        }
        Ok(FalseSharing {
            counters: strided_counters(cell.workers, stride),
            load: Traffic {
                messages: cell.operations,
                producers: cell.workers,
            },
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let ended = self.ended;
        meter.start()?;
        ended.add(self.counters.len());
        for (task, &counter) in self.counters.iter().enumerate() {
            let times = self.load.share(task);
            tokio::spawn(async move {
                increment(counter, times);
                ended.done();
            });
        }
        ended.wait().await;
        meter.stop()?;
        check_counters(&self.counters, self.load)
    }
}

/// Also clears the counters for the next repetition.
pub fn check_counters(counters: &[&AtomicU64], load: Traffic) -> Result<u64> {
    for (task, counter) in counters.iter().enumerate() {
        let got = counter.swap(0, Ordering::Relaxed);
        require_equal(got, load.share(task), "a task's counter")?;
    }
    Ok(load.messages)
}
