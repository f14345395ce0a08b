//! The sets of tasks that several workloads start.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::throughput::Traffic;
use crate::wait_group::WaitGroup;

/// Why a task's handle and what a task has locked can be relied on: its panic ends the process.
pub const NO_PANIC: &str = "a task does not panic";

pub async fn join<T>(handle: JoinHandle<T>) -> T {
    handle.await.expect(NO_PANIC)
}

pub async fn join_all<T>(handles: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    let mut results = vec![];
    for handle in handles {
        results.push(join(handle).await);
    }
    results
}

/// Runs f(0) to f(n - 1) as tasks and waits for all.
pub async fn for_each<T>(ended: &'static WaitGroup, tasks: usize, f: impl Fn(usize) -> T)
where
    T: Future<Output = ()> + Send + 'static,
{
    ended.add(tasks);
    for number in 0..tasks {
        let task = f(number);
        tokio::spawn(async move {
            task.await;
            ended.done();
        });
    }
    ended.wait().await;
}

/// Does the same, but timed from when all tasks are there and waiting for the start.
pub struct Together {
    arrived: WaitGroup,
    ended: WaitGroup,
}

impl Together {
    pub const fn new() -> Together {
        Together {
            arrived: WaitGroup::new(),
            ended: WaitGroup::new(),
        }
    }

    /// The time ends when the tasks have ended and `finish` has returned. Gives what the tasks
    /// returned and what `finish` did.
    pub async fn run<T, F>(
        &'static self,
        tasks: usize,
        meter: &mut Meter,
        mut f: impl FnMut(usize) -> T,
        finish: F,
    ) -> io::Result<(Vec<T::Output>, F::Output)>
    where
        T: Future<Output: Send> + Send + 'static,
        F: Future,
    {
        let (gate, start) = watch::channel(());
        self.arrived.add(tasks);
        self.ended.add(tasks);
        let start_task = |number| {
            let (task, mut start) = (f(number), start.clone());
            tokio::spawn(async move {
                self.arrived.done();
                // An error is what it waits for: the gate is gone.
                let _ = start.changed().await;
                let result = task.await;
                self.ended.done();
                result
            })
        };
        let handles: Vec<_> = (0..tasks).map(start_task).collect();
        self.arrived.wait().await;
        meter.start()?;
        drop(gate);
        self.ended.wait().await;
        let finished = finish.await;
        meter.stop()?;
        Ok((join_all(handles).await, finished))
    }
}

/// Finds tasks that did not do exactly their share. Also clears the counts for the next repetition.
pub fn check_shares<'a>(
    load: Traffic,
    counts: impl IntoIterator<Item = &'a AtomicU64>,
    what: &str,
) -> Result<u64> {
    for (task, count) in counts.into_iter().enumerate() {
        require_equal(count.swap(0, Ordering::Relaxed), load.share(task), what)?;
    }
    Ok(load.messages)
}

/// Counts at 0, one for each task.
pub fn zeros(tasks: usize) -> Vec<AtomicU64> {
    (0..tasks).map(|_| AtomicU64::new(0)).collect()
}
