//! The checks of suite pool, and of what its tasks share.

use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant};

use crate::checks_test::{assert_wrong, in_pool};
use crate::fib::{check_fibonacci, fibonacci, recurse};
use crate::jobs::Jobs;
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::mutex::GuardedCount;
use crate::shared_mutex::{GuardedPair, Seen, SharedSections};
use crate::sojourn::{arrivals, check_sojourns, wait_until, Outcome};
use crate::spin::Spin;
use crate::starvation::{check_tickers, Ticker};
use crate::task_per_job::check_results;
use crate::tasks::check_shares;
use crate::throughput::Traffic;
use crate::unbalanced_tree::{walk_alone, Subtree};
use crate::worker_pool::Results;

#[test]
fn worker_pool_finds_a_lost_and_a_wrong_result() {
    let jobs = Jobs::new("0", 10).expect("a grain");
    assert!(Results { count: 10, sum: 55 }.check(&jobs).is_ok());
    assert_wrong(Results { count: 9, sum: 55 }.check(&jobs), "a lost result");
    assert_wrong(
        Results { count: 10, sum: 54 }.check(&jobs),
        "a wrong result",
    );
}

#[test]
fn jobs_have_the_work_of_their_kind() {
    for (grain, work_ns) in [("0", 0.0), ("50", 550.0), ("mix", 9.0 * 1e3 + 2.0 * 1e5)] {
        assert_eq!(Jobs::new(grain, 11).expect(grain).work_ns(), work_ns);
    }
    assert!(Jobs::new("long", 11).is_err());
}

#[test]
fn task_per_job_finds_a_job_that_was_not_done_or_done_twice() {
    assert!(check_results(&[1, 2, 3].map(AtomicU64::new)).is_ok());
    assert_wrong(check_results(&[1, 0, 3].map(AtomicU64::new)), "a lost job");
    assert_wrong(
        check_results(&[1, 4, 3].map(AtomicU64::new)),
        "one done twice",
    );
}

#[test]
fn shares_that_are_off_are_found_and_cleared() {
    let load = Traffic {
        messages: 5,
        producers: 2,
    };
    let shares = |counts: [u64; 2]| check_shares(load, &counts.map(AtomicU64::new), "share");
    assert_eq!(shares([3, 2]).expect("they are right"), 5);
    assert_wrong(shares([0, 2]), "a task that did not run");
    assert_wrong(shares([6, 2]), "a task that ran twice");
    let counts = [3, 2].map(AtomicU64::new);
    check_shares(load, &counts, "share").expect("they are right");
    assert_eq!(counts.map(AtomicU64::into_inner), [0, 0]);
}

/// Does a section on two threads, without a lock, until something of it is found to be wrong.
fn overlap(section: impl Fn() + Sync, mut is_found: impl FnMut() -> bool) {
    while !is_found() {
        thread::scope(|scope| {
            scope.spawn(&section);
            scope.spawn(&section);
        });
    }
}

#[test]
fn a_mutex_that_excludes_nobody_is_found() {
    let (guarded, work) = (GuardedCount::default(), Spin::new(20_000));
    guarded.add_one(work);
    assert!(guarded.check(1).is_ok());
    let mut sections = 0;
    overlap(
        || guarded.add_one(work),
        || {
            let outcome = guarded.check(sections);
            sections = 2;
            outcome.is_err()
        },
    );
}

#[test]
fn a_shared_mutex_that_admits_readers_is_found() {
    let (pair, work) = (GuardedPair::default(), Spin::new(20_000));
    assert!(pair.read(work));
    let torn = AtomicU64::new(0);
    let order = std::sync::atomic::Ordering::Relaxed;
    overlap(
        || {
            pair.write(work);
            torn.fetch_add(u64::from(!pair.read(work)), order);
        },
        || torn.load(order) > 0,
    );
}

