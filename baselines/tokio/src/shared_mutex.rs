//! pool/shared_mutex: many tasks take one lock, some to write and most to read.

use std::future::ready;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::RwLock;

use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::mix::mix;
use crate::request::usage;
use crate::spin::Spin;
use crate::tasks::Together;
use crate::throughput::Traffic;
use crate::workload::{lend, Body, Cell};

/// Two equal counts. A writer moves them on where its section begins and where it ends, so that a
/// reader beside it sees them differ, and a writer beside it loses a write. What excludes is the
/// lock alone: the accesses are relaxed.
#[derive(Default)]
pub struct GuardedPair {
    first: AtomicU64,
    second: AtomicU64,
}

impl GuardedPair {
    pub fn write(&self, work: Spin) {
        let seen = self.second.load(Ordering::Relaxed);
        self.first.store(seen + 1, Ordering::Relaxed);
        black_box(work.work(seen));
        self.second.store(seen + 1, Ordering::Relaxed);
    }

    /// Whether the counts are equal.
    pub fn read(&self, work: Spin) -> bool {
        let seen = self.first.load(Ordering::Relaxed);
        black_box(work.work(seen));
        self.second.load(Ordering::Relaxed) == seen
    }

    /// Returns how many writes were counted, and clears the counts for the next repetition.
    pub fn take(&self) -> u64 {
        self.first.store(0, Ordering::Relaxed);
        self.second.swap(0, Ordering::Relaxed)
    }
}

/// Which of its sections a task enters to read.
#[derive(Clone, Copy)]
pub struct SharedSections {
    pub load: Traffic,
    pub read_percent: u64,
}

/// How many reads beside a writer a task saw, and how often it wrote.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    pub torn: u64,
    pub writes: u64,
}

impl SharedSections {
    fn reads(&self, task: usize, section: u64) -> bool {
        mix(mix(task as u64).wrapping_add(section)) % 100 < self.read_percent
    }

    /// How many sections of all tasks write.
    pub fn writes(&self) -> u64 {
        let writes_of = |task| {
            let sections = 0..self.load.share(task);
            sections.filter(|&each| !self.reads(task, each)).count() as u64
        };
        (0..self.load.producers).map(writes_of).sum()
    }

    pub fn check(&self, seen: &[Seen], counted: u64) -> Result<u64> {
        let writes = self.writes();
        let torn = seen.iter().map(|each| each.torn).sum();
        let written = seen.iter().map(|each| each.writes).sum();
        require_equal(torn, 0, "reads beside a writer")?;
        require_equal(written, writes, "writes that the tasks made")?;
        require_equal(counted, writes, "writes counted under the mutex")?;
        Ok(writes)
    }

    async fn enter_all(self, task: usize, work: Spin, pair: &RwLock<GuardedPair>) -> Seen {
        let mut own = Seen::default();
        for section in 0..self.load.share(task) {
            if self.reads(task, section) {
                own.torn += u64::from(!pair.read().await.read(work));
            } else {
                pair.write().await.write(work);
                own.writes += 1;
            }
        }
        own
    }
}

pub struct SharedMutex {
    sections: SharedSections,
    work: Spin,
    pair: &'static RwLock<GuardedPair>,
    tasks: &'static Together,
}

impl Body for SharedMutex {
    async fn prepare(cell: &Cell) -> Result<SharedMutex> {
        let read_percent = cell.number("read_percent", 0)?;
        if read_percent > 100 {
            return usage("read_percent is at most 100".to_string());
        }
        Ok(SharedMutex {
            sections: SharedSections {
                load: Traffic {
                    messages: cell.operations,
                    producers: cell.number("tasks", 1)? as usize,
                },
                read_percent,
            },
            work: Spin::new(cell.number("section_ns", 0)?),
            pair: lend(RwLock::default()),
            tasks: lend(Together::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let (sections, work, pair) = (self.sections, self.work, self.pair);
        let task = |number| sections.enter_all(number, work, pair);
        let tasks = sections.load.producers;
        let (seen, ()) = self.tasks.run(tasks, meter, task, ready(())).await?;
        sections.check(&seen, pair.write().await.take())
    }
}
