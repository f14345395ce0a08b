//! channel/sieve: numbers run through a chain of filters that grows with every prime.

use crate::channel::{Channels, Flume, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::workload::{Body, Cell};

/// Gives as many primes, and how often numbers go over a channel until the sieve has found them: a
/// number goes as far as the filter of its smallest prime factor.
pub fn first_primes(count: usize) -> (Vec<u64>, u64) {
    let (mut primes, mut hops) = (vec![], 0);
    for number in 2.. {
        if primes.len() == count {
            break;
        }
        let divides = |&prime: &u64| number % prime == 0;
        let filters = primes.iter().position(divides);
        hops += filters.unwrap_or(primes.len()) as u64 + 1;
        if filters.is_none() {
            primes.push(number);
        }
    }
    (primes, hops)
}

async fn generate(to: impl Sender, last: u64) {
    for number in 2..=last {
        to.put(number).await;
    }
}

async fn filter(mut from: impl Receiver, to: impl Sender, prime: u64) {
    while let Some(number) = from.next().await {
        if number % prime != 0 {
            to.put(number).await;
        }
    }
}

/// Appends what comes out. The generator stops at the last prime and every task closes what it
/// sends on, so that all of them end.
async fn sift(last: u64, found: &mut Vec<u64>) {
    let (to, mut numbers) = Flume::make(0);
    tokio::spawn(generate(to, last));
    while let Some(prime) = numbers.next().await {
        found.push(prime);
        let (to, rest) = Flume::make(0);
        tokio::spawn(filter(numbers, to, prime));
        numbers = rest;
    }
}

pub struct Sieve {
    sieves: u64,
    primes: Vec<u64>,
    hops: u64,
    found: Vec<u64>,
}

impl Body for Sieve {
    async fn prepare(cell: &Cell) -> Result<Sieve> {
        let (primes, hops) = first_primes(cell.number("primes", 1)? as usize);
        Ok(Sieve {
            sieves: cell.operations,
            found: Vec::with_capacity(primes.len()),
            primes,
            hops,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let last = self.primes[self.primes.len() - 1];
        let mut right = 0;
        meter.found("channel", <Flume as Channels>::NAME.to_string());
        meter.start()?;
        for _ in 0..self.sieves {
            self.found.clear();
            sift(last, &mut self.found).await;
            right += u64::from(self.found == self.primes);
        }
        meter.stop()?;
        let hops = self.hops as f64 * self.sieves as f64;
        meter.figure("hop_ns", nanoseconds(meter.elapsed) / hops);
        check_sieves(right, self.sieves)?;
        Ok(last * self.sieves)
    }
}

pub fn check_sieves(right: u64, sieves: u64) -> Result<()> {
    let what = "sieves that found the first primes in order";
    require_equal(right, sieves, what)
}
