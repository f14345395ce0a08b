//! channel/select: tasks receive from whichever of their channels has a message.

use std::array::from_fn;
use std::future::{pending, poll_fn, Future};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::channel::{Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::request::usage;
use crate::select_branches::{Found, Select};
use crate::tasks::join_all;
use crate::throughput::{message, producer_of, Tally, Traffic};
use crate::workload::{Body, Cell};

/// Long enough for any machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Ready,
    Default,
    Empty,
    Timeout,
    Done,
}

impl Tally {
    /// Counts a message, or what is none of the channel where one should have come.
    pub fn take_selected(&mut self, found: Option<Found>) {
        match found {
            Some((index, Some(number))) if producer_of(number) == index => {
                self.take(number);
            }
            _ => self.disordered += 1,
        }
    }

    /// Lets nothing be missing between the first number of a channel and its last.
    pub fn check_selected(&self, wanted: u64) -> Result<()> {
        let what = "messages that one task selected";
        require_equal(self.disordered, 0, "messages out of order")?;
        require_equal(self.count, wanted, what)?;
        let numbers = self.last.iter().sum();
        require_equal(numbers, wanted, "numbers of the channels' last messages")
    }
}

/// The channels of one task.
pub struct Ends<C: Channels, const N: usize> {
    pub senders: [C::Sender; N],
    pub receivers: [C::Receiver; N],
}

impl<C: Channels, const N: usize> Ends<C, N> {
    pub fn make(capacity: usize) -> Ends<C, N> {
        let mut receivers = vec![];
        let senders = from_fn(|_| {
            let (sender, receiver) = C::make(capacity);
            receivers.push(receiver);
            sender
        });
        let Ok(receivers) = receivers.try_into() else {
            unreachable!("there is one for each sender");
        };
        Ends { senders, receivers }
    }
}

impl<const N: usize> Ends<Mpsc, N> {
    pub async fn fill(&self) {
        for (index, sender) in self.senders.iter().enumerate() {
            sender.put(message(index, 1)).await;
        }
    }

    /// Every message goes back to its channel with the next number, so that all stay ready.
    async fn receive_ready(&mut self, count: u64, own: &mut Tally) {
        let mut select = Select::new();
        for _ in 0..count {
            let found = select.next_or(&mut self.receivers, pending::<()>()).await;
            own.take_selected(found);
            if let Some((index, Some(number))) = found {
                self.senders[index].put(number + 1).await;
            }
        }
    }

    fn receive_nothing(&mut self, count: u64, own: &mut Tally) {
        let mut select = Select::new();
        for _ in 0..count {
            if select.try_next(&mut self.receivers).is_some() {
                own.disordered += 1;
            }
        }
    }

    /// Looks at the channels once more: each must hold its next message.
    pub fn check(
        &mut self,
        mut own: Tally,
        received: u64,
        mut try_next: impl FnMut(&mut [mpsc::Receiver<u64>; N]) -> Option<Found>,
    ) -> Result<()> {
        for _ in 0..N {
            own.take_selected(try_next(&mut self.receivers));
        }
        own.check_selected(received + N as u64)
    }
}

/// Receives what a producer sends, in the modes that have one.
async fn receive_sent<R: Receiver, const N: usize>(
    mut receivers: [R; N],
    mode: Mode,
    count: u64,
    mut done: watch::Receiver<()>,
) -> Tally {
    let (mut own, mut select) = (Tally::new(N), Select::new());
    match mode {
        Mode::Done => loop {
            let found = select.next_or(&mut receivers, done.changed()).await;
            if found.is_none() {
                break;
            }
            own.take_selected(found);
        },
        Mode::Timeout => {
            for _ in 0..count {
                own.take_selected(select.next_or(&mut receivers, sleep(PATIENCE)).await);
            }
        }
        _ => {
            for _ in 0..count {
                own.take_selected(select.next_or(&mut receivers, pending::<()>()).await);
            }
        }
    }
    // flume takes a message for received once it has woken who waits for it, who may have found
    // that all is done before it looked.
    for (index, receiver) in receivers.iter_mut().enumerate() {
        while let Some(number) = left_in(receiver).await {
            own.take_selected(Some((index, Some(number))));
        }
    }
    own
}

