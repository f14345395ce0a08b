//! Every workload as a whole, on the pools that it is measured in; and the command line.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::checks_test::serve;
use crate::failure::{require_equal, Failure, Result};
use crate::load_test::{generate_load, report_rightly};
use crate::pool::PROFILES;
use crate::request::Request;
use crate::workloads::WORKLOADS;
use crate::{dispatch, run};

/// One operation of these takes milliseconds.
const SLOW: [&str; 6] = [
    "fanout/urls",
    "spawn/skynet",
    "spawn/parked",
    "time/sleep_storm",
    "idle/cpu",
    "channel/sieve",
];

const SMALL_URLS: &str = "urls=20 delay_ms=1 mode=pool";

/// Parameters with which each workload ends at once.
const SMALL: [(&str, &str); 58] = [
    (
        "spawn/batch",
        "tasks=100 captured_bytes=64 stack_touched_bytes=1024",
    ),
    (
        "spawn/batch",
        "tasks=1 captured_bytes=0 stack_touched_bytes=0",
    ),
    ("spawn/chain", ""),
    ("spawn/foreign", "threads=1 pool=idle gap_us=1"),
    ("spawn/foreign", "threads=3 pool=busy gap_us=0"),
    ("spawn/skynet", "leaves=1000 capacity=0"),
    ("spawn/skynet", "leaves=1000 capacity=10"),
    PARKED_ON_A_CHANNEL,
    (
        "spawn/parked",
        "tasks=100 wait=own_channel stack_touched_bytes=4096",
    ),
    (
        "spawn/parked",
        "tasks=10 wait=sleep stack_touched_bytes=1024",
    ),
    ("channel/ping_pong", "capacity=0 timed=all"),
    ("channel/ping_pong", "capacity=1 timed=each"),
    ("channel/ring", "tasks=7 tokens=3"),
    (
        "channel/throughput",
        "producers=4 consumers=3 capacity=1 message_bytes=8 work_ns=0",
    ),
    (
        "channel/throughput",
        "producers=4 consumers=1 capacity=16 message_bytes=64 work_ns=10",
    ),
    (
        "channel/throughput",
        "producers=1 consumers=1 capacity=0 message_bytes=256 work_ns=0",
    ),
    ("channel/select", "mode=ready channels=2 tasks=2"),
    ("channel/select", "mode=ready channels=4 tasks=1"),
    ("channel/select", "mode=ready channels=16 tasks=1"),
    ("channel/select", "mode=ready channels=64 tasks=1"),
    ("channel/select", "mode=empty channels=2 tasks=2"),
    ("channel/select", "mode=empty channels=64 tasks=1"),
    ("channel/select", "mode=default channels=4 tasks=2"),
    ("channel/select", "mode=timeout channels=4 tasks=1"),
    ("channel/select", "mode=timeout channels=16 tasks=2"),
    ("channel/select", "mode=done channels=2 tasks=20"),
    ("channel/select", "mode=done channels=4 tasks=2"),
    ("channel/select", "mode=done channels=16 tasks=2"),
    ("channel/select", "mode=done channels=64 tasks=2"),
    ("channel/sieve", "primes=10"),
    ("channel/pipeline", "stages=2 capacity=0"),
    ("channel/pipeline", "stages=5 capacity=16"),
    ("channel/fine_grain_sum", "grain=3"),
    ("sharing/false_sharing", "stride=64"),
    ("sharing/migration", "stride=8"),
    ("sharing/true_sharing", "way=mutex tasks=7"),
    ("sharing/true_sharing", "way=atomic tasks=7"),
    ("sharing/true_sharing", "way=channel tasks=7"),
    ("sharing/true_sharing", "way=merge tasks=7"),
    ("pool/worker_pool", "pool_tasks=workers grain_ns=100"),
    ("pool/worker_pool", "pool_tasks=10 grain_ns=mix"),
    ("pool/task_per_job", "grain_ns=mix"),
    ("pool/sojourn", "load_percent=50"),
    ("pool/unbalanced_tree", "root_children=20 grain_ns=10"),
    ("pool/fib", "index=7"),
    ("pool/oversubscribed", "tasks=30"),
    ("pool/mutex", "tasks=7 section_ns=10"),
    ("pool/shared_mutex", "tasks=7 read_percent=50 section_ns=10"),
    ("pool/starvation", ""),
    ("time/sleep_storm", "tasks=10"),
    ("time/timeout_churn", "pending=300"),
    ("idle/cpu", "idle_ms=1"),
    ("idle/wake", "gap_us=1"),
    ("fanout/urls", SMALL_URLS),
    ("fanout/request", "fan=16 backend=exp_1ms mode=first"),
    ("fanout/echo", "connections=3"),
    ("fanout/stall", "load=100"),
    ("fanout/churn", "connections=1"),
];

