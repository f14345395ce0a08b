//! Tokio as a contender: it describes itself, lists the workloads it can do and runs one of them,
//! as baselines/README.md asks of every contender.

mod batch;
mod chain;
mod channel;
mod churn;
mod descriptors;
mod echo;
mod failure;
mod false_sharing;
mod fanout_request;
mod fib;
mod fine_grain_sum;
mod foreign;
mod http_get;
mod idle_cpu;
mod jobs;
mod latencies;
mod load_order;
mod meter;
mod migration;
mod mix;
mod mutex;
mod outside;
mod oversubscribed;
mod parked;
mod ping_pong;
mod pipeline;
mod pool;
mod record;
mod request;
mod ring;
mod select;
mod select_branches;
mod server;
mod shared_mutex;
mod sieve;
mod skynet;
mod sleep_storm;
mod sojourn;
mod spin;
mod stall;
mod starvation;
mod task_per_job;
mod tasks;
mod thread_totals;
mod throughput;
mod timeout_churn;
mod true_sharing;
mod unbalanced_tree;
mod urls;
mod wait_group;
mod wake;
mod worker_pool;
mod workload;
mod workloads;

#[cfg(test)]
mod channel_test;
#[cfg(test)]
mod checks_test;
#[cfg(test)]
mod load_test;
#[cfg(test)]
mod outside_test;
#[cfg(test)]
mod pool_test;
#[cfg(test)]
mod thread_totals_test;
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
    let (workload, run) = workload::find(request.clone())?;
    let profile = pool::profile(&request.profile)?;
    let measured = profile.run(request.workers, run)?;
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
