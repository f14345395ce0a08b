//! The profiles, and the pool of each.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::failure::Result;
use crate::request::usage;

pub struct Profile {
    pub name: &'static str,
    pub is_default: bool,
    pub summary: &'static str,
    pub workers_max: Option<usize>,
    pub limit_reason: &'static str,
    build: fn(usize) -> std::io::Result<Runtime>,
}

pub static PROFILES: [Profile; 2] = [
    Profile {
        name: "multi_thread",
        is_default: true,
        summary: "W workers that steal; channels are Tokio's own, and flume's where several \
                  tasks receive or the capacity is 0",
        workers_max: None,
        limit_reason: "",
        build: |workers| {
            Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .build()
        },
    },
    Profile {
        name: "current_thread",
        is_default: false,
        summary: "the runtime of one thread, without stealing; the same channels",
        workers_max: Some(1),
        limit_reason: "current_thread is one thread; more are multi_thread's",
        build: |_| Builder::new_current_thread().enable_all().build(),
    },
];

pub fn profile(name: &str) -> Result<&'static Profile> {
    match PROFILES.iter().find(|each| each.name == name) {
        Some(profile) => Ok(profile),
        None => usage(format!("there is no profile '{name}'")),
    }
}

impl Profile {
    /// Runs the root as a task of the pool, since block_on's own future is not on a worker.
    pub fn run<T: Send + 'static>(
        &self,
        workers: usize,
        root: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let runtime = (self.build)(workers)?;
        runtime.block_on(async { tokio::spawn(root).await.expect("the root returns") })
    }
}
