//! sharing/true_sharing: tasks add to one number, in one of four ways.

use std::future::{ready, Future};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::channel::{Channels, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::false_sharing::increment;
use crate::meter::Meter;
use crate::request::usage;
use crate::tasks::{join, Together};
use crate::throughput::Traffic;
use crate::workload::{lend, Body, Cell};

const ADDITIONS_CAPACITY: usize = 128;

enum Way {
    Mutex,
    Atomic,
    Channel,
    Merge,
}

pub struct TrueSharing {
    way: Way,
    load: Traffic,
    tasks: &'static Together,
    count: &'static AtomicU64,
    guarded: &'static Mutex<u64>,
}

pub async fn sum_of(mut additions: impl Receiver) -> u64 {
    let mut sum = 0;
    while let Some(addition) = additions.next().await {
        sum += addition;
    }
    sum
}

impl TrueSharing {
    async fn run<T>(&self, meter: &mut Meter, count: impl Fn(usize) -> T) -> Result<()>
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let nothing = ready(());
        let tasks = self.load.producers;
        self.tasks.run(tasks, meter, count, nothing).await?;
        Ok(())
    }

    async fn count_by_mutex(&self, meter: &mut Meter) -> Result<u64> {
        let (load, guarded) = (self.load, self.guarded);
        let count = |task| async move {
            for _ in 0..load.share(task) {
                *guarded.lock().await += 1;
            }
        };
        self.run(meter, count).await?;
        Ok(std::mem::take(&mut *guarded.lock().await))
    }

    async fn count_by_atomic(&self, meter: &mut Meter) -> Result<u64> {
        let (load, number) = (self.load, self.count);
        let count = |task| async move {
            for _ in 0..load.share(task) {
                number.fetch_add(1, Ordering::Relaxed);
            }
        };
        self.run(meter, count).await?;
        Ok(number.swap(0, Ordering::Relaxed))
    }

    /// Each task counts alone and adds once, at its end.
    async fn count_by_merging(&self, meter: &mut Meter) -> Result<u64> {
        let (load, number) = (self.load, self.count);
        let count = |task| async move {
            let own = AtomicU64::new(0);
            // What nobody else can see need not be in memory, and the loop would be one addition.
            increment(black_box(&own), load.share(task));
            number.fetch_add(own.into_inner(), Ordering::Relaxed);
        };
        self.run(meter, count).await?;
        Ok(number.swap(0, Ordering::Relaxed))
    }

    /// One task has the number; the others send it what to add.
    async fn count_by_channel(&self, meter: &mut Meter) -> Result<u64> {
        let load = self.load;
        let (additions, taker) = Mpsc::make(ADDITIONS_CAPACITY);
        let adder = tokio::spawn(sum_of(taker));
        let mut senders = vec![additions; load.producers].into_iter();
        let count = |task| {
            let additions = senders.next().expect("there is one for each task");
            async move {
                for _ in 0..load.share(task) {
                    additions.put(1).await;
                }
            }
        };
        let (_, sum) = self
            .tasks
            .run(load.producers, meter, count, join(adder))
            .await?;
        Ok(sum)
    }
}

impl Body for TrueSharing {
    async fn prepare(cell: &Cell) -> Result<TrueSharing> {
        let way = match cell.text("way")? {
            "mutex" => Way::Mutex,
            "atomic" => Way::Atomic,
            "channel" => Way::Channel,
            "merge" => Way::Merge,
            other => {
                return usage(format!(
                    "way is mutex, atomic, channel or merge, not '{other}'"
                ))
            }
        };
        Ok(TrueSharing {
            way,
            load: Traffic {
                messages: cell.operations,
                producers: cell.number("tasks", 1)? as usize,
            },
            tasks: lend(Together::new()),
            count: lend(AtomicU64::new(0)),
            guarded: lend(Mutex::new(0)),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let counted = match self.way {
            Way::Mutex => self.count_by_mutex(meter).await,
            Way::Atomic => self.count_by_atomic(meter).await,
            Way::Channel => self.count_by_channel(meter).await,
            Way::Merge => self.count_by_merging(meter).await,
        };
        check_increments(counted?, self.load)
    }
}

pub fn check_increments(counted: u64, load: Traffic) -> Result<u64> {
    require_equal(counted, load.messages, "increments that were counted")?;
    Ok(counted)
}
