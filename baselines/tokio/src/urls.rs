//! fanout/urls: fetch slow URLs one by one, all at once, or by a pool of ten tasks.

use std::future::Future;
use std::io;
use std::mem::take;
use std::sync::Mutex;

use tokio::task::JoinSet;

use crate::channel::{Channels, Flume, Receiver, Sender};
use crate::descriptors::require_descriptors;
use crate::failure::{require_equal, Failure, Result};
use crate::http_get::{http_get, Answer};
use crate::meter::Meter;
use crate::request::{usage, Server};
use crate::tasks::NO_PANIC;
use crate::workload::{lend, Body, Cell};

const FETCHERS: usize = 10;

/// What became of one URL.
#[derive(Default)]
struct Slot {
    right: u64,
    wrong: Option<String>,
    failure: Option<io::Error>,
}

/// One slot for each URL. Each is one task's at a time, so that no lock is ever waited for.
pub struct Answers {
    server: Server,
    target: String,
    body: String,
    slots: Vec<Mutex<Slot>>,
}

impl Answers {
    pub fn new(server: Server, urls: usize, delay_ms: u64) -> Answers {
        Answers {
            target: format!("/delay/{delay_ms}?token={}", server.token),
            body: format!("waited {delay_ms} ms\n"),
            slots: (0..urls).map(|_| Mutex::default()).collect(),
            server,
        }
    }

    async fn fetch(&self, url: usize) {
        self.take(url, http_get(&self.server.address, &self.target).await);
    }

    pub fn take(&self, url: usize, answer: io::Result<Answer>) {
        let mut slot = self.slots[url].lock().expect(NO_PANIC);
        match answer {
            Err(error) => slot.failure = Some(error),
            Ok(answer) => match self.fault_of(&answer) {
                Some(fault) => slot.wrong = Some(fault),
                None => slot.right += 1,
            },
        }
    }

    fn fault_of(&self, answer: &Answer) -> Option<String> {
        if answer.status != 200 {
            return Some(format!("status {}", answer.status));
        }
        if answer.header("Delay-Server-Token") != Some(self.server.token.as_str()) {
            return Some("not the token of this run's server".to_string());
        }
        (answer.body != self.body).then(|| "another body than the one asked for".to_string())
    }

    /// Returns the number of right answers, and forgets them for the next repetition.
    pub fn check(&self, times: u64) -> Result<u64> {
        for slot in &self.slots {
            let slot = take(&mut *slot.lock().expect(NO_PANIC));
            if let Some(error) = slot.failure {
                return Err(error.into());
            }
            if let Some(fault) = slot.wrong {
                return Err(Failure::Wrong(format!("an answer has {fault}")));
            }
            require_equal(slot.right, times, "right answers for a URL")?;
        }
        Ok(self.slots.len() as u64 * times)
    }
}

enum Mode {
    Sequential,
    AllAtOnce,
    Pool,
}

pub struct Urls {
    answers: &'static Answers,
    times: u64,
    mode: Mode,
}

/// Waits for all tasks of a set.
async fn join(mut tasks: JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a task returns");
    }
}

fn spawn_all<F>(tasks: impl Iterator<Item = F>) -> JoinSet<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut set = JoinSet::new();
    for task in tasks {
        set.spawn(task);
    }
    set
}

impl Urls {
    async fn fetch_all(&self) {
        let (answers, urls) = (self.answers, self.answers.slots.len());
        match self.mode {
            Mode::Sequential => {
                for url in 0..urls {
                    answers.fetch(url).await;
                }
            }
            Mode::AllAtOnce => join(spawn_all((0..urls).map(|url| answers.fetch(url)))).await,
            Mode::Pool => {
                let (queue, taker) = Flume::make(0);
                let takers = Flume::share(taker, FETCHERS);
                let fetchers = spawn_all(takers.into_iter().map(|mut taker| async move {
                    while let Some(url) = taker.next().await {
                        answers.fetch(url as usize).await;
                    }
                }));
                for url in 0..urls {
                    queue.put(url as u64).await;
                }
                drop(queue);
                join(fetchers).await;
            }
        }
    }
}

impl Body for Urls {
    async fn prepare(cell: &Cell) -> Result<Urls> {
        let mode = match cell.text("mode")? {
            "sequential" => Mode::Sequential,
            "all_at_once" => Mode::AllAtOnce,
            "pool" => Mode::Pool,
            other => {
                return usage(format!(
                    "mode is sequential, all_at_once or pool, not '{other}'"
                ))
            }
        };
        let server = cell.server.clone().expect("find has looked");
        let (urls, delay_ms) = (
            cell.number("urls", 1)? as usize,
            cell.number("delay_ms", 0)?,
        );
        require_descriptors(urls)?;
        Ok(Urls {
            answers: lend(Answers::new(server, urls, delay_ms)),
            times: cell.operations,
            mode,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.start()?;
        for _ in 0..self.times {
            self.fetch_all().await;
        }
        meter.stop()?;
        self.answers.check(self.times)
    }
}
