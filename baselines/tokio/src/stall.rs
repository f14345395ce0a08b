//! fanout/stall: as fanout/echo, but now and then a connection's task computes before it answers.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::failure::Result;
use crate::meter::{nanoseconds, Meter};
use crate::mix::{exponential, mix};
use crate::server::{check_messages, send_back, LoadedServer};
use crate::spin::Spin;
use crate::workload::{lend, Body, Cell};

const CONNECTIONS: u64 = 64;
const MESSAGES_PER_SECOND: u64 = 10_000;
const STALL: Duration = Duration::from_millis(1);

/// The instants at which one connection's task computes: after each stall a time of the exponential
/// distribution passes, so that what they ask for stays bounded when it is too much.
pub struct Stalls {
    drawn: u64,
    mean_ns: f64,
    pub next: Instant,
}

impl Stalls {
    /// `load` is what the stalls of all connections take together, in percent of one CPU.
    pub fn new(seed: u64, load: u64) -> Stalls {
        let mut own = Stalls {
            drawn: mix(seed),
            mean_ns: CONNECTIONS as f64 * nanoseconds(STALL) * 100.0 / load as f64,
            next: Instant::now(),
        };
        own.over();
        own
    }

    fn due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Draws when the next one is due.
    pub fn over(&mut self) {
        self.drawn = self.drawn.wrapping_add(1);
        let gap_ns = exponential(self.drawn, self.mean_ns);
        self.next = Instant::now() + Duration::from_nanos(gap_ns as u64);
    }
}

/// What all connections share.
struct Computing {
    load: u64,
    work: Spin,
    seeds: AtomicU64,
    stalled: AtomicU64,
}

async fn serve(stream: TcpStream, all: &'static Computing) {
    let seed = all.seeds.fetch_add(1, Ordering::Relaxed);
    let mut mine = Stalls::new(seed, all.load);
    let compute_if_due = || {
        if mine.due() {
            black_box(all.work.work(1));
            all.stalled.fetch_add(1, Ordering::Relaxed);
            mine.over();
        }
    };
    send_back(stream, compute_if_due).await;
}

pub struct Stall {
    messages: u64,
    computing: &'static Computing,
    server: LoadedServer,
}

impl Body for Stall {
    async fn prepare(cell: &Cell) -> Result<Stall> {
        let computing: &'static Computing = lend(Computing {
            load: cell.number("load", 1)?,
            work: Spin::new(STALL.as_nanos() as u64),
            seeds: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
        });
        let serving = move |stream| serve(stream, computing);
        Ok(Stall {
            messages: cell.operations,
            computing,
            server: LoadedServer::start(cell, CONNECTIONS as usize, serving).await?,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let order = format!("open {} {MESSAGES_PER_SECOND}", self.messages);
        let before = self.computing.stalled.load(Ordering::Relaxed);
        let report = self.server.run(meter, &order).await?;
        let stalls = self.computing.stalled.load(Ordering::Relaxed) - before;
        let stalled_ns = stalls as f64 * nanoseconds(STALL);
        let share = stalled_ns / nanoseconds(meter.elapsed);
        meter.figure("stall_load", 100.0 * share);
        let accepted = self.server.accepted();
        check_messages(&report, self.messages, CONNECTIONS, accepted)
    }

    async fn end(self) {
        self.server.end().await;
    }
}
