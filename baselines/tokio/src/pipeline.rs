//! channel/pipeline: numbers run through a chain of tasks that square them.

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::workload::{Body, Cell};

/// What a stage makes of a number. The modulus is a prime, so that numbers stay apart however often
/// they are squared.
fn squared(number: u64) -> u64 {
    const MODULUS: u64 = (1 << 31) - 1;
    number * number % MODULUS
}

/// The last stage. A number's weight is its place, so that a lost, doubled or late one shows.
#[derive(Default)]
pub struct WeightedSum {
    sum: u64,
    count: u64,
}

impl WeightedSum {
    pub fn take(&mut self, number: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(self.count.wrapping_mul(number));
    }

    pub fn calculated(stages: usize, numbers: u64) -> WeightedSum {
        let mut all = WeightedSum::default();
        for number in 0..numbers {
            all.take((2..stages).fold(number + 2, |value, _| squared(value)));
        }
        all
    }

    pub fn check(&self, wanted: &WeightedSum) -> Result<u64> {
        require_equal(self.count, wanted.count, "numbers that came out")?;
        let what = "weighted sum of the numbers that came out";
        require_equal(self.sum, wanted.sum, what)?;
        Ok(self.sum)
    }
}

pub struct Pipeline {
    stages: usize,
    capacity: usize,
    numbers: u64,
    wanted: WeightedSum,
}

async fn generate(out: impl Sender, numbers: u64) {
    for number in 0..numbers {
        out.put(number + 2).await;
    }
}

async fn square(mut from: impl Receiver, to: impl Sender) {
    while let Some(number) = from.next().await {
        to.put(squared(number)).await;
    }
}

impl Pipeline {
    async fn flow<C: Channels>(&self, meter: &mut Meter) -> Result<u64> {
        let links = self.stages - 1;
        let channels: Vec<_> = (0..links).map(|_| C::make(self.capacity)).collect();
        let mut channels = channels.into_iter();
        let (first, mut from) = channels.next().expect("there are two stages");
        meter.found("capacity", first.slots().to_string());
        meter.found("channel", C::NAME.to_string());
        meter.start()?;
        tokio::spawn(generate(first, self.numbers));
        for (to, next) in channels {
            tokio::spawn(square(from, to));
            from = next;
        }
        let mut all = WeightedSum::default();
        while let Some(number) = from.next().await {
            all.take(number);
        }
        meter.stop()?;
        let hops = self.numbers as f64 * links as f64;
        meter.figure("hop_ns", nanoseconds(meter.elapsed) / hops);
        all.check(&self.wanted)
    }
}

impl Body for Pipeline {
    async fn prepare(cell: &Cell) -> Result<Pipeline> {
        let stages = cell.number("stages", 2)? as usize;
        Ok(Pipeline {
            stages,
            capacity: cell.number("capacity", 0)? as usize,
            numbers: cell.operations,
            wanted: WeightedSum::calculated(stages, cell.operations),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        if tokio_can(self.capacity, 1) {
            self.flow::<Mpsc>(meter).await
        } else {
            self.flow::<Flume>(meter).await
        }
    }
}
