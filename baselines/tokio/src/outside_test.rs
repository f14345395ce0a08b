//! The checks of the suites time and idle, and of spawn/foreign.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::checks_test::{assert_wrong, in_pool};
use crate::foreign::HandedOver;
use crate::idle_cpu::check_idle;
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::sleep_storm::{check_lateness, wake_after, NEVER_WOKE};
use crate::timeout_churn::{start, Stopped};
use crate::wake::Events;

#[test]
fn foreign_finds_a_task_that_was_lost_doubled_or_overtaken() {
    let after = |numbers: &[u64]| {
        let load = HandedOver::new(3);
        numbers
            .iter()
            .for_each(|&number| load.arrived(number, Instant::now()));
        load.check().map(|delays| delays.count())
    };
    assert_eq!(after(&[1, 2, 3]).expect("all in order"), 3);
    assert_wrong(after(&[1, 2]), "a lost task");
    assert_wrong(after(&[1, 2, 2]), "a doubled task");
    assert_wrong(after(&[2, 1, 3]), "an overtaken task");
}

#[test]
fn idle_finds_a_lost_job_and_a_short_rest() {
    let rest = Duration::from_millis(5);
    assert!(check_idle(20, 10, rest, rest).is_ok());
    assert_wrong(check_idle(19, 10, rest, rest), "a lost job");
    assert_wrong(check_idle(20, 10, rest / 2, rest), "a short rest");
}

#[test]
fn wake_finds_a_lost_a_doubled_and_an_exchanged_event() {
    let after = |fault: fn(&Events, u64)| {
        let all = Events::new(30, Duration::ZERO, Duration::from_millis(10));
        all.give(|number| fault(&all, number));
        all.check(&mut Meter::new())
    };
    let right = after(|all, number| all.take(number));
    assert_eq!(right.expect("all were taken"), 30);
    let lost = |all: &Events, number| {
        if number != 2 {
            all.take(number);
        }
    };
    assert_wrong(after(lost), "a lost event");
    let doubled = |all: &Events, number| {
        all.take(number);
        if number == 2 {
            all.take(number);
        }
    };
    assert_wrong(after(doubled), "a doubled event");
    assert_wrong(after(|all, number| all.take(number ^ 1)), "an exchange");
}

#[test]
fn sleep_storm_finds_a_sleeper_that_woke_early_or_never() {
    let after = |late: [u64; 2]| {
        let mut lateness = Latencies::with_room(2);
        check_lateness(&late.map(AtomicU64::new), &mut lateness)
    };
    let sum = (wake_after(0) + wake_after(1)).as_nanos() as u64;
    assert_eq!(after([0, 7]).expect("both woke in time"), sum);
    assert_wrong(after([1, NEVER_WOKE]), "one that never woke");
}

#[test]
fn sleepers_are_spread_over_their_time() {
    let all: Vec<Duration> = (0..10_000).map(wake_after).collect();
    let (least, most) = (Duration::from_millis(1), Duration::from_millis(100));
    assert!(all.iter().all(|each| (least..=most).contains(each)));
    let mean = all.iter().sum::<Duration>() / 10_000;
    assert!((Duration::from_millis(49)..Duration::from_millis(52)).contains(&mean));
    // The other languages' too: one checksum for all.
    assert_eq!(wake_after(0), Duration::from_nanos(13_645_393));
}

#[test]
fn timeout_churn_finds_a_timer_that_fired_or_was_lost() {
    let stopped = |in_time, fired| Stopped { in_time, fired };
    let check = |all: &[Stopped]| Stopped::check(all, 10);
    assert!(check(&[stopped(5, 0), stopped(5, 0)]).is_ok());
    assert_wrong(check(&[stopped(5, 0), stopped(4, 0)]), "a lost timer");
    assert_wrong(check(&[stopped(5, 0), stopped(5, 1)]), "a timer that fired");
}

#[test]
fn a_started_timer_fires_and_says_so() {
    let seen = in_pool(async {
        // More than a task may poll in one go.
        let mut timers: Vec<_> = (0..1000)
            .map(|_| Box::pin(sleep(Duration::from_millis(1))))
            .collect();
        for timer in &mut timers {
            start(timer.as_mut()).await;
        }
        let last = Box::pin(sleep(Duration::from_millis(2)));
        last.await;
        let mut seen = Stopped::default();
        while seen.fired < 1000 {
            sleep(Duration::from_millis(1)).await;
            seen = Stopped::default();
            timers.iter().for_each(|timer| seen.note(timer));
        }
        seen
    });
    assert_wrong(Stopped::check(&[seen], 1000), "timers that fired");
}

#[test]
fn percentiles_need_ten_values_beyond_them() {
    let (mut meter, mut values) = (Meter::new(), Latencies::with_room(1000));
    (0..1000)
        .rev()
        .for_each(|each| values.add(Duration::from_nanos(each)));
    values.report(&mut meter, "x_").expect("there are some");
    let figures: Vec<_> = meter.figures.into_iter().collect();
    let wanted = [
        ("x_max_ns", 999.0),
        ("x_p50_ns", 499.0),
        ("x_p99_ns", 989.0),
    ];
    assert_eq!(
        figures,
        wanted.map(|(name, value)| (name.to_string(), value))
    );
    let none = Latencies::with_room(0);
    assert_wrong(none.report(&mut Meter::new(), ""), "no latency at all");
}
