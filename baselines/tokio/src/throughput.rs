//! channel/throughput: producers send numbered messages through one channel to consumers.

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::request::usage;
use crate::spin::Spin;
use crate::tasks::join_all;
use crate::workload::{Body, Cell};

/// A message is its producer and its number there, so that eight bytes can be checked for loss,
/// duplication and order. Numbers start at 1.
pub fn message(producer: usize, number: u64) -> u64 {
    (producer as u64) << NUMBER_BITS | number
}

const NUMBER_BITS: u32 = 48;

/// Which producer a message is of.
pub fn producer_of(message: u64) -> usize {
    (message >> NUMBER_BITS) as usize
}

/// A message of 8, 64 or 256 bytes, which says the same in each of its words.
pub type Letter<const WORDS: usize> = [u64; WORDS];

/// Gives what no producer sends when the letter's two ends do not agree.
pub fn read<const WORDS: usize>(letter: &Letter<WORDS>) -> u64 {
    if letter[0] == letter[WORDS - 1] {
        letter[0]
    } else {
        message(0, 0)
    }
}

/// What one consumer saw; `last` has the last number from each producer.
pub struct Tally {
    pub last: Vec<u64>,
    sum: u64,
    pub count: u64,
    pub disordered: u64,
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
        match self.last.get_mut(producer_of(message)) {
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
    message_bytes: u64,
    work: Option<Spin>,
}

impl Throughput {
    async fn transport<C, const WORDS: usize>(&self, meter: &mut Meter) -> Result<u64>
    where
        C: Channels<Letter<WORDS>>,
    {
        let (load, work) = (self.load, self.work);
        let (sender, receiver) = C::make(self.capacity);
        let receivers = C::share(receiver, self.consumers);
        meter.found("capacity", sender.slots().to_string());
        meter.found("channel", C::NAME.to_string());
        let receivers: Vec<_> = receivers
            .into_iter()
            .map(|receiver| (receiver, Tally::new(load.producers)))
            .collect();
        meter.start()?;
        let mut consumers = Vec::with_capacity(receivers.len());
        for (channel, seen) in receivers {
            consumers.push(tokio::spawn(consume(channel, seen, work)));
        }
        for producer in 0..load.producers {
            tokio::spawn(produce(
                sender.clone(),
                producer,
                load.share(producer),
                work,
            ));
        }
        drop(sender);
        let seen = join_all(consumers).await;
        meter.stop()?;
        load.check(&seen)
    }

    async fn transport_over<C>(&self, meter: &mut Meter) -> Result<u64>
    where
        C: Channels<Letter<1>> + Channels<Letter<8>> + Channels<Letter<32>>,
    {
        match self.message_bytes {
            8 => self.transport::<C, 1>(meter).await,
            64 => self.transport::<C, 8>(meter).await,
            256 => self.transport::<C, 32>(meter).await,
            other => usage(format!("message_bytes is 8, 64 or 256, not {other}")),
        }
    }
}

async fn consume<R, const WORDS: usize>(
    mut channel: R,
    mut seen: Tally,
    work: Option<Spin>,
) -> Tally
where
    R: Receiver<Letter<WORDS>>,
{
    while let Some(letter) = channel.next().await {
        seen.take(read(&letter));
        if let Some(work) = work {
            work.work(seen.count);
        }
    }
    seen
}

async fn produce<S, const WORDS: usize>(channel: S, producer: usize, count: u64, work: Option<Spin>)
where
    S: Sender<Letter<WORDS>>,
{
    for number in 1..=count {
        if let Some(work) = work {
            work.work(number);
        }
        channel.put([message(producer, number); WORDS]).await;
    }
}

impl Body for Throughput {
    async fn prepare(cell: &Cell) -> Result<Throughput> {
        let work_ns = cell.number("work_ns", 0)?;
        Ok(Throughput {
            load: Traffic {
                messages: cell.operations,
                producers: cell.number("producers", 1)? as usize,
            },
            consumers: cell.number("consumers", 1)? as usize,
            capacity: cell.number("capacity", 0)? as usize,
            message_bytes: cell.number("message_bytes", 8)?,
            work: (work_ns > 0).then(|| Spin::new(work_ns)),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        if tokio_can(self.capacity, self.consumers) {
            self.transport_over::<Mpsc>(meter).await
        } else {
            self.transport_over::<Flume>(meter).await
        }
    }
}