/// A message that is there already.
async fn left_in<R: Receiver>(receiver: &mut R) -> Option<u64> {
    let mut next = pin!(receiver.next());
    poll_fn(|context| match next.as_mut().poll(context) {
        Poll::Ready(message) => Poll::Ready(message),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Returns the senders, so that no channel closes before all is received.
async fn send_at_random<S: Sender, const N: usize>(
    senders: [S; N],
    count: u64,
    mut seed: u64,
) -> [S; N] {
    let mut sent = [0; N];
    for _ in 0..count {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let index = (seed >> 33) as usize % N;
        sent[index] += 1;
        senders[index].put(message(index, sent[index])).await;
    }
    senders
}

pub struct Selection {
    mode: Mode,
    channels: u64,
    load: Traffic,
}

impl Selection {
    /// Modes in which a message waits in each channel, or in none and no select waits.
    async fn run_alone<const N: usize>(&self, meter: &mut Meter) -> Result<()> {
        let (mode, load) = (self.mode, self.load);
        meter.found("channel", <Mpsc as Channels>::NAME.to_string());
        let mut sets = vec![];
        for _ in 0..load.producers {
            let ends = Ends::<Mpsc, N>::make(1);
            if mode == Mode::Ready {
                ends.fill().await;
            }
            sets.push(ends);
        }
        meter.start()?;
        let tasks = sets.into_iter().enumerate().map(|(task, mut ends)| {
            tokio::spawn(async move {
                let mut own = Tally::new(N);
                if mode == Mode::Ready {
                    ends.receive_ready(load.share(task), &mut own).await;
                } else {
                    ends.receive_nothing(load.share(task), &mut own);
                }
                (ends, own)
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let seen = join_all(tasks).await;
        meter.stop()?;
        for (task, (mut ends, own)) in seen.into_iter().enumerate() {
            let received = if mode == Mode::Ready {
                load.share(task)
            } else {
                ends.fill().await;
                0
            };
            let mut select = Select::new();
            ends.check(own, received, |receivers| select.try_next(receivers))?;
        }
        Ok(())
    }

    /// Modes in which a producer for each task sends on its unbuffered channels.
    async fn run_fed<const N: usize>(&self, meter: &mut Meter) -> Result<()> {
        let load = self.load;
        meter.found("channel", <Flume as Channels>::NAME.to_string());
        let sets: Vec<_> = (0..load.producers)
            .map(|_| Ends::<Flume, N>::make(0))
            .collect();
        let (over, done) = watch::channel(());
        meter.start()?;
        let (mut receiving, mut sending) = (vec![], vec![]);
        for (task, ends) in sets.into_iter().enumerate() {
            let (count, done) = (load.share(task), done.clone());
            receiving.push(tokio::spawn(receive_sent(
                ends.receivers,
                self.mode,
                count,
                done,
            )));
            sending.push(tokio::spawn(send_at_random(
                ends.senders,
                count,
                task as u64,
            )));
        }
        let _senders = join_all(sending).await;
        drop(over);
        let seen = join_all(receiving).await;
        meter.stop()?;
        for (task, own) in seen.iter().enumerate() {
            own.check_selected(load.share(task))?;
        }
        Ok(())
    }

    async fn run(&self, meter: &mut Meter) -> Result<()> {
        match (self.mode, self.channels) {
            (Mode::Ready | Mode::Default, 2) => self.run_alone::<2>(meter).await,
            (Mode::Ready | Mode::Default, 4) => self.run_alone::<4>(meter).await,
            (Mode::Ready | Mode::Default, 16) => self.run_alone::<16>(meter).await,
            (Mode::Ready | Mode::Default, 64) => self.run_alone::<64>(meter).await,
            (Mode::Empty | Mode::Timeout, 2) => self.run_fed::<2>(meter).await,
            (Mode::Empty | Mode::Timeout, 4) => self.run_fed::<4>(meter).await,
            (Mode::Empty | Mode::Timeout, 16) => self.run_fed::<16>(meter).await,
            (Mode::Empty | Mode::Timeout, 64) => self.run_fed::<64>(meter).await,
            // What tells that all is done is the last of the channels.
            (Mode::Done, 2) => self.run_fed::<1>(meter).await,
            (Mode::Done, 4) => self.run_fed::<3>(meter).await,
            (Mode::Done, 16) => self.run_fed::<15>(meter).await,
            (Mode::Done, 64) => self.run_fed::<63>(meter).await,
            (_, other) => usage(format!("channels is 2, 4, 16 or 64, not {other}")),
        }
    }
}

impl Body for Selection {
    async fn prepare(cell: &Cell) -> Result<Selection> {
        Ok(Selection {
            mode: match cell.text("mode")? {
                "ready" => Mode::Ready,
                "empty" => Mode::Empty,
                "default" => Mode::Default,
                "timeout" => Mode::Timeout,
                "done" => Mode::Done,
                other => {
                    return usage(format!(
                        "mode is ready, empty, default, timeout or done, not '{other}'"
                    ))
                }
            },
            channels: cell.number("channels", 2)?,
            load: Traffic {
                messages: cell.operations,
                producers: cell.number("tasks", 1)? as usize,
            },
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        self.run(meter).await?;
        Ok(self.load.messages)
    }
}