const PARKED_ON_A_CHANNEL: (&str, &str) = (
    "spawn/parked",
    "tasks=100 wait=channel stack_touched_bytes=0",
);

fn request(workload: &str, profile: &str, workers: usize, parameters: &str) -> Request {
    let pairs = parameters
        .split_whitespace()
        .filter_map(|each| each.split_once('='));
    Request {
        workload: workload.to_string(),
        profile: profile.to_string(),
        workers,
        operations: 100,
        warmup: 1,
        repetitions: 2,
        parameters: pairs
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        server: match workload {
            "fanout/urls" => Some(serve()),
            "fanout/echo" | "fanout/stall" | "fanout/churn" => Some(generate_load(report_rightly)),
            _ => None,
        },
    }
}

fn assert_right(asked: &Request, record: &Value) {
    let context = &record["context"];
    assert_eq!(context["check"], "ok");
    for (name, value) in &asked.parameters {
        assert_eq!(
            context[format!("effective.{name}")],
            *value,
            "{} {name}",
            asked.workload
        );
    }
    assert_eq!(context["effective.workers"], asked.workers.to_string());
    let repetitions = record["benchmarks"].as_array().expect("a list");
    assert_eq!(repetitions.len(), asked.repetitions);
    for repetition in repetitions {
        assert!(repetition["real_time"].as_f64().expect("a number") > 0.0);
        assert_eq!(repetition["iterations"], asked.operations);
    }
}

#[test]
fn every_workload_gives_a_right_record() {
    assert!(WORKLOADS
        .iter()
        .all(|work| work.measure.is_err() || SMALL.iter().any(|(id, _)| *id == work.id)));
    for (workload, parameters) in SMALL {
        for (profile, workers) in [
            ("current_thread", 1),
            ("multi_thread", 1),
            ("multi_thread", 2),
            ("multi_thread", 5),
        ] {
            let mut asked = request(workload, profile, workers, parameters);
            if SLOW.contains(&workload) {
                asked.operations = 2;
            }
            let record = run(asked.clone()).unwrap_or_else(|failure| {
                panic!("{workload} in {profile} on {workers}: {failure}")
            });
            assert_right(&asked, &record);
        }
    }
}

#[test]
fn urls_are_fetched_in_every_mode() {
    for mode in ["sequential", "all_at_once", "pool"] {
        let parameters = format!("urls=15 delay_ms=1 mode={mode}");
        let mut asked = request("fanout/urls", "multi_thread", 2, &parameters);
        asked.operations = 2;
        let record = run(asked).expect("the server answers");
        assert_eq!(record["context"]["checksum"], "30");
    }
}

#[test]
fn requests_end_in_every_mode() {
    for mode in ["all", "first", "timeout"] {
        for backend in ["none", "fixed_1ms", "exp_1ms"] {
            let parameters = format!("fan=16 backend={backend} mode={mode}");
            let mut asked = request("fanout/request", "multi_thread", 2, &parameters);
            asked.operations = 20;
            let record = run(asked).expect("the backends answer");
            assert_eq!(record["context"]["checksum"], "320");
        }
    }
}

#[test]
fn a_run_against_another_server_is_wrong() {
    let mut asked = request("fanout/urls", "multi_thread", 2, SMALL_URLS);
    asked.server.as_mut().expect("fanout has one").token = "other".to_string();
    assert_eq!(run(asked).expect_err("the token differs").exit_status(), 3);
}

fn status_of(outcome: Result<Value>) -> u8 {
    outcome.map_or_else(|failure| failure.exit_status(), |_| 0)
}

