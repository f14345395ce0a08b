//! Latencies that are kept one by one: percentiles are exact. Each task has its own.

use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::meter::Meter;

pub struct Latencies(Vec<u64>);

/// A percentile's name, and that one value in so many lies beyond it.
const PERCENTILES: [(&str, usize); 3] = [("p50_ns", 2), ("p99_ns", 100), ("p999_ns", 1000)];
const BEYOND_MIN: usize = 10;

impl Latencies {
    /// Has room for so many, and touches it before the clock runs.
    pub fn with_room(most: usize) -> Latencies {
        let mut samples = vec![1; most];
        samples.clear();
        Latencies(samples)
    }

    pub fn add(&mut self, latency: Duration) {
        self.0.push(latency.as_nanos() as u64);
    }

    pub fn append(&mut self, other: &mut Latencies) {
        self.0.append(&mut other.0);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Names the p50, p99, p99.9 and maximum: a percentile only where at least ten values lie
    /// beyond it.
    pub fn report(mut self, meter: &mut Meter, prefix: &str) -> Result<()> {
        let values = &mut self.0;
        values.sort_unstable();
        let Some(&largest) = values.last() else {
            return Err(Failure::Wrong("no latency was measured".to_string()));
        };
        for (name, beyond_in) in PERCENTILES {
            let beyond = values.len() / beyond_in;
            if beyond >= BEYOND_MIN {
                let value = values[values.len() - 1 - beyond];
                meter.figure(format!("{prefix}{name}"), value as f64);
            }
        }
        meter.figure(format!("{prefix}max_ns"), largest as f64);
        Ok(())
    }
}
