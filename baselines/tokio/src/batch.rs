//! spawn/batch: start many empty tasks and wait for all of them.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::request::usage;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

/// A task leaves a mark of its own, which shows that it ran once and shares no counter with others.
pub type Mark = AtomicU32;

pub fn marks(tasks: usize) -> &'static [Mark] {
    let marks: Vec<Mark> = (0..tasks).map(|_| Mark::new(0)).collect();
    lend(marks)
}

const WORDS: usize = 64 / size_of::<u32>();

pub fn leave(mark: &Mark, by: u32) {
    mark.store(mark.load(Ordering::Relaxed) + by, Ordering::Relaxed);
}

#[inline(never)]
pub fn touch_stack<const BYTES: usize>() {
    let mut frame = [1u8; BYTES];
    black_box(&mut frame);
}

/// Starts one task of a batch.
type Starter = fn(&'static Mark, &'static WaitGroup);

fn start_plain<const TOUCHES: bool>(mark: &'static Mark, ended: &'static WaitGroup) {
    tokio::spawn(async move {
        if TOUCHES {
            touch_stack::<1024>();
        }
        leave(mark, 1);
        ended.done();
    });
}

fn start_capturing<const TOUCHES: bool>(mark: &'static Mark, ended: &'static WaitGroup) {
    let captured = black_box([1u32; WORDS]);
    tokio::spawn(async move {
        if TOUCHES {
            touch_stack::<1024>();
        }
        leave(mark, captured[WORDS - 1]);
        ended.done();
    });
}

fn choose(captured_bytes: u64, touched_bytes: u64) -> Result<Starter> {
    match (captured_bytes, touched_bytes) {
        (0, 0) => Ok(start_plain::<false>),
        (0, 1024) => Ok(start_plain::<true>),
        (64, 0) => Ok(start_capturing::<false>),
        (64, 1024) => Ok(start_capturing::<true>),
        _ => usage("captured_bytes is 0 or 64, stack_touched_bytes is 0 or 1024".to_string()),
    }
}

pub struct Batch {
    marks: &'static [Mark],
    ended: &'static WaitGroup,
    start: Starter,
    batches: u64,
    cold_task_ns: f64,
}

impl Batch {
    async fn one_batch(&self) {
        self.ended.add(self.marks.len());
        for mark in self.marks {
            (self.start)(mark, self.ended);
        }
        self.ended.wait().await;
    }
}

impl Body for Batch {
    async fn prepare(cell: &Cell) -> Result<Batch> {
        let tasks = cell.number("tasks", 1)?;
        let mut batch = Batch {
            marks: marks(tasks as usize),
            ended: lend(WaitGroup::new()),
            start: choose(
                cell.number("captured_bytes", 0)?,
                cell.number("stack_touched_bytes", 0)?,
            )?,
            batches: cell.operations,
            cold_task_ns: 0.0,
        };
        let began = Instant::now();
        batch.one_batch().await;
        batch.cold_task_ns = nanoseconds(began.elapsed()) / tasks as f64;
        check_marks(batch.marks, 1)?;
        Ok(batch)
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.start()?;
        for _ in 0..self.batches {
            self.one_batch().await;
        }
        meter.stop()?;
        let tasks = self.marks.len() as u64 * self.batches;
        meter.figure("task_ns", nanoseconds(meter.elapsed) / tasks as f64);
        meter.figure("cold_task_ns", self.cold_task_ns);
        check_marks(self.marks, self.batches)?;
        Ok(tasks)
    }
}

/// Also clears the marks for the next repetition.
pub fn check_marks(marks: &[Mark], batches: u64) -> Result<()> {
    marks.iter().try_for_each(|mark| {
        require_equal(
            mark.swap(0, Ordering::Relaxed).into(),
            batches,
            "runs of one task",
        )
    })
}
