//! Tokio as a contender: it describes itself, lists the workloads it can do and runs one of them,
//! as baselines/README.md asks of every contender.

mod batch;
mod channel;
mod failure;
mod false_sharing;
mod http_get;
mod meter;
mod parked;
mod ping_pong;
mod pool;
mod record;
mod request;
mod skynet;
mod spin;
mod throughput;
mod urls;
mod wait_group;
mod worker_pool;
mod workload;

#[cfg(test)]
mod checks_test;
#[cfg(test)]
mod workload_test;

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use failure::Result;
use request::{usage, Request};

fn dispatch(arguments: &[String]) -> Result<Value> {
    match arguments {
        [verb] if verb == "describe" => Ok(record::description()),
        [verb] if verb == "list" => Ok(record::listing()),
        [verb, options @ ..] if verb == "run" => run(Request::parse(options)?),
        _ => usage("tokio describe | list | run --workload ID ...".to_string()),
    }
}

fn run(request: Request) -> Result<Value> {
    let (workload, cell) = workload::find(request)?;
    let request = cell.0.clone();
    let profile = pool::profile(&request.profile)?;
    let measured = profile.run(request.workers, (workload.measure)(cell))?;
    Ok(record::record(workload, &request, measured))
}

/// Makes this process the first one that the kernel ends when memory runs out, so that a contender
/// that needs too much loses its own cell and nobody else's.
fn volunteer_for_oom_killer() {
    // Raising one's own score needs no rights; where /proc does not offer it, nothing is lost.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}

/// A task's panic ends only the task, and whoever counts on its end would wait for ever.
fn end_at_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}

fn main() -> ExitCode {
    volunteer_for_oom_killer();
    end_at_panic();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let printed =
        dispatch(&arguments).and_then(|value| Ok(writeln!(std::io::stdout().lock(), "{value}")?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tokio: {failure}");
            ExitCode::from(failure.exit_status())
        }
    }
}
