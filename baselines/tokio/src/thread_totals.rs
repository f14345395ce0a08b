//! What the kernel counts for each thread and for no process: how often it was moved to another
//! processor.

use std::fs;
use std::time::Duration;

/// Sums over the threads of this process that live now, since each of them began.
#[derive(Clone, Copy, Default)]
pub struct ThreadTotals {
    pub cpu: Duration,
    pub switches: i64,
    pub migrations: i64,
}

impl ThreadTotals {
    /// None where the kernel does not say: the files are there with CONFIG_SCHED_DEBUG. Reads one
    /// for each thread, so not while something is timed.
    pub fn now() -> Option<ThreadTotals> {
        let mut sum = None;
        for thread in fs::read_dir("/proc/self/task").ok()?.flatten() {
            // A thread that ends now has no file any more.
            let text = fs::read_to_string(thread.path().join("sched")).unwrap_or_default();
            if let Some(one) = ThreadTotals::of_thread(&text) {
                let sum = sum.get_or_insert(ThreadTotals::default());
                sum.cpu += one.cpu;
                sum.switches += one.switches;
                sum.migrations += one.migrations;
            }
        }
        sum
    }

    /// The figures of one thread's file, whose lines are `name : value`, times in milliseconds.
    pub fn of_thread(text: &str) -> Option<ThreadTotals> {
        let value = |wanted: &str| {
            text.lines()
                .filter_map(|line| line.split_once(':'))
                .find_map(|(name, value)| (name.trim() == wanted).then(|| value.trim()))
        };
        Some(ThreadTotals {
            cpu: Duration::from_secs_f64(
                value("se.sum_exec_runtime")?.parse::<f64>().ok()?.max(0.0) / 1e3,
            ),
            switches: value("nr_switches")?.parse().ok()?,
            migrations: value("se.nr_migrations")?.parse().ok()?,
        })
    }

    /// How often threads were moved until `after`, if the threads that lived at both account for
    /// what the process spent meanwhile: otherwise some that ended took part. This reading has to
    /// be before, and `after` after, those of the process.
    pub fn migrations_until(
        &self,
        after: &ThreadTotals,
        process_cpu: Duration,
        process_switches: i64,
    ) -> Option<i64> {
        let cpu = after.cpu.as_secs_f64() - self.cpu.as_secs_f64();
        let all = after.switches - self.switches >= process_switches
            && cpu >= SHARE_ACCOUNTED_FOR * process_cpu.as_secs_f64();
        all.then_some(after.migrations - self.migrations)
    }
}

/// A reading of a thread's time may be late by a part of a tick.
const SHARE_ACCOUNTED_FOR: f64 = 0.98;
