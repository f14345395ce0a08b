//! What is read of a thread, and when it is not all.

use std::time::Duration;

use crate::thread_totals::ThreadTotals;

const SCHED: &str = "tokio (8146, #threads: 1)
-------------------------------------------------------------------
se.exec_start                                :        274249.094455
se.sum_exec_runtime                          :             1.500000
se.nr_migrations                             :                    3
nr_switches                                  :                   10
";

#[test]
fn a_thread_s_file_is_understood() {
    let found = ThreadTotals::of_thread(SCHED).expect("all three lines");
    assert_eq!(found.cpu, Duration::from_micros(1500));
    assert_eq!((found.switches, found.migrations), (10, 3));
}

#[test]
fn a_file_that_lacks_a_line_says_nothing() {
    assert!(ThreadTotals::of_thread("nr_switches : 10\n").is_none());
    assert!(ThreadTotals::of_thread("").is_none());
}

#[test]
fn nothing_is_said_where_a_thread_that_ended_took_part() {
    let totals = |cpu, switches, migrations| ThreadTotals {
        cpu: Duration::from_micros(cpu),
        switches,
        migrations,
    };
    let (before, after) = (totals(1000, 10, 3), totals(2000, 15, 7));
    let until =
        |cpu, switches| before.migrations_until(&after, Duration::from_micros(cpu), switches);
    assert_eq!(until(1000, 5), Some(4));
    assert_eq!(until(1000, 6), None, "a switch of another thread");
    assert_eq!(until(1100, 5), None, "the time of another thread");
}
