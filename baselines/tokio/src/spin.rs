//! Work of a known length: a loop of dependent arithmetic, calibrated once per process. A loop that
//! looks at the clock instead would count time during which its thread did not run.

use std::hint::black_box;
use std::time::Instant;

use crate::meter::nanoseconds;

#[derive(Clone, Copy)]
pub struct Spin {
    steps: u64,
}

impl Spin {
    /// Takes some milliseconds.
    pub fn new(grain_ns: u64) -> Spin {
        Spin {
            steps: (grain_ns as f64 / ns_per_step()).round() as u64,
        }
    }

    /// Works for about the grain and returns a number that depends on the whole work.
    #[inline(never)]
    pub fn work(&self, seed: u64) -> u64 {
        let mut value = seed;
        for _ in 0..self.steps {
            value = value
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            value = black_box(value);
        }
        value
    }
}

/// The fastest of several tries: whatever disturbs a try makes it slower.
fn ns_per_step() -> f64 {
    const TRIES: u32 = 15;
    const STEPS: u64 = 200_000;
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let began = Instant::now();
        black_box(Spin { steps: STEPS }.work(1));
        best = best.min(nanoseconds(began.elapsed()) / STEPS as f64);
    }
    best
}
