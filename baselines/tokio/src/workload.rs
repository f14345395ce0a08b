//! Which workloads there are, and what a cell of one is.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use crate::failure::{Failure, Result};
use crate::meter::Meter;
use crate::record::{measure, Measured};
use crate::request::{usage, Request};
use crate::{batch, false_sharing, parked, ping_pong, pool, skynet, throughput, urls, worker_pool};

/// A workload's body: made in the pool from the cell, before the first repetition.
pub trait Body: Sized + Send {
    fn prepare(cell: &Cell) -> impl Future<Output = Result<Self>> + Send;

    /// Does one repetition, checks it and returns its checksum.
    fn repeat(&mut self, meter: &mut Meter) -> impl Future<Output = Result<u64>> + Send;
}

/// A run of a body, without its type.
type Run = Pin<Box<dyn Future<Output = Result<Measured>> + Send>>;

pub struct Workload {
    pub id: &'static str,
    pub version: u32,
    pub source: &'static str,
    pub parameters: &'static [&'static str],
    /// Parameters that have one value here, and that value.
    pub only: &'static [(&'static str, &'static str)],
    pub needs_server: bool,
    pub measure: fn(Cell) -> Run,
}

/// A request whose parameters are known to be the workload's.
#[derive(Clone)]
pub struct Cell(pub Request);

impl Deref for Cell {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.0
    }
}

pub static WORKLOADS: [Workload; 8] = [
    Workload {
        id: "spawn/batch",
        version: 1,
        source: "baselines/tokio/src/batch.rs",
        parameters: &["tasks", "captured_bytes", "stack_touched_bytes"],
        only: &[],
        needs_server: false,
        measure: |cell| Box::pin(measure::<batch::Batch>(cell)),
    },
    Workload {
        id: "spawn/skynet",
        version: 2,
        source: "baselines/tokio/src/skynet.rs",
        parameters: &["leaves", "capacity"],
        only: &[],
        needs_server: false,
        measure: |cell| Box::pin(measure::<skynet::Skynet>(cell)),
    },
    Workload {
        id: "spawn/parked",
        version: 1,
        source: "baselines/tokio/src/parked.rs",
        parameters: &["tasks", "wait", "stack_touched_bytes"],
        only: &[("wait", "channel"), ("stack_touched_bytes", "0")],
        needs_server: false,
        measure: |cell| Box::pin(measure::<parked::Parked>(cell)),
    },
    Workload {
        id: "channel/ping_pong",
        version: 1,
        source: "baselines/tokio/src/ping_pong.rs",
        parameters: &["capacity", "timed"],
        only: &[("timed", "all")],
        needs_server: false,
        measure: |cell| Box::pin(measure::<ping_pong::PingPong>(cell)),
    },
    Workload {
        id: "channel/throughput",
        version: 1,
        source: "baselines/tokio/src/throughput.rs",
        parameters: &[
            "producers",
            "consumers",
            "capacity",
            "message_bytes",
            "work_ns",
        ],
        only: &[("message_bytes", "8"), ("work_ns", "0")],
        needs_server: false,
        measure: |cell| Box::pin(measure::<throughput::Throughput>(cell)),
    },
    Workload {
        id: "sharing/false_sharing",
        version: 1,
        source: "baselines/tokio/src/false_sharing.rs",
        parameters: &["stride"],
        only: &[],
        needs_server: false,
        measure: |cell| Box::pin(measure::<false_sharing::FalseSharing>(cell)),
    },
    Workload {
        id: "pool/worker_pool",
        version: 2,
        source: "baselines/tokio/src/worker_pool.rs",
        parameters: &["pool_tasks", "grain_ns"],
        only: &[],
        needs_server: false,
        measure: |cell| Box::pin(measure::<worker_pool::WorkerPool>(cell)),
    },
    Workload {
        id: "fanout/urls",
        version: 1,
        source: "baselines/tokio/src/urls.rs",
        parameters: &["urls", "delay_ms", "mode"],
        only: &[],
        needs_server: true,
        measure: |cell| Box::pin(measure::<urls::Urls>(cell)),
    },
];

/// Looks the workload up and checks that the profile and the parameters are its own.
pub fn find(request: Request) -> Result<(&'static Workload, Cell)> {
    let profile = pool::profile(&request.profile)?;
    let Some(workload) = WORKLOADS.iter().find(|each| each.id == request.workload) else {
        return usage(format!("there is no workload '{}'", request.workload));
    };
    for name in workload.parameters {
        request.text(name)?;
    }
    if let Some(name) = request.parameters.keys().find(|&name| !workload.has(name)) {
        return usage(format!("{} has no parameter '{name}'", workload.id));
    }
    if workload.needs_server && request.server.is_none() {
        return usage(format!("{} needs --server and --server-token", workload.id));
    }
    if profile.workers_max.is_some_and(|max| request.workers > max) {
        let words = format!("workers={}: {}", request.workers, profile.limit_reason);
        return Err(Failure::Unsupported(words));
    }
    for (name, value) in workload.only {
        if request.text(name)? != *value {
            let words = format!("{name}={}: {ONLY_REASON}", request.text(name)?);
            return Err(Failure::Unsupported(words));
        }
    }
    Ok((workload, Cell(request)))
}

/// Why a parameter has one value here.
pub const ONLY_REASON: &str = "its program does no other value yet";

impl Workload {
    fn has(&self, parameter: &str) -> bool {
        self.parameters.contains(&parameter)
    }
}

/// Gives tasks something to borrow for as long as the process lives, as a body on a task's stack
/// is borrowed elsewhere; with an Arc each task would pay for a count that all of them share.
pub fn lend<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
