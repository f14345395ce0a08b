//! What the program says about itself, and the record of a run in Google Benchmark's JSON form.

use std::collections::BTreeMap;
use std::env;
use std::ffi::CStr;
use std::fs;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{json, Map, Value};
use tokio::runtime::Handle;

use crate::failure::Result;
use crate::meter::{nanoseconds, Meter};
use crate::pool::{Profile, PROFILES};
use crate::request::Request;
use crate::workload::{Body, Cell, Workload};
use crate::workloads::WORKLOADS;

pub const CONTENDER: &str = "tokio";

/// What the repetitions of a run gave.
pub struct Measured {
    pub checksum: u64,
    pub effective: BTreeMap<&'static str, String>,
    pub repetitions: Vec<Meter>,
}

pub async fn measure<B: Body>(cell: Cell) -> Result<Measured> {
    let mut body = B::prepare(&cell).await?;
    let measured = repeat(&mut body, &cell).await;
    body.end().await;
    measured
}

/// Does the workload warmup + repetitions times. One wrong result ends it.
async fn repeat<B: Body>(body: &mut B, cell: &Cell) -> Result<Measured> {
    let mut result = Measured {
        checksum: 0,
        effective: BTreeMap::new(),
        repetitions: vec![],
    };
    for round in 0..cell.warmup + cell.repetitions {
        let mut meter = Meter::new();
        result.checksum = body.repeat(&mut meter).await?;
        result.effective.append(&mut meter.effective);
        if round >= cell.warmup {
            result.repetitions.push(meter);
        }
    }
    let workers = Handle::current().metrics().num_workers();
    result.effective.insert("workers", workers.to_string());
    Ok(result)
}

pub fn record(workload: &Workload, request: &Request, measured: Measured) -> Value {
    let count = measured.repetitions.len();
    let mut context = context(workload, request);
    let mut add = |name: &str, value: String| context.insert(name.to_string(), json!(value));
    add("checksum", measured.checksum.to_string());
    add("effective.repetitions", count.to_string());
    for (name, value) in measured.effective {
        add(&format!("effective.{name}"), value);
    }
    let repetitions = measured.repetitions.iter().enumerate();
    let benchmarks: Vec<Value> = repetitions
        .map(|(index, meter)| repetition(request, meter, index, count))
        .collect();
    json!({"context": context, "benchmarks": benchmarks})
}

fn repetition(request: &Request, meter: &Meter, index: usize, count: usize) -> Value {
    let operations = request.operations as f64;
    let mut out = json!({
        "name": request.workload, "run_name": request.workload, "run_type": "iteration",
        "repetitions": count, "repetition_index": index, "threads": 1,
        "iterations": request.operations, "time_unit": "ns",
        "real_time": nanoseconds(meter.elapsed) / operations,
        "cpu_time": nanoseconds(meter.cpu) / operations,
    });
    for (name, value) in &meter.figures {
        out[name] = json!(value);
    }
    out
}

/// What was run and with which values: the passed parameters, until a body states what it found.
fn context(workload: &Workload, request: &Request) -> Map<String, Value> {
    let mut out = Map::new();
    let mut add = |name: &str, value: Value| out.insert(name.to_string(), value);
    for (name, value) in &request.parameters {
        add(&format!("effective.{name}"), json!(value));
    }
    add("date", json!(date()));
    add("host_name", json!(host_name()));
    add("executable", json!(env::args().next().unwrap_or_default()));
    add("num_cpus", json!(cpus()));
    add("library_build_type", json!("release"));
    add("schema", json!("weft.record/1"));
    add("contender", json!(CONTENDER));
    add("version", json!(version()));
    add("workload", json!(workload.id));
    add("workload_version", json!(workload.version.to_string()));
    add("profile", json!(request.profile));
    add("form", json!("shared"));
    add("check", json!("ok"));
    add(
        "effective.operations",
        json!(request.operations.to_string()),
    );
    add("effective.warmup", json!(request.warmup.to_string()));
    add("effective.guard", json!("none: a task has no stack"));
    out
}

pub fn description() -> Value {
    let profiles: Vec<Value> = PROFILES
        .iter()
        .map(|each| json!({"name": each.name, "default": each.is_default, "summary": each.summary}))
        .collect();
    json!({
        "schema": "weft.describe/1", "contender": CONTENDER, "version": version(),
        "language": "Rust", "compiler": env!("COMPILER"), "flags": flags(),
        "allocator": format!("glibc {}", glibc()), "profiles": profiles,
    })
}

pub fn listing() -> Value {
    let entries: Vec<Value> = PROFILES
        .iter()
        .flat_map(|profile| WORKLOADS.iter().map(|work| entry(profile, work)))
        .collect();
    json!({"schema": "weft.list/1", "contender": CONTENDER, "entries": entries})
}

fn entry(profile: &Profile, work: &Workload) -> Value {
    let mut out = json!({"workload": work.id, "version": work.version, "profile": profile.name});
    let rest = match work.measure {
        Err(reason) => json!({"supported": false, "reason": reason}),
        Ok(_) => {
            let limits: Vec<Value> = profile
                .workers_max
                .iter()
                .map(|max| {
                    json!({"parameter": "workers", "max": max, "reason": profile.limit_reason})
                })
                .collect();
            json!({
                "supported": true, "form": "shared", "limits": limits, "deviations": [],
                "source": format!("baselines/tokio/src/{}", work.file),
            })
        }
    };
    for (name, value) in rest.as_object().into_iter().flatten() {
        out[name] = value.clone();
    }
    out
}

const LOCK_FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));

/// Tokio's version, from the lock file that it was built with.
pub fn version() -> &'static str {
    LOCK_FILE
        .split("[[package]]")
        .find(|package| package.contains("name = \"tokio\"\n"))
        .and_then(|package| package.split("version = \"").nth(1)?.split('"').next())
        .expect("Tokio is in its lock file")
}

/// The optimisation level, and the manifest's settings of the profile.
fn flags() -> String {
    let settings = MANIFEST
        .split("[profile.release]\n")
        .nth(1)
        .unwrap_or_default();
    let settings = settings.split("\n[").next().unwrap_or_default();
    let level = concat!("opt-level=", env!("LEVEL"));
    let words = settings.lines().map(|line| line.replace([' ', '"'], ""));
    words.fold(level.to_string(), |all, word| all + " " + &word)
}

pub fn cpus() -> usize {
    thread::available_parallelism().map_or(1, |cpus| cpus.get())
}

fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname");
    name.map_or("unknown".to_string(), |name| name.trim_end().to_string())
}

fn glibc() -> String {
    // SAFETY: the library's version is a text that lives as long as the process.
    let version = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    version.to_string_lossy().into_owned()
}

fn date() -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = since.as_secs() as libc::time_t;
    // SAFETY: gmtime_r writes to what it is given, and any bytes are a value of its type.
    let utc = unsafe {
        let mut utc: libc::tm = std::mem::zeroed();
        libc::gmtime_r(&seconds, &mut utc);
        utc
    };
    let (year, month) = (1900 + utc.tm_year, 1 + utc.tm_mon);
    let (day, hour, minute, second) = (utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}
