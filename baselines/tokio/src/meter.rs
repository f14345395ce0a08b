//! The stopwatch of one repetition: its time, and what the process spent in it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use crate::thread_totals::ThreadTotals;

/// What this process had used up at one instant.
struct Usage {
    at: Instant,
    cpu: Duration,
    voluntary_switches: i64,
    involuntary_switches: i64,
    minor_faults: i64,
    major_faults: i64,
}

impl Usage {
    fn now() -> Usage {
        let mut used = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the call writes to what it is given, and any bytes are a value of its type.
        let used = unsafe {
            libc::getrusage(libc::RUSAGE_SELF, used.as_mut_ptr());
            used.assume_init()
        };
        Usage {
            cpu: cpu_time(),
            voluntary_switches: used.ru_nvcsw,
            involuntary_switches: used.ru_nivcsw,
            minor_faults: used.ru_minflt,
            major_faults: used.ru_majflt,
            at: Instant::now(),
        }
    }
}

/// A body calls start and stop once each around what is timed, and names its own figures and
/// effective values; checks come after stop.
pub struct Meter {
    begin: Usage,
    threads_before: Option<ThreadTotals>,
    threads_peak: u64,
    pub elapsed: Duration,
    pub cpu: Duration,
    pub figures: BTreeMap<String, f64>,
    pub effective: BTreeMap<&'static str, String>,
}

impl Meter {
    pub fn new() -> Meter {
        Meter {
            begin: Usage::now(),
            threads_before: None,
            threads_peak: 0,
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            figures: BTreeMap::new(),
            effective: BTreeMap::new(),
        }
    }

    pub fn start(&mut self) -> io::Result<()> {
        self.note_threads()?;
        self.threads_before = self.thread_totals();
        self.begin = Usage::now();
        Ok(())
    }

    /// With SUITE_SLOWDOWN in the environment the timed part takes by that share longer.
    pub fn stop(&mut self) -> io::Result<()> {
        let slowdown = slowdown_asked();
        // The clock comes first here and last in Usage::now, so that the readings are not timed.
        self.elapsed = self.begin.at.elapsed();
        let until = self.elapsed.mul_f64(1.0 + slowdown);
        while self.elapsed < until {
            self.elapsed = self.begin.at.elapsed();
        }
        let end = Usage::now();
        self.cpu = end.cpu - self.begin.cpu;
        self.note_threads()?;
        self.note_migrations(&end);
        if slowdown > 0.0 {
            self.figure("slowdown", slowdown);
        }
        let begin = &self.begin;
        let differences = [
            (
                "voluntary_switches",
                end.voluntary_switches - begin.voluntary_switches,
            ),
            (
                "involuntary_switches",
                end.involuntary_switches - begin.involuntary_switches,
            ),
            ("minor_faults", end.minor_faults - begin.minor_faults),
            ("major_faults", end.major_faults - begin.major_faults),
        ];
        for (name, difference) in differences {
            self.figure(name, difference as f64);
        }
        self.figure("threads_peak", self.threads_peak as f64);
        self.figure("peak_rss_bytes", (status_line("VmHWM:")? * KIB) as f64);
        Ok(())
    }

    /// Adds a figure of the workload's own.
    pub fn figure(&mut self, name: impl Into<String>, value: f64) {
        self.figures.insert(name.into(), value);
    }

    /// States the value that something really had.
    pub fn found(&mut self, name: &'static str, value: String) {
        self.effective.insert(name, value);
    }

    /// None where there are so many threads that reading takes longer than many a repetition.
    fn thread_totals(&self) -> Option<ThreadTotals> {
        (self.threads_peak <= THREADS_READ_MOST)
            .then(ThreadTotals::now)
            .flatten()
    }

    fn note_migrations(&mut self, end: &Usage) {
        let switches = |usage: &Usage| usage.voluntary_switches + usage.involuntary_switches;
        let spent = (
            end.cpu - self.begin.cpu,
            switches(end) - switches(&self.begin),
        );
        let moved = self
            .threads_before
            .zip(self.thread_totals())
            .and_then(|(before, after)| before.migrations_until(&after, spent.0, spent.1));
        if let Some(moved) = moved {
            self.figure("migrations", moved as f64);
        }
    }

    /// Takes part in finding the largest number of threads.
    pub fn note_threads(&mut self) -> io::Result<()> {
        self.threads_peak = self.threads_peak.max(status_line("Threads:")?);
        Ok(())
    }
}

const THREADS_READ_MOST: u64 = 256;

/// What a gate puts into a program to see whether it would notice: a share of the timed part.
fn slowdown_asked() -> f64 {
    env::var("SUITE_SLOWDOWN")
        .ok()
        .and_then(|share| share.parse::<f64>().ok())
        .filter(|share| share.is_finite())
        .map_or(0.0, |share| share.max(0.0))
}

/// CPU time of this process.
pub fn cpu_time() -> Duration {
    let mut cpu = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the call writes to what it is given, and any bytes are a value of its type.
    let cpu = unsafe {
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, cpu.as_mut_ptr());
        cpu.assume_init()
    };
    Duration::new(cpu.tv_sec as u64, cpu.tv_nsec as u32)
}

pub fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// Bytes of this process that are in memory now.
pub fn resident_bytes() -> io::Result<i64> {
    Ok((status_line("VmRSS:")? * KIB) as i64)
}

const KIB: u64 = 1024;

/// A line of /proc/self/status, which gives sizes in KiB and counts as they are.
fn status_line(name: &str) -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .filter_map(|line| line.strip_prefix(name))
        .find_map(|rest| rest.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| io::Error::other(format!("/proc/self/status has no line {name}")))
}
