//! Every workload as a whole, on the pools that it is measured in; and the command line.

use std::io;

use serde_json::Value;

use crate::checks_test::serve;
use crate::failure::{require_equal, Failure, Result};
use crate::pool::PROFILES;
use crate::request::Request;
use crate::workload::WORKLOADS;
use crate::{dispatch, run};

const SMALL_URLS: &str = "urls=20 delay_ms=1 mode=pool";

/// Parameters with which each workload ends at once.
const SMALL: [(&str, &str); 13] = [
    (
        "spawn/batch",
        "tasks=100 captured_bytes=64 stack_touched_bytes=1024",
    ),
    (
        "spawn/batch",
        "tasks=1 captured_bytes=0 stack_touched_bytes=0",
    ),
    ("spawn/skynet", "leaves=1000 capacity=0"),
    ("spawn/skynet", "leaves=1000 capacity=10"),
    ("spawn/parked", "tasks=100 wait=channel stack_touched_bytes=0"),
    ("channel/ping_pong", "capacity=0 timed=all"),
    ("channel/ping_pong", "capacity=1 timed=all"),
    ("channel/throughput", "producers=4 consumers=3 capacity=1 message_bytes=8 work_ns=0"),
    ("channel/throughput", "producers=4 consumers=1 capacity=16 message_bytes=8 work_ns=0"),
    ("sharing/false_sharing", "stride=64"),
    ("pool/worker_pool", "pool_tasks=workers grain_ns=100"),
    ("pool/worker_pool", "pool_tasks=10 grain_ns=mix"),
    ("fanout/urls", SMALL_URLS),
];

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
        server: workload.starts_with("fanout/").then(serve),
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
        .all(|work| SMALL.iter().any(|(id, _)| *id == work.id)));
    for (workload, parameters) in SMALL {
        for (profile, workers) in [
            ("current_thread", 1),
            ("multi_thread", 1),
            ("multi_thread", 2),
            ("multi_thread", 5),
        ] {
            let mut asked = request(workload, profile, workers, parameters);
            if asked.server.is_some() {
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
        ("sharing/false_sharing", "stride=12"),
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
    let small_parked = "tasks=1 wait=channel stack_touched_bytes=0";
    for (profile, parameters, status) in [
        ("other", small_parked, 2),
        ("current_thread", small_parked, 4),
        ("multi_thread", "tasks=1 wait=sleep stack_touched_bytes=0", 4),
    ] {
        let asked = request("spawn/parked", profile, 2, parameters);
        assert_eq!(status_of(run(asked)), status, "{profile} {parameters}");
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
