//! pool/fib: of each two calls of a recursion one is a task.

use std::future::Future;
use std::pin::Pin;

use tokio::task::JoinHandle;

use crate::failure::{require_equal, Result};
use crate::meter::{nanoseconds, Meter};
use crate::request::usage;
use crate::tasks::join;
use crate::workload::{Body, Cell};

const INDEX_MAX: u64 = 40;

/// A call that is a task.
fn fork(index: u64) -> JoinHandle<u64> {
    tokio::spawn(recurse(index))
}

/// A call that is none: on the heap, because a future cannot contain itself.
fn call(index: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(recurse(index))
}

pub async fn recurse(index: u64) -> u64 {
    if index < 2 {
        return index;
    }
    let forked = fork(index - 1);
    let own = call(index - 2).await;
    own + join(forked).await
}

/// The number by adding up, to check with.
pub fn fibonacci(index: u64) -> u64 {
    let add = |(number, next), _| (next, number + next);
    (0..index).fold((0, 1), add).0
}

pub fn check_fibonacci(sum: u64, index: u64, times: u64) -> Result<u64> {
    let wanted = fibonacci(index) * times;
    require_equal(sum, wanted, "sum of the Fibonacci numbers")?;
    Ok(sum)
}

pub struct Fib {
    index: u64,
    times: u64,
}

impl Body for Fib {
    async fn prepare(cell: &Cell) -> Result<Fib> {
        let index = cell.number("index", 2)?;
        if index > INDEX_MAX {
            return usage(format!("index is at most {INDEX_MAX}"));
        }
        Ok(Fib {
            index,
            times: cell.operations,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let mut sum = 0;
        meter.start()?;
        for _ in 0..self.times {
            sum += recurse(self.index).await;
        }
        meter.stop()?;
        let calls = (2 * fibonacci(self.index + 1) - 1) * self.times;
        meter.figure("call_ns", nanoseconds(meter.elapsed) / calls as f64);
        check_fibonacci(sum, self.index, self.times)
    }
}
