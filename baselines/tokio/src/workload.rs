//! What a workload is, and what a cell of one is.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use crate::failure::{Failure, Result};
use crate::meter::Meter;
use crate::pool;
use crate::record::{measure, Measured};
use crate::request::{usage, Request};
use crate::workloads::WORKLOADS;

/// A workload's body: made in the pool from the cell, before the first repetition.
pub trait Body: Sized + Send + 'static {
    fn prepare(cell: &Cell) -> impl Future<Output = Result<Self>> + Send;

    /// Does one repetition, checks it and returns its checksum.
    fn repeat(&mut self, meter: &mut Meter) -> impl Future<Output = Result<u64>> + Send;

    /// What is left to be done when the last repetition is over.
    fn end(self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// A run of a body, without its type.
pub type Run = Pin<Box<dyn Future<Output = Result<Measured>> + Send>>;

pub struct Workload {
    pub id: &'static str,
    pub version: u32,
    /// The file of its body, in this program's src/.
    pub file: &'static str,
    pub parameters: &'static [&'static str],
    pub needs_server: bool,
    /// Or why it cannot be done.
    pub measure: std::result::Result<fn(Cell) -> Run, &'static str>,
}

impl Workload {
    pub const fn new<B: Body>(
        id: &'static str,
        version: u32,
        file: &'static str,
        parameters: &'static [&'static str],
    ) -> Workload {
        Workload {
            id,
            version,
            file,
            parameters,
            needs_server: false,
            measure: Ok(|cell| Box::pin(measure::<B>(cell))),
        }
    }

    pub const fn with_server(self) -> Workload {
        Workload {
            needs_server: true,
            ..self
        }
    }

    pub const fn refused(id: &'static str, version: u32, reason: &'static str) -> Workload {
        Workload {
            id,
            version,
            file: "",
            parameters: &[],
            needs_server: false,
            measure: Err(reason),
        }
    }

    /// Checks that the parameters are the workload's own.
    fn accept(&self, request: &Request) -> Result<()> {
        for name in self.parameters {
            request.text(name)?;
        }
        let foreign = |name: &&String| !self.parameters.contains(&name.as_str());
        if let Some(name) = request.parameters.keys().find(foreign) {
            return usage(format!("{} has no parameter '{name}'", self.id));
        }
        if self.needs_server && request.server.is_none() {
            return usage(format!("{} needs --server and --server-token", self.id));
        }
        Ok(())
    }
}

/// A request whose parameters are known to be the workload's.
pub struct Cell(Request);

impl Deref for Cell {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.0
    }
}

/// Looks the workload up and checks that the profile and the parameters are its own.
pub fn find(request: Request) -> Result<(&'static Workload, Run)> {
    let profile = pool::profile(&request.profile)?;
    let Some(workload) = WORKLOADS.iter().find(|each| each.id == request.workload) else {
        return usage(format!("there is no workload '{}'", request.workload));
    };
    let run = workload
        .measure
        .map_err(|reason| Failure::Unsupported(reason.to_string()))?;
    workload.accept(&request)?;
    if profile.workers_max.is_some_and(|max| request.workers > max) {
        let words = format!("workers={}: {}", request.workers, profile.limit_reason);
        return Err(Failure::Unsupported(words));
    }
    Ok((workload, run(Cell(request))))
}

/// Gives tasks something to borrow for as long as the process lives, as a body on a task's stack
/// is borrowed elsewhere; with an Arc each task would pay for a count that all of them share.
pub fn lend<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