#[test]
fn shared_sections_are_checked() {
    let load = Traffic {
        messages: 100,
        producers: 2,
    };
    let sections = SharedSections {
        load,
        read_percent: 50,
    };
    let writes = sections.writes();
    assert!(
        (25..=75).contains(&writes),
        "{writes} of 100 sections write"
    );
    let seen = |torn, writes| Seen { torn, writes };
    let right = [seen(0, writes - 20), seen(0, 20)];
    assert_eq!(sections.check(&right, writes).expect("all right"), writes);
    assert_wrong(sections.check(&right, writes - 1), "a lost write");
    assert_wrong(sections.check(&right[..1], writes), "a lost task");
    assert_wrong(sections.check(&[seen(1, writes)], writes), "a torn read");
}

#[test]
fn the_tree_is_that_of_the_others() {
    assert_eq!(walk_alone(20).nodes, 109);
    let tree = walk_alone(50);
    assert_eq!(tree.nodes, 8939);
    let found = |nodes, sum| Subtree { nodes, sum }.check(tree, 2);
    let sum = tree.sum.wrapping_mul(2);
    assert_eq!(found(2 * tree.nodes, sum).expect("it is right"), sum);
    assert_wrong(found(2 * tree.nodes - 1, sum), "a lost node");
    assert_wrong(found(2 * tree.nodes, sum.wrapping_add(1)), "another node");
}

#[test]
fn fibonacci_numbers_are_right() {
    for index in 0..12 {
        let sum = 3 * in_pool(recurse(index));
        assert_eq!(check_fibonacci(sum, index, 3).expect("it is right"), sum);
    }
    assert_eq!(fibonacci(30), 832_040);
    assert_wrong(check_fibonacci(56, 10, 1), "another number");
}

#[test]
fn tickers_find_ticks_before_their_time_and_lost_ones() {
    let now = Instant::now();
    let ticked = |dues: &[Instant]| {
        let mut ticker = Ticker::new(2);
        dues.iter().for_each(|&due| ticker.note(due, now));
        check_tickers(vec![ticker], 2, &mut Meter::new())
    };
    assert_eq!(ticked(&[now, now]).expect("they are in time"), 2);
    let later = now + Duration::from_nanos(1);
    assert_wrong(ticked(&[now, now, later]), "a tick before its time");
    assert_wrong(ticked(&[now]), "a lost tick");
}

#[test]
fn jobs_arrive_at_the_rate_that_was_asked_for_and_never_early() {
    let due_after = arrivals(10_000, 100.0);
    let mean_ns = due_after[9_999].as_nanos() as f64 / 10_000.0;
    assert!((95.0..105.0).contains(&mean_ns), "gaps of {mean_ns} ns");
    in_pool(async move {
        let begin = Instant::now();
        for after in due_after {
            wait_until(begin + after).await;
            assert!(begin.elapsed() >= after);
        }
    });
}

#[test]
fn sojourns_are_checked() {
    let now = Instant::now();
    let (early, late) = (
        now - Duration::from_millis(1),
        now + Duration::from_secs(600),
    );
    let served = |dues: &[&[Instant]], released: usize| {
        let outcomes: Vec<Outcome> = dues.iter().map(|_| Outcome::default()).collect();
        for (outcome, dues) in outcomes.iter().zip(dues) {
            dues.iter().for_each(|&due| outcome.note(due));
        }
        let mut releases = Latencies::with_room(0);
        (0..released).for_each(|_| releases.add(Duration::ZERO));
        check_sojourns(&outcomes, releases, &mut Meter::new())
    };
    assert_eq!(served(&[&[early], &[early]], 2).expect("all right"), 2);
    assert_wrong(served(&[&[early], &[]], 2), "a job that was not done");
    assert_wrong(served(&[&[early], &[early, early]], 2), "one done twice");
    assert_wrong(served(&[&[early], &[late]], 2), "one done before it came");
    assert_wrong(served(&[&[early], &[early]], 1), "one never released");
}
