//! channel/fine_grain_sum: batches of numbers are summed, each for one channel operation.

use std::time::Instant;

use crate::channel::{Channels, Flume, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::request::usage;
use crate::workload::{Body, Cell};

const TABLE_SIZE: u64 = 1 << 17;

/// Deals numbers out in batches of `grain`. The numbers lie in a table that a core's cache can
/// hold; batches start further on each time.
pub struct Batches {
    numbers: u64,
    grain: u64,
    table: Vec<u64>,
}

impl Batches {
    pub fn new(numbers: u64, grain: u64) -> Batches {
        Batches {
            numbers,
            grain,
            table: (0..TABLE_SIZE).collect(),
        }
    }

    fn count(&self) -> u64 {
        self.numbers.div_ceil(self.grain)
    }

    fn begin(&self, batch: u64) -> u64 {
        batch * self.grain % (TABLE_SIZE - self.grain + 1)
    }

    fn length(&self, batch: u64) -> u64 {
        self.grain.min(self.numbers - batch * self.grain)
    }

    #[inline(never)]
    fn sum(&self, batch: u64) -> u64 {
        let (begin, length) = (self.begin(batch) as usize, self.length(batch) as usize);
        self.table[begin..begin + length].iter().sum()
    }

    /// The sum of all batches by the formula: the table's entries are their own indices.
    pub fn calculated(&self) -> u64 {
        (0..self.count())
            .map(|batch| {
                let length = self.length(batch);
                length * self.begin(batch) + length * (length - 1) / 2
            })
            .sum()
    }

    pub fn sum_directly(&self) -> u64 {
        (0..self.count()).map(|batch| self.sum(batch)).sum()
    }

    pub async fn sum_over_channel(&self) -> u64 {
        let (sender, mut receiver) = Flume::make(0);
        let count = self.count();
        tokio::spawn(async move {
            for batch in 0..count {
                sender.put(batch).await;
            }
        });
        let mut sum = 0;
        while let Some(batch) = receiver.next().await {
            sum += self.sum(batch);
        }
        sum
    }
}

pub struct FineGrainSum {
    batches: Batches,
    wanted: u64,
}

impl Body for FineGrainSum {
    async fn prepare(cell: &Cell) -> Result<FineGrainSum> {
        let grain = cell.number("grain", 1)?;
        if grain > TABLE_SIZE {
            return usage(format!("grain is at most {TABLE_SIZE}"));
        }
        let batches = Batches::new(cell.operations, grain);
        Ok(FineGrainSum {
            wanted: batches.calculated(),
            batches,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.found("channel", <Flume as Channels>::NAME.to_string());
        let began = Instant::now();
        let direct = self.batches.sum_directly();
        let direct_ns = nanoseconds(began.elapsed());
        require_equal(direct, self.wanted, "sum without a channel")?;
        meter.start()?;
        let sum = self.batches.sum_over_channel().await;
        meter.stop()?;
        meter.figure("direct_ns", direct_ns / self.batches.numbers as f64);
        meter.figure("overhead", nanoseconds(meter.elapsed) / direct_ns);
        check_sum(sum, self.wanted)
    }
}

pub fn check_sum(sum: u64, wanted: u64) -> Result<u64> {
    require_equal(sum, wanted, "sum of the numbers")?;
    Ok(sum)
}