#[test]
fn a_cell_that_is_none_is_refused() {
    for (workload, parameters) in [
        ("channel/none", ""),
        ("channel/ping_pong", ""),
        ("channel/ping_pong", "capacity=-1 timed=all"),
        ("channel/ping_pong", "capacity=0 timed=all depth=1"),
        (
            "spawn/batch",
            "tasks=1 captured_bytes=8 stack_touched_bytes=0",
        ),
        ("channel/ping_pong", "capacity=0 timed=some"),
        ("channel/ring", "tasks=5 tokens=5"),
        ("channel/select", "mode=ready channels=3 tasks=1"),
        ("channel/select", "mode=other channels=2 tasks=1"),
        ("channel/fine_grain_sum", "grain=131073"),
        (
            "channel/throughput",
            "producers=1 consumers=1 capacity=0 message_bytes=9 work_ns=0",
        ),
        ("spawn/parked", "tasks=1 wait=other stack_touched_bytes=0"),
        ("spawn/parked", "tasks=1 wait=channel stack_touched_bytes=8"),
        ("spawn/foreign", "threads=1 pool=other gap_us=0"),
        ("spawn/foreign", "threads=101 pool=idle gap_us=0"),
        ("sharing/false_sharing", "stride=12"),
        ("sharing/true_sharing", "way=other tasks=1"),
        ("pool/fib", "index=41"),
        ("pool/shared_mutex", "tasks=1 read_percent=101 section_ns=0"),
        ("fanout/request", "fan=65 backend=none mode=all"),
        ("fanout/request", "fan=1 backend=other mode=all"),
        ("fanout/request", "fan=1 backend=none mode=other"),
        ("fanout/urls", "urls=1 delay_ms=0 mode=both"),
    ] {
        let asked = request(workload, "multi_thread", 2, parameters);
        assert_eq!(status_of(run(asked)), 2, "{workload} {parameters}");
    }
    let no_tree = request("spawn/skynet", "multi_thread", 2, "leaves=999 capacity=0");
    assert_eq!(status_of(run(no_tree)), 2);
    let mut no_server = request("fanout/urls", "multi_thread", 2, SMALL_URLS);
    no_server.server = None;
    assert_eq!(status_of(run(no_server)), 2);
    for (workload, profile, workers, status) in [
        ("spawn/chain", "other", 1, 2),
        ("spawn/chain", "current_thread", 2, 4),
        ("cancel/tree", "multi_thread", 2, 4),
        ("sharing/layout", "multi_thread", 2, 4),
    ] {
        let asked = request(workload, profile, workers, "");
        assert_eq!(status_of(run(asked)), status, "{workload} {profile}");
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_string).collect()
}

#[test]
fn a_wrong_command_line_is_refused() {
    let whole = "--workload w --profile p --workers 1 --operations 1 --warmup 0 --repetitions 1";
    assert!(Request::parse(&words(whole)).is_ok());
    for line in [
        "".to_string(),
        "--workload".to_string(),
        "--workload w".to_string(),
        format!("{whole} --workers 2"),
        format!("{whole} --server a:1"),
        format!("{whole} --param a"),
        format!("{whole} --param a=1 --param a=2"),
        format!("{whole} --what 1"),
        whole.replace("--workers 1", "--workers 0"),
        whole.replace("--warmup 0", "--warmup -1"),
        whole.replace("--operations 1", "--operations x"),
    ] {
        assert!(
            matches!(Request::parse(&words(&line)), Err(Failure::Usage(_))),
            "{line}"
        );
    }
    for line in ["", "show", "list all"] {
        assert_eq!(status_of(dispatch(&words(line))), 2, "{line}");
    }
}

#[test]
fn what_the_program_says_names_its_default_and_its_sources() {
    let description = dispatch(&words("describe")).expect("it describes itself");
    assert!(description["version"]
        .as_str()
        .expect("a text")
        .starts_with("1."));
    assert_eq!(PROFILES.iter().filter(|each| each.is_default).count(), 1);
    let list = dispatch(&words("list")).expect("it lists its workloads");
    let entries = list["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), WORKLOADS.len() * PROFILES.len());
    for entry in entries {
        let (supported, source) = (entry["supported"] == true, entry["source"].as_str());
        assert_eq!(supported, source.is_some(), "{entry}");
        assert_eq!(supported, entry["reason"].is_null(), "{entry}");
        let file = source.and_then(|path| path.strip_prefix("baselines/tokio/"));
        let source = |file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        assert!(file.is_none_or(|file| source(file).is_file()), "{entry}");
    }
}

#[test]
fn failures_have_their_exit_status() {
    let refused = |code| Failure::System(io::Error::from_raw_os_error(code)).exit_status();
    assert_eq!(refused(libc::EMFILE), 5);
    assert_eq!(refused(libc::ECONNREFUSED), 70);
    assert_eq!(
        require_equal(1, 2, "one")
            .expect_err("they differ")
            .exit_status(),
        3
    );
}
