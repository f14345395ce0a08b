//! spawn/skynet: a tree of tasks in which each node sums what its ten children send it.

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::request::usage;
use crate::workload::{Body, Cell};

const CHILDREN: u64 = 10;

pub struct Skynet {
    leaves: u64,
    capacity: usize,
    trees: u64,
}

/// Starts a node: a function and no future, because a future cannot contain itself.
fn start_node<C: Channels>(parent: C::Sender, first: u64, leaves: u64, capacity: usize) {
    tokio::spawn(async move {
        if leaves == 1 {
            return parent.put(first).await;
        }
        let (sender, mut receiver) = C::make(capacity);
        let share = leaves / CHILDREN;
        for child in 0..CHILDREN {
            start_node::<C>(sender.clone(), first + child * share, share, capacity);
        }
        let mut sum = 0;
        for _ in 0..CHILDREN {
            sum += receiver.next().await.unwrap_or(0);
        }
        parent.put(sum).await;
    });
}

impl Skynet {
    async fn grow<C: Channels>(&self, meter: &mut Meter) -> Result<u64> {
        let mut sum_of_all = 0;
        meter.start()?;
        for _ in 0..self.trees {
            let (sender, mut receiver) = C::make(self.capacity);
            start_node::<C>(sender, 0, self.leaves, self.capacity);
            let sum = receiver.next().await.unwrap_or(0);
            require_equal(
                sum,
                self.leaves * (self.leaves - 1) / 2,
                "sum of the leaves",
            )?;
            sum_of_all += sum;
        }
        meter.stop()?;
        meter.found("capacity", C::make(self.capacity).0.slots().to_string());
        meter.found("channel", C::NAME.to_string());
        Ok(sum_of_all)
    }
}

impl Body for Skynet {
    async fn prepare(cell: &Cell) -> Result<Skynet> {
        let leaves = cell.number("leaves", 1)?;
        if CHILDREN.pow(leaves.ilog10()) != leaves {
            return usage(format!(
                "the leaves of spawn/skynet are a power of ten, not {leaves}"
            ));
        }
        Ok(Skynet {
            leaves,
            capacity: cell.number("capacity", 0)? as usize,
            trees: cell.operations,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        if tokio_can(self.capacity, 1) {
            self.grow::<Mpsc>(meter).await
        } else {
            self.grow::<Flume>(meter).await
        }
    }
}
