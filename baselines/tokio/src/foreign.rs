//! spawn/foreign: threads that are not the pool's hand tasks to it, one at a time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::yield_now;

use crate::failure::{require_equal, Result};
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::outside::Outsiders;
use crate::request::usage;
use crate::spin::Spin;
use crate::tasks::NO_PANIC;
use crate::throughput::Traffic;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

const BUSY_WORK_NS: u64 = 10_000;
const BUSY_TASKS_PER_WORKER: usize = 2;

/// What one thread hands over and what became of it. Its tasks run one after the other, so that
/// the lock is never waited for.
pub struct HandedOver {
    tasks: u64,
    delays: Mutex<Latencies>,
    disordered: AtomicU64,
    done: AtomicU64,
}

impl HandedOver {
    pub fn new(tasks: u64) -> HandedOver {
        HandedOver {
            tasks,
            delays: Mutex::new(Latencies::with_room(tasks as usize)),
            disordered: AtomicU64::new(0),
            done: AtomicU64::new(0),
        }
    }

    /// In a task: the first thing that it does.
    pub fn arrived(&self, number: u64, handed_over_at: Instant) {
        let delay = handed_over_at.elapsed();
        self.delays.lock().expect(NO_PANIC).add(delay);
        if number != self.done.load(Ordering::Relaxed) + 1 {
            self.disordered.fetch_add(1, Ordering::Relaxed);
        }
        // Synchronizes with wait_for.
        self.done.store(number, Ordering::Release);
    }

    /// In the thread: until that task has run, which unparks it.
    fn wait_for(&self, number: u64) {
        while self.done.load(Ordering::Acquire) < number {
            thread::park();
        }
    }

    /// Returns the delays once the thread and its tasks have ended.
    pub fn check(&self) -> Result<Latencies> {
        let none = Latencies::with_room(0);
        let delays = std::mem::replace(&mut *self.delays.lock().expect(NO_PANIC), none);
        let disordered = self.disordered.load(Ordering::Relaxed);
        require_equal(disordered, 0, "tasks of a thread out of order")?;
        let ran = delays.count() as u64;
        require_equal(ran, self.tasks, "tasks of a thread that ran")?;
        Ok(delays)
    }
}

pub struct Foreign {
    load: Traffic,
    workers: usize,
    busy: bool,
    gap: Duration,
    work: Spin,
    threads_ended: &'static WaitGroup,
    busy_ended: &'static WaitGroup,
    stop: &'static AtomicBool,
}

impl Foreign {
    /// What one thread does.
    fn hand_over_all(&self, load: Arc<HandedOver>) -> impl FnOnce(&Handle) + Send + 'static {
        let (gap, threads_ended) = (self.gap, self.threads_ended);
        move |pool| {
            for number in 1..=load.tasks {
                if !gap.is_zero() {
                    thread::sleep(gap);
                }
                let (task_load, giver) = (Arc::clone(&load), thread::current());
                let now = Instant::now();
                pool.spawn(async move {
                    task_load.arrived(number, now);
                    giver.unpark();
                    if number == task_load.tasks {
                        threads_ended.done();
                    }
                });
                load.wait_for(number);
            }
        }
    }

    fn keep_busy(&self) {
        let (work, stop, ended) = (self.work, self.stop, self.busy_ended);
        let tasks = self.workers * BUSY_TASKS_PER_WORKER;
        stop.store(false, Ordering::Relaxed);
        ended.add(tasks);
        for _ in 0..tasks {
            tokio::spawn(async move {
                let mut value = 0;
                while !stop.load(Ordering::Relaxed) {
                    value = work.work(value);
                    yield_now().await;
                }
                ended.done();
            });
        }
    }

    async fn let_idle(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.busy_ended.wait().await;
    }
}

impl Body for Foreign {
    async fn prepare(cell: &Cell) -> Result<Foreign> {
        let busy = match cell.text("pool")? {
            "idle" => false,
            "busy" => true,
            other => return usage(format!("pool is idle or busy, not '{other}'")),
        };
        let threads = cell.number("threads", 1)? as usize;
        if cell.operations < threads as u64 {
            return usage("the operations of spawn/foreign are at least its threads".to_string());
        }
        Ok(Foreign {
            load: Traffic {
                messages: cell.operations,
                producers: threads,
            },
            workers: cell.workers,
            busy,
            gap: Duration::from_micros(cell.number("gap_us", 0)?),
            work: Spin::new(BUSY_WORK_NS),
            threads_ended: lend(WaitGroup::new()),
            busy_ended: lend(WaitGroup::new()),
            stop: lend(AtomicBool::new(false)),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let threads = 0..self.load.producers;
        let loads: Vec<_> = threads
            .map(|thread| Arc::new(HandedOver::new(self.load.share(thread))))
            .collect();
        let acts = loads
            .iter()
            .map(|load| self.hand_over_all(Arc::clone(load)));
        let outside = Outsiders::gather(acts).await?;
        if self.busy {
            self.keep_busy();
        }
        self.threads_ended.add(loads.len());
        meter.start()?;
        outside.begin();
        self.threads_ended.wait().await;
        meter.stop()?;
        self.let_idle().await;
        outside.join();
        let mut delays = Latencies::with_room(0);
        for load in loads {
            delays.append(&mut load.check()?);
        }
        delays.report(meter, "")?;
        Ok(self.load.messages)
    }
}
