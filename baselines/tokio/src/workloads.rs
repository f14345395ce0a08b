//! Which workloads there are, with the parameters that each has.

use crate::workload::Workload;
use crate::{
    batch, chain, churn, echo, false_sharing, fanout_request, fib, fine_grain_sum, foreign,
    idle_cpu, migration, mutex, oversubscribed, parked, ping_pong, pipeline, ring, select,
    shared_mutex, sieve, skynet, sleep_storm, sojourn, stall, starvation, task_per_job, throughput,
    timeout_churn, true_sharing, unbalanced_tree, urls, wake, worker_pool,
};

const NO_TREE: &str = "Tokio has nothing that cancels a tree: the CancellationToken is of another \
                       crate, and one written here would be measured in its place";

pub static WORKLOADS: [Workload; 35] = [
    Workload::new::<batch::Batch>(
        "spawn/batch",
        1,
        "batch.rs",
        &["tasks", "captured_bytes", "stack_touched_bytes"],
    ),
    Workload::new::<chain::Chain>("spawn/chain", 1, "chain.rs", &[]),
    Workload::new::<foreign::Foreign>(
        "spawn/foreign",
        1,
        "foreign.rs",
        &["threads", "pool", "gap_us"],
    ),
    Workload::new::<skynet::Skynet>("spawn/skynet", 2, "skynet.rs", &["leaves", "capacity"]),
    Workload::new::<parked::Parked>(
        "spawn/parked",
        1,
        "parked.rs",
        &["tasks", "wait", "stack_touched_bytes"],
    ),
    Workload::new::<ping_pong::PingPong>(
        "channel/ping_pong",
        1,
        "ping_pong.rs",
        &["capacity", "timed"],
    ),
    Workload::new::<ring::Ring>("channel/ring", 1, "ring.rs", &["tasks", "tokens"]),
    Workload::new::<throughput::Throughput>(
        "channel/throughput",
        1,
        "throughput.rs",
        &[
            "producers",
            "consumers",
            "capacity",
            "message_bytes",
            "work_ns",
        ],
    ),
    Workload::new::<select::Selection>(
        "channel/select",
        1,
        "select.rs",
        &["mode", "channels", "tasks"],
    ),
    Workload::new::<sieve::Sieve>("channel/sieve", 1, "sieve.rs", &["primes"]),
    Workload::new::<pipeline::Pipeline>(
        "channel/pipeline",
        1,
        "pipeline.rs",
        &["stages", "capacity"],
    ),
    Workload::new::<fine_grain_sum::FineGrainSum>(
        "channel/fine_grain_sum",
        1,
        "fine_grain_sum.rs",
        &["grain"],
    ),
    Workload::new::<false_sharing::FalseSharing>(
        "sharing/false_sharing",
        1,
        "false_sharing.rs",
        &["stride"],
    ),
    Workload::new::<migration::Migration>("sharing/migration", 1, "migration.rs", &["stride"]),
    Workload::refused(
        "sharing/layout",
        1,
        "the padding of Tokio's runtime is fixed in its source",
    ),
    Workload::new::<true_sharing::TrueSharing>(
        "sharing/true_sharing",
        1,
        "true_sharing.rs",
        &["way", "tasks"],
    ),
    Workload::new::<worker_pool::WorkerPool>(
        "pool/worker_pool",
        2,
        "worker_pool.rs",
        &["pool_tasks", "grain_ns"],
    ),
    Workload::new::<task_per_job::TaskPerJob>(
        "pool/task_per_job",
        1,
        "task_per_job.rs",
        &["grain_ns"],
    ),
    Workload::new::<sojourn::Sojourn>("pool/sojourn", 1, "sojourn.rs", &["load_percent"]),
    Workload::new::<unbalanced_tree::UnbalancedTree>(
        "pool/unbalanced_tree",
        1,
        "unbalanced_tree.rs",
        &["root_children", "grain_ns"],
    ),
    Workload::new::<fib::Fib>("pool/fib", 1, "fib.rs", &["index"]),
    Workload::new::<oversubscribed::Oversubscribed>(
        "pool/oversubscribed",
        1,
        "oversubscribed.rs",
        &["tasks"],
    ),
    Workload::new::<mutex::Sections>("pool/mutex", 1, "mutex.rs", &["tasks", "section_ns"]),
    Workload::new::<shared_mutex::SharedMutex>(
        "pool/shared_mutex",
        1,
        "shared_mutex.rs",
        &["tasks", "read_percent", "section_ns"],
    ),
    Workload::new::<starvation::Starvation>("pool/starvation", 1, "starvation.rs", &[]),
    Workload::refused("cancel/tree", 1, NO_TREE),
    Workload::new::<sleep_storm::SleepStorm>("time/sleep_storm", 1, "sleep_storm.rs", &["tasks"]),
    Workload::new::<timeout_churn::TimeoutChurn>(
        "time/timeout_churn",
        1,
        "timeout_churn.rs",
        &["pending"],
    ),
    Workload::new::<idle_cpu::Idle>("idle/cpu", 1, "idle_cpu.rs", &["idle_ms"]),
    Workload::new::<wake::Wake>("idle/wake", 1, "wake.rs", &["gap_us"]),
    Workload::new::<urls::Urls>("fanout/urls", 1, "urls.rs", &["urls", "delay_ms", "mode"])
        .with_server(),
    Workload::new::<fanout_request::Plan>(
        "fanout/request",
        1,
        "fanout_request.rs",
        &["fan", "backend", "mode"],
    ),
    Workload::new::<echo::Echo>("fanout/echo", 1, "echo.rs", &["connections"]).with_server(),
    Workload::new::<stall::Stall>("fanout/stall", 1, "stall.rs", &["load"]).with_server(),
    Workload::new::<churn::Churn>("fanout/churn", 1, "churn.rs", &["connections"]).with_server(),
];
