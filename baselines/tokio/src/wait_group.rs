//! A wait group: a count, and a notice to the task that waits. It is what tokio-util's TaskTracker
//! is made of.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

pub struct WaitGroup {
    pending: AtomicUsize,
    all_done: Notify,
}

impl WaitGroup {
    pub const fn new() -> WaitGroup {
        WaitGroup {
            pending: AtomicUsize::new(0),
            all_done: Notify::const_new(),
        }
    }

    /// To be called before the tasks that it counts are started.
    pub fn add(&self, tasks: usize) {
        self.pending.fetch_add(tasks, Ordering::Relaxed);
    }

    /// What came before it has happened for the task whose wait returns.
    pub fn done(&self) {
        if self.pending.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.all_done.notify_one();
        }
    }

    /// For one task at a time. The notice of an earlier round may come late: the count decides.
    pub async fn wait(&self) {
        while self.pending.load(Ordering::Acquire) != 0 {
            self.all_done.notified().await;
        }
    }
}
