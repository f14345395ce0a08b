//! Threads that are none of the pool's.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};

use tokio::runtime::Handle;

use crate::tasks::NO_PANIC;
use crate::wait_group::WaitGroup;

/// What the threads wait for before they act.
struct Begin {
    arrived: WaitGroup,
    begun: Mutex<bool>,
    changed: Condvar,
}

impl Begin {
    fn wait(&self) {
        self.arrived.done();
        let begun = self.begun.lock().expect(NO_PANIC);
        let _begun = self
            .changed
            .wait_while(begun, |begun| !*begun)
            .expect(NO_PANIC);
    }
}

pub struct Outsiders {
    begin: Arc<Begin>,
    threads: Vec<JoinHandle<()>>,
}

impl Outsiders {
    /// Gives each thread what it does with the pool, and returns once all of them wait for the
    /// begin.
    pub async fn gather<A>(acts: impl ExactSizeIterator<Item = A>) -> io::Result<Outsiders>
    where
        A: FnOnce(&Handle) + Send + 'static,
    {
        let begin = Arc::new(Begin {
            arrived: WaitGroup::new(),
            begun: Mutex::new(false),
            changed: Condvar::new(),
        });
        begin.arrived.add(acts.len());
        let start = |act: A| {
            let (begin, pool) = (Arc::clone(&begin), Handle::current());
            Builder::new().spawn(move || {
                begin.wait();
                act(&pool);
            })
        };
        let threads = acts.map(start).collect::<io::Result<Vec<_>>>()?;
        begin.arrived.wait().await;
        Ok(Outsiders { begin, threads })
    }

    pub fn begin(&self) {
        *self.begin.begun.lock().expect(NO_PANIC) = true;
        self.begin.changed.notify_all();
    }

    /// To be called when nothing but their end is left for the threads to do, since it blocks.
    pub fn join(self) {
        for thread in self.threads {
            thread.join().expect(NO_PANIC);
        }
    }
}
