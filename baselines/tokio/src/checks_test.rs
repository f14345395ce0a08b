//! What each check is for is broken here, and the check has to see it.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crate::batch::check_marks;
use crate::channel::{Channels, Mpsc, Sender};
use crate::failure::{Failure, Result};
use crate::false_sharing::strided_counters;
use crate::http_get::Answer;
use crate::parked::check_woken;
use crate::ping_pong::check_token;
use crate::pool::PROFILES;
use crate::request::Server;
use crate::spin::Spin;
use crate::throughput::{message, Tally, Traffic};
use crate::true_sharing::{check_increments, sum_of};
use crate::urls::Answers;

pub fn assert_wrong<T>(outcome: Result<T>, what: &str) {
    assert!(
        matches!(outcome, Err(Failure::Wrong(_))),
        "{what} went unnoticed"
    );
}

/// Runs a root in the pool of the default profile.
pub fn in_pool<F>(root: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let profile = PROFILES.iter().find(|each| each.is_default);
    let profile = profile.expect("one is the default");
    let outcome = profile.run(2, async { Ok(root.await) });
    outcome.expect("there is a pool")
}

type Fault = fn(&mut Vec<u64>);

/// What consumers saw of four messages from each of two producers, after a fault.
fn received(fault: Fault) -> [Tally; 2] {
    let mut first = vec![
        message(0, 1),
        message(0, 2),
        message(1, 1),
        message(0, 3),
        message(0, 4),
    ];
    first.push(message(1, 2));
    fault(&mut first);
    let mut seen = [Tally::new(2), Tally::new(2)];
    first.into_iter().for_each(|each| seen[0].take(each));
    [message(1, 3), message(1, 4)]
        .into_iter()
        .for_each(|each| seen[1].take(each));
    seen
}

#[test]
fn throughput_finds_every_fault() {
    let load = Traffic {
        messages: 8,
        producers: 2,
    };
    assert_eq!(load.check(&received(|_| ())).expect("all are right"), 20);
    let faults: [(&str, Fault); 5] = [
        ("a lost message", |all| all.truncate(5)),
        ("a duplicated message", |all| all.push(message(1, 2))),
        ("an overtaken message", |all| all.swap(0, 1)),
        ("a changed message", |all| all[5] = message(1, 9)),
        ("a message of no producer", |all| all[5] = message(7, 2)),
    ];
    for (what, fault) in faults {
        assert_wrong(load.check(&received(fault)), what);
    }
}

#[test]
fn shares_add_up() {
    for (messages, producers) in [(8, 2), (10, 4), (3, 4), (1, 1)] {
        let load = Traffic {
            messages,
            producers,
        };
        assert_eq!(
            (0..producers).map(|each| load.share(each)).sum::<u64>(),
            messages
        );
    }
}

#[test]
fn batch_finds_a_task_that_ran_twice_or_never() {
    let marks = |runs: [u32; 3]| runs.map(AtomicU32::new);
    assert!(check_marks(&marks([3, 3, 3]), 3).is_ok());
    assert_wrong(check_marks(&marks([1, 1, 0]), 1), "a task that never ran");
    assert_wrong(check_marks(&marks([1, 2, 1]), 1), "a task that ran twice");
}

#[test]
fn batch_clears_the_marks() {
    let marks = [AtomicU32::new(2)];
    assert!(check_marks(&marks, 2).is_ok());
    assert_eq!(marks[0].load(Ordering::Relaxed), 0);
}

#[test]
fn parked_finds_a_task_that_was_not_woken_by_the_close() {
    assert!(check_woken(&AtomicU64::new(10), 10).is_ok());
    assert_wrong(
        check_woken(&AtomicU64::new(9), 10),
        "a task that received a value",
    );
}

#[test]
fn ping_pong_finds_a_wrong_token() {
    assert_eq!(check_token(20, 10).expect("two hops for each trip"), 20);
    assert_wrong(check_token(19, 10), "a lost hop");
    assert_wrong(check_token(21, 10), "a hop too many");
}

