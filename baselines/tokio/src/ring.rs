//! channel/ring: tokens go round a ring of tasks over unbuffered channels.

use crate::channel::{Channels, Flume, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::request::usage;
use crate::tasks::join_all;
use crate::throughput::Traffic;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

/// Ends the tasks once all tokens have ended.
const STOP: u64 = u64::MAX;

/// Where tokens start and how far they go. A token is the number of hops that it has left; it ends
/// at the task that receives a 1.
#[derive(Clone, Copy)]
pub struct Way {
    pub hops: u64,
    pub tasks: usize,
    pub tokens: usize,
}

impl Way {
    fn start(&self, token: usize) -> usize {
        token * self.tasks / self.tokens
    }

    fn share(&self, token: usize) -> u64 {
        let dealt = Traffic {
            messages: self.hops,
            producers: self.tokens,
        };
        dealt.share(token)
    }

    /// `passed` is how many tokens each task received.
    pub fn check(&self, passed: &[u64]) -> Result<u64> {
        let mut wanted = vec![0; self.tasks];
        for token in 0..self.tokens {
            let round = Traffic {
                messages: self.share(token),
                producers: self.tasks,
            };
            for step in 0..self.tasks {
                wanted[(self.start(token) + step) % self.tasks] += round.share(step);
            }
        }
        for (&got, &wanted) in passed.iter().zip(&wanted) {
            require_equal(got, wanted, "tokens that one task received")?;
        }
        Ok(self.hops)
    }
}

async fn pass_on(
    mut from: impl Receiver,
    to: impl Sender,
    home: &'static WaitGroup,
    last: bool,
) -> u64 {
    let mut passed = 0;
    while let Some(token) = from.next().await.filter(|&token| token != STOP) {
        passed += 1;
        if token <= 1 {
            home.done();
        } else {
            to.put(token - 1).await;
        }
    }
    if !last {
        to.put(STOP).await;
    }
    passed
}

pub struct Ring {
    way: Way,
    ready: &'static WaitGroup,
    home: &'static WaitGroup,
}

impl Ring {
    pub fn new(way: Way) -> Ring {
        Ring {
            way,
            ready: lend(WaitGroup::new()),
            home: lend(WaitGroup::new()),
        }
    }

    /// Returns how many tokens each task received.
    pub async fn turn(&self, meter: &mut Meter) -> Result<Vec<u64>> {
        let (way, ready, home) = (self.way, self.ready, self.home);
        let links = (0..way.tasks).map(|_| Flume::make(0));
        let (senders, receivers): (Vec<_>, Vec<_>) = links.unzip();
        meter.found("channel", <Flume as Channels>::NAME.to_string());
        ready.add(way.tasks);
        home.add(way.tokens);
        let tasks: Vec<_> = receivers
            .into_iter()
            .enumerate()
            .map(|(task, from)| {
                let to = senders[(task + 1) % way.tasks].clone();
                tokio::spawn(async move {
                    ready.done();
                    pass_on(from, to, home, task + 1 == way.tasks).await
                })
            })
            .collect();
        ready.wait().await;
        meter.start()?;
        for token in 0..way.tokens {
            senders[way.start(token)].put(way.share(token)).await;
        }
        home.wait().await;
        meter.stop()?;
        senders[0].put(STOP).await;
        Ok(join_all(tasks).await)
    }
}

impl Body for Ring {
    async fn prepare(cell: &Cell) -> Result<Ring> {
        let way = Way {
            hops: cell.operations,
            tasks: cell.number("tasks", 2)? as usize,
            tokens: cell.number("tokens", 1)? as usize,
        };
        if way.tokens >= way.tasks || way.hops < way.tokens as u64 {
            return usage("channel/ring wants fewer tokens than tasks, and than hops".to_string());
        }
        Ok(Ring::new(way))
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let passed = self.turn(meter).await?;
        self.way.check(&passed)
    }
}
