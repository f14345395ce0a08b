//! The checks of suite fanout's servers and requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::AtomicU8;
use std::thread;
use std::time::{Duration, Instant};

use crate::checks_test::assert_wrong;
use crate::failure::{Failure, Result};
use crate::fanout_request::{Mode, Outcome, Plan, ANSWERED, CANCELLED, REQUEST_TIMEOUT};
use crate::load_order::Report;
use crate::meter::Meter;
use crate::request::{Request, Server};
use crate::run;
use crate::server::{check_messages, sum_of_numbers, ECHO_BYTES};
use crate::stall::Stalls;
use crate::workload::lend;

/// How a report of so many messages with that sum reads.
type Reporting = fn(u64, u64) -> String;

/// Stands in for the load generator until the process ends. It does what is ordered, one message
/// after the other, and answers with what `reporting` makes of the outcome.
pub fn generate_load(reporting: Reporting) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        for control in listener.incoming() {
            let control = control.expect("a connection");
            thread::spawn(move || converse(control, reporting));
        }
    });
    Server {
        address,
        token: "t".to_string(),
    }
}

/// Nothing when the contender has gone.
fn converse(mut control: TcpStream, reporting: Reporting) -> Option<()> {
    let reader = BufReader::new(control.try_clone().ok()?);
    let mut lines = reader.lines().map_while(|line| line.ok());
    let hello = lines.next()?;
    let [_, port, connections] = words(&hello);
    let clients: Vec<_> = (0..connections).map(|_| connect(port)).collect();
    clients.iter().for_each(|client| _ = round_trip(client, 0));
    writeln!(control, "ready").ok()?;
    while let Some(order) = lines.next() {
        let [_, count, _] = words(&order);
        writeln!(control, "prepared").ok()?;
        lines.next()?;
        let (count, sum) = if order.starts_with("churn") {
            count_ends(count, port)
        } else {
            count_round_trips(count, &clients)
        };
        writeln!(control, "ended").ok()?;
        writeln!(control, "{}", reporting(count, sum)).ok()?;
    }
    None
}

/// The numbers among a line's first three words.
fn words(line: &str) -> [u64; 3] {
    let mut words = line.split(' ').map(|word| word.parse().unwrap_or(0));
    [0; 3].map(|_| words.next().unwrap_or(0))
}

fn connect(port: u64) -> TcpStream {
    TcpStream::connect(format!("127.0.0.1:{port}")).expect("a server")
}

fn count_ends(count: u64, port: u64) -> (u64, u64) {
    let mut rest = vec![];
    let ended = |_: &u64| {
        connect(port)
            .read_to_end(&mut rest)
            .is_ok_and(|got| got == 0)
    };
    let numbers: Vec<u64> = (1..=count).filter(ended).collect();
    (numbers.len() as u64, numbers.iter().sum())
}

fn count_round_trips(count: u64, clients: &[TcpStream]) -> (u64, u64) {
    let (mut back, mut sum) = (0, 0);
    for number in 0..count as usize {
        if round_trip(&clients[number % clients.len()], number as u8) {
            back += 1;
            sum += (number / clients.len()) as u64 + 1;
        }
    }
    (back, sum)
}

fn round_trip(mut client: &TcpStream, number: u8) -> bool {
    let (message, mut back) = ([number; ECHO_BYTES], [0; ECHO_BYTES]);
    let sent = client.write_all(&message);
    sent.and_then(|()| client.read_exact(&mut back)).is_ok() && back == message
}

pub fn report_rightly(count: u64, sum: u64) -> String {
    format!("done count={count} sum={sum} p50_ns=1.5 p99_ns=2")
}

fn run_with(workload: &str, parameter: (&str, &str), reporting: Reporting) -> Result<()> {
    let (name, value) = parameter;
    let asked = Request {
        workload: workload.to_string(),
        profile: "multi_thread".to_string(),
        workers: 2,
        operations: 10,
        warmup: 0,
        repetitions: 2,
        parameters: [(name.to_string(), value.to_string())].into(),
        server: Some(generate_load(reporting)),
    };
    let record = run(asked)?;
    assert_eq!(record["benchmarks"][0]["p50_ns"], 1.5);
    Ok(())
}

