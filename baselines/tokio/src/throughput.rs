//! channel/throughput: producers send numbered messages through one channel to consumers.

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::workload::{Body, Cell};

/// A message is its producer and its number there, so that eight bytes can be checked for loss,
/// duplication and order. Numbers start at 1.
pub fn message(producer: usize, number: u64) -> u64 {
    (producer as u64) << NUMBER_BITS | number
}

const NUMBER_BITS: u32 = 48;

/// What one consumer saw; `last` has the last number from each producer.
pub struct Tally {
    last: Vec<u64>,
    sum: u64,
    count: u64,
    disordered: u64,
}

impl Tally {
    pub fn new(producers: usize) -> Tally {
        Tally {
            last: vec![0; producers],
            sum: 0,
            count: 0,
            disordered: 0,
        }
    }

    pub fn take(&mut self, message: u64) {
        let number = message & ((1 << NUMBER_BITS) - 1);
        match self.last.get_mut((message >> NUMBER_BITS) as usize) {
            Some(last) if *last < number => {
                *last = number;
                self.sum += number;
                self.count += 1;
            }
            _ => self.disordered += 1,
        }
    }
}

/// How many of something come from how many tasks, dealt out evenly.
#[derive(Clone, Copy)]
pub struct Traffic {
    pub messages: u64,
    pub producers: usize,
}

impl Traffic {
    pub fn share(&self, producer: usize) -> u64 {
        let producers = self.producers as u64;
        self.messages / producers + u64::from((producer as u64) < self.messages % producers)
    }

    /// Returns the sum of the messages' numbers, which is right when nothing is wrong.
    pub fn check(&self, seen: &[Tally]) -> Result<u64> {
        let total = |part: fn(&Tally) -> u64| seen.iter().map(part).sum::<u64>();
        let wanted = (0..self.producers)
            .map(|p| self.share(p) * (self.share(p) + 1) / 2)
            .sum();
        require_equal(total(|each| each.disordered), 0, "messages out of order")?;
        require_equal(total(|each| each.count), self.messages, "messages received")?;
        require_equal(
            total(|each| each.sum),
            wanted,
            "sum of the messages' numbers",
        )?;
        Ok(wanted)
    }
}

pub struct Throughput {
    load: Traffic,
    consumers: usize,
    capacity: usize,
}

async fn consume<R: Receiver>(mut channel: R, mut seen: Tally) -> Tally {
    while let Some(message) = channel.next().await {
        seen.take(message);
    }
    seen
}

impl Throughput {
    async fn transport<C: Channels>(&self, meter: &mut Meter) -> Result<u64> {
        let (load, producers) = (self.load, self.load.producers);
        let (sender, receiver) = C::make(self.capacity);
        let receivers = C::share(receiver, self.consumers);
        meter.found("capacity", sender.slots().to_string());
        meter.found("channel", C::NAME.to_string());
        let tallies: Vec<Tally> = receivers.iter().map(|_| Tally::new(producers)).collect();
        meter.start()?;
        let mut consumers = Vec::with_capacity(receivers.len());
        for (channel, seen) in receivers.into_iter().zip(tallies) {
            consumers.push(tokio::spawn(consume(channel, seen)));
        }
        for producer in 0..producers {
            let channel = sender.clone();
            tokio::spawn(async move {
                for number in 1..=load.share(producer) {
                    channel.put(message(producer, number)).await;
                }
            });
        }
        drop(sender);
        let mut seen = Vec::with_capacity(consumers.len());
        for consumer in consumers {
            seen.push(consumer.await.expect("a task returns"));
        }
        meter.stop()?;
        load.check(&seen)
    }
}

impl Body for Throughput {
    async fn prepare(cell: &Cell) -> Result<Throughput> {
        let producers = cell.number("producers", 1)? as usize;
        Ok(Throughput {
            load: Traffic {
                messages: cell.operations,
                producers,
            },
            consumers: cell.number("consumers", 1)? as usize,
            capacity: cell.number("capacity", 0)? as usize,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        if tokio_can(self.capacity, self.consumers) {
            self.transport::<Mpsc>(meter).await
        } else {
            self.transport::<Flume>(meter).await
        }
    }
}