#[test]
fn true_sharing_finds_a_lost_increment() {
    let load = Traffic {
        messages: 5,
        producers: 2,
    };
    assert_eq!(check_increments(5, load).expect("all were counted"), 5);
    assert_wrong(check_increments(4, load), "a lost increment");
    let sum = in_pool(async {
        let (additions, taker) = Mpsc::make(3);
        for addition in [1, 1, 3] {
            additions.put(addition).await;
        }
        drop(additions);
        sum_of(taker).await
    });
    assert_eq!(sum, 5);
}

#[test]
fn counters_lie_at_their_stride() {
    let address = |word: &AtomicU64| std::ptr::from_ref(word) as usize;
    for stride in [8, 24, 64, 128] {
        let counters = strided_counters(4, stride);
        assert_eq!(address(counters[0]) % 128, 0);
        for (index, counter) in counters.iter().enumerate() {
            assert_eq!(address(counter) - address(counters[0]), index * stride);
        }
    }
}

#[test]
fn spin_takes_longer_for_more_work() {
    let fastest = |work: Spin| {
        let took = |_| {
            let began = Instant::now();
            work.work(1);
            began.elapsed()
        };
        (0..20).map(took).min().expect("twenty tries")
    };
    let (small, large) = (fastest(Spin::new(1_000)), fastest(Spin::new(1_000_000)));
    // A thousand times the work; a hundredfold time is what even a disturbed machine shows.
    assert!(
        large > 100 * small,
        "1 µs of work took {small:?}, and 1 ms of it {large:?}"
    );
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

#[test]
fn an_answer_that_is_cut_off_is_an_error() {
    assert_eq!(
        Answer::parse(WHOLE.as_bytes()).expect("it is whole").body,
        "abc"
    );
    let longer = format!("{WHOLE}d");
    let unknown = WHOLE.replace('3', "x");
    let older = WHOLE.replace("1.1", "1.0");
    for text in [
        "",
        &WHOLE[..20],
        &WHOLE[..WHOLE.len() - 1],
        &longer,
        &unknown,
        &older,
    ] {
        assert!(
            Answer::parse(text.as_bytes()).is_err(),
            "{text:?} went unnoticed"
        );
    }
}

fn answer(status: &str, token: &str, body: &str) -> io::Result<Answer> {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nDELAY-server-token: {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    Answer::parse(text.as_bytes())
}

fn after(answers: impl IntoIterator<Item = io::Result<Answer>>) -> Result<u64> {
    let server = Server {
        address: String::new(),
        token: "t".to_string(),
    };
    let all = Answers::new(server, 1, 1);
    answers.into_iter().for_each(|each| all.take(0, each));
    all.check(1)
}

#[test]
fn urls_finds_a_wrong_answer() {
    let right = || answer("200 OK", "t", "waited 1 ms\n");
    assert_eq!(after([right()]).expect("it is right"), 1);
    assert_wrong(after([]), "no answer");
    assert_wrong(after([right(), right()]), "an answer too many");
    assert_wrong(
        after([answer("404 Not Found", "t", "waited 1 ms\n")]),
        "another status",
    );
    assert_wrong(
        after([answer("200 OK", "other", "waited 1 ms\n")]),
        "another server's token",
    );
    assert_wrong(
        after([answer("200 OK", "t", "waited 2 ms\n")]),
        "another body",
    );
    assert!(matches!(
        after([Err(io::Error::other("gone"))]),
        Err(Failure::System(_))
    ));
}

/// A delay server in small: it answers until the process ends, rightly and without a delay.
pub fn serve() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 1024];
            let got = stream.read(&mut request).expect("a request");
            let request = String::from_utf8_lossy(&request[..got]);
            let delay = request
                .split(['/', '?'])
                .nth(2)
                .expect("GET /delay/<ms>?...");
            let body = format!("waited {delay} ms\n");
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nDelay-Server-Token: t\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .expect("an answer");
        }
    });
    Server {
        address,
        token: "t".to_string(),
    }
}