#[test]
fn a_servers_load_is_checked() {
    let workloads = [
        ("fanout/echo", ("connections", "3")),
        ("fanout/churn", ("connections", "1")),
        ("fanout/stall", ("load", "100")),
    ];
    let faults: [(&str, Reporting); 3] = [
        ("a changed message", |_, _| "wrong message 3".to_string()),
        ("one that is lost", |count, sum| {
            report_rightly(count - 1, sum)
        }),
        ("one for another", |count, sum| {
            report_rightly(count, sum + 1)
        }),
    ];
    for (workload, parameter) in workloads {
        run_with(workload, parameter, report_rightly).expect("nothing is wrong");
        for (what, fault) in faults {
            assert_wrong(run_with(workload, parameter, fault), what);
        }
    }
}

#[test]
fn a_load_generators_trouble_is_reported() {
    let troubles: [(Reporting, u8); 4] = [
        (|_, _| "refused no more ports".to_string(), 5),
        (|_, _| "failed oh".to_string(), 70),
        (|_, _| String::new(), 70),
        (|_, _| "done x".to_string(), 70),
    ];
    for (trouble, status) in troubles {
        let outcome = run_with("fanout/echo", ("connections", "1"), trouble);
        let failure = outcome.expect_err("there is trouble");
        assert_eq!(failure.exit_status(), status, "{failure}");
    }
}

#[test]
fn connections_beyond_the_limit_are_refused() {
    for workload in ["fanout/echo", "fanout/churn"] {
        let outcome = run_with(workload, ("connections", "10000000000"), report_rightly);
        assert!(matches!(outcome, Err(Failure::Refused(_))), "{workload}");
    }
}

#[test]
fn a_strangers_connection_is_noticed() {
    let report = Report::parse("done count=10 sum=55").expect("it is one");
    assert_eq!(check_messages(&report, 10, 1, 1).expect("all right"), 55);
    assert_wrong(check_messages(&report, 10, 1, 2), "a stranger");
}

#[test]
fn sums_of_numbers_add_up() {
    for (messages, connections, sum) in [(10, 1, 55), (10, 4, 18), (3, 4, 3)] {
        assert_eq!(sum_of_numbers(messages, connections), sum);
    }
}

#[test]
fn stalls_ask_for_their_load() {
    const DRAWS: u32 = 10_000;
    let (mut own, mut sum) = (Stalls::new(1, 160), Duration::ZERO);
    for _ in 0..DRAWS {
        own.over();
        sum += own.next.saturating_duration_since(Instant::now());
    }
    // 64 connections that compute 1 ms every 40 ms ask for 160 % of a CPU.
    let mean = sum / DRAWS;
    assert!(
        (Duration::from_millis(38)..Duration::from_millis(42)).contains(&mean),
        "{mean:?} between stalls"
    );
}

/// What a test does to a plan that nothing is wrong with.
type Fault = fn(&mut Plan);

/// One request to two backends of 1 and 2 ms that both answered in 3 ms, after a fault.
fn concluded(mode: Mode, fault: Fault) -> Result<u64> {
    let ends = [ANSWERED, ANSWERED].map(AtomicU8::new);
    let mut plan = Plan {
        fan: 2,
        mode,
        delays: vec![Duration::from_millis(1), Duration::from_millis(2)],
        ends: lend(ends),
        outcomes: vec![Outcome {
            seen: if mode == Mode::First { 0b01 } else { 0b11 },
            twice: false,
            took: Duration::from_millis(3),
        }],
    };
    fault(&mut plan);
    plan.check(&mut Meter::new())
}

fn end(plan: &mut Plan, sub: usize, end: u8) {
    plan.ends[sub].store(end, std::sync::atomic::Ordering::Relaxed);
}

#[test]
fn request_finds_every_fault() {
    let faults: [(&str, Fault); 6] = [
        ("one without an end", |plan| end(plan, 1, 0)),
        ("one ended twice", |plan| end(plan, 1, ANSWERED | CANCELLED)),
        ("a cancelled answer", |plan| end(plan, 0, CANCELLED)),
        ("one seen twice", |plan| plan.outcomes[0].take(0)),
        ("no answer at all", |plan| plan.outcomes[0].seen = 0),
        ("an early answer", |plan| plan.outcomes[0].took /= 1000),
    ];
    for mode in [Mode::All, Mode::First, Mode::Timeout] {
        assert_eq!(concluded(mode, |_| ()).expect("nothing is wrong"), 2);
        for (what, fault) in faults {
            assert_wrong(concluded(mode, fault), what);
        }
    }
    let timed_out = concluded(Mode::Timeout, |plan| {
        plan.outcomes[0].seen = 0;
        plan.outcomes[0].took = REQUEST_TIMEOUT;
    });
    assert!(timed_out.is_ok());
}
