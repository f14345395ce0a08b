//! pool/mutex: many tasks take one mutex for a short section.

use std::future::ready;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::spin::Spin;
use crate::tasks::Together;
use crate::throughput::Traffic;
use crate::workload::{lend, Body, Cell};

/// A count that is read where a section begins and written where it ends, so that sections which
/// overlap lose some of it. What excludes is the mutex alone: the accesses are relaxed.
#[derive(Default)]
pub struct GuardedCount(AtomicU64);

impl GuardedCount {
    pub fn add_one(&self, work: Spin) {
        let seen = self.0.load(Ordering::Relaxed);
        black_box(work.work(seen));
        self.0.store(seen + 1, Ordering::Relaxed);
    }

    /// Also clears the count for the next repetition.
    pub fn check(&self, sections: u64) -> Result<u64> {
        let counted = self.0.swap(0, Ordering::Relaxed);
        require_equal(counted, sections, "sections counted under the mutex")?;
        Ok(sections)
    }
}

pub struct Sections {
    load: Traffic,
    work: Spin,
    guarded: &'static Mutex<GuardedCount>,
    tasks: &'static Together,
}

impl Body for Sections {
    async fn prepare(cell: &Cell) -> Result<Sections> {
        Ok(Sections {
            load: Traffic {
                messages: cell.operations,
                producers: cell.number("tasks", 1)? as usize,
            },
            work: Spin::new(cell.number("section_ns", 0)?),
            guarded: lend(Mutex::default()),
            tasks: lend(Together::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let (load, work, guarded) = (self.load, self.work, self.guarded);
        let task = |number| async move {
            for _ in 0..load.share(number) {
                guarded.lock().await.add_one(work);
            }
        };
        let tasks = load.producers;
        self.tasks.run(tasks, meter, task, ready(())).await?;
        guarded.lock().await.check(load.messages)
    }
}
