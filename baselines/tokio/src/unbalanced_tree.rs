//! pool/unbalanced_tree: a tree that is found only while it is walked, by fork and join.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;

use tokio::task::JoinHandle;

use crate::failure::{require_equal, Result};
use crate::jobs::report_work;
use crate::meter::{nanoseconds, Meter};
use crate::mix::mix;
use crate::spin::Spin;
use crate::tasks::join;
use crate::workload::{Body, Cell};

/// The tree of suites/pool/unbalanced_tree.hpp: a node is its state, from which those of its
/// children follow.
const CHILDREN_OF_INNER: u64 = 8;
/// Of 2^32: a share of 0.124875.
const INNER_THRESHOLD: u64 = 536_334_041;

fn root() -> u64 {
    mix(42)
}

fn child(node: u64, index: u64) -> u64 {
    mix(node.wrapping_add(index))
}

/// Of any node but the root.
fn children(node: u64) -> u64 {
    if node >> 32 < INNER_THRESHOLD {
        CHILDREN_OF_INNER
    } else {
        0
    }
}

/// What was found below and in a node: how many nodes, and the sum of their states.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Subtree {
    pub nodes: u64,
    pub sum: u64,
}

impl Subtree {
    fn of(node: u64) -> Subtree {
        Subtree {
            nodes: 1,
            sum: node,
        }
    }

    fn add(&mut self, other: Subtree) {
        self.nodes += other.nodes;
        self.sum = self.sum.wrapping_add(other.sum);
    }

    pub fn check(&self, tree: Subtree, times: u64) -> Result<u64> {
        let sum = tree.sum.wrapping_mul(times);
        require_equal(self.nodes, tree.nodes * times, "nodes of the trees")?;
        require_equal(self.sum, sum, "sum of the nodes' states")?;
        Ok(sum)
    }
}

/// Walks the tree without tasks, to know what is to be found.
pub fn walk_alone(root_children: u64) -> Subtree {
    let mut found = Subtree::of(root());
    let mut open: Vec<u64> = (0..root_children).map(|each| child(root(), each)).collect();
    while let Some(node) = open.pop() {
        found.add(Subtree::of(node));
        open.extend((0..children(node)).map(|each| child(node, each)));
    }
    found
}

/// A child that is a task.
fn fork(node: u64, work: Spin) -> JoinHandle<Subtree> {
    tokio::spawn(walk(node, children(node), work))
}

/// A child that is none: on the heap, because a future cannot contain itself.
fn call(node: u64, work: Spin) -> Pin<Box<dyn Future<Output = Subtree> + Send>> {
    Box::pin(walk(node, children(node), work))
}

async fn walk(node: u64, children: u64, work: Spin) -> Subtree {
    black_box(work.work(node));
    let mut found = Subtree::of(node);
    if let Some(last) = children.checked_sub(1) {
        let mut forked = Vec::with_capacity(last as usize);
        forked.extend((0..last).map(|each| fork(child(node, each), work)));
        found.add(call(child(node, last), work).await);
        for each in forked {
            found.add(join(each).await);
        }
    }
    found
}

pub struct UnbalancedTree {
    workers: usize,
    root_children: u64,
    grain_ns: u64,
    work: Spin,
    tree: Subtree,
    times: u64,
}

impl Body for UnbalancedTree {
    async fn prepare(cell: &Cell) -> Result<UnbalancedTree> {
        let root_children = cell.number("root_children", 1)?;
        let grain_ns = cell.number("grain_ns", 0)?;
        Ok(UnbalancedTree {
            workers: cell.workers,
            root_children,
            grain_ns,
            work: Spin::new(grain_ns),
            tree: walk_alone(root_children),
            times: cell.operations,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let mut found = Subtree::default();
        meter.start()?;
        for _ in 0..self.times {
            found.add(walk(root(), self.root_children, self.work).await);
        }
        meter.stop()?;
        let nodes = self.tree.nodes * self.times;
        meter.figure("node_ns", nanoseconds(meter.elapsed) / nodes as f64);
        report_work(meter, (nodes * self.grain_ns) as f64, nodes, self.workers);
        found.check(self.tree, self.times)
    }
}
