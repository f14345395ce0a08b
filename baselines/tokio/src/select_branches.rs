//! Waiting for the first of many channels.
//!
//! This is what tokio::select! becomes: the branches' futures lie pinned in the task, are polled
//! one after the other from a random one on, and are dropped when one of them is ready. The macro
//! itself would bring a compiler's worth of crates along, and has no form for branches whose number
//! is a parameter.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::channel::Receiver;

/// Which branch a select looks at first.
pub struct Select {
    random: u32,
}

/// What a select found: the channel's index, and the message unless the channel is closed.
pub type Found = (usize, Option<u64>);

fn poll_branch<F: Future, const N: usize>(
    branches: Pin<&mut [F; N]>,
    index: usize,
    context: &mut Context<'_>,
) -> Poll<F::Output> {
    // SAFETY: what is pinned is the whole array, and nothing moves out of it.
    let branch = unsafe { branches.map_unchecked_mut(|all| &mut all[index]) };
    branch.poll(context)
}

impl Select {
    pub fn new() -> Select {
        Select {
            random: 0x9e37_79b9,
        }
    }

    /// xorshift, as Tokio's own choice is.
    fn first_of(&mut self, branches: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        ((u64::from(self.random) * branches as u64) >> 32) as usize
    }

    /// Waits for a message, or for `other` to be over: then it finds none.
    pub async fn next_or<R: Receiver, const N: usize>(
        &mut self,
        receivers: &mut [R; N],
        other: impl Future,
    ) -> Option<Found> {
        let mut branches = pin!(receivers.each_mut().map(|receiver| receiver.next()));
        let mut other = pin!(other);
        poll_fn(|context| {
            let first = self.first_of(N + 1);
            for step in 0..=N {
                let index = (first + step) % (N + 1);
                if index == N {
                    if other.as_mut().poll(context).is_ready() {
                        return Poll::Ready(None);
                    }
                } else if let Poll::Ready(message) = poll_branch(branches.as_mut(), index, context)
                {
                    return Poll::Ready(Some((index, message)));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Does not wait, for which the macro has no form: its users try each channel.
    pub fn try_next<const N: usize>(
        &mut self,
        receivers: &mut [mpsc::Receiver<u64>; N],
    ) -> Option<Found> {
        let first = self.first_of(N);
        (0..N).find_map(|step| {
            let index = (first + step) % N;
            match receivers[index].try_recv() {
                Ok(message) => Some((index, Some(message))),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some((index, None)),
            }
        })
    }
}
