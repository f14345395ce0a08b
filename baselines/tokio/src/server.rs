//! A server with a task for each connection, and the load on it.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::descriptors::require_descriptors;
use crate::failure::{require_equal, Failure, Result};
use crate::load_order::{LoadOrder, Report};
use crate::meter::Meter;
use crate::tasks::NO_PANIC;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Cell};

pub const ECHO_BYTES: usize = 64;

/// What the accepting task and those of the connections leave.
struct Served {
    accepted: AtomicU64,
    serving: WaitGroup,
    /// What ended accepting before its time.
    failure: Mutex<Option<io::Error>>,
}

/// A server and the clients that are connected to it.
pub struct LoadedServer {
    served: &'static Served,
    accepting: JoinHandle<()>,
    load: LoadOrder,
}

/// Accepts connections, each of which a task of its own serves.
async fn accept_all<S, T>(listener: TcpListener, served: &'static Served, serve: S)
where
    S: Fn(TcpStream) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let failure = loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                served.accepted.fetch_add(1, Ordering::Relaxed);
                served.serving.add(1);
                let serving = serve(stream);
                tokio::spawn(async move {
                    serving.await;
                    served.serving.done();
                });
            }
            Err(error) => break error,
        }
    };
    *served.failure.lock().expect(NO_PANIC) = Some(failure);
}

impl LoadedServer {
    /// Returns once each of the connections has had a message sent back.
    pub async fn start<S, T>(cell: &Cell, connections: usize, serve: S) -> Result<LoadedServer>
    where
        S: Fn(TcpStream) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        require_descriptors(connections)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let served = lend(Served {
            accepted: AtomicU64::new(0),
            serving: WaitGroup::new(),
            failure: Mutex::new(None),
        });
        let accepting = tokio::spawn(accept_all(listener, served, serve));
        let generator = cell.server.as_ref().expect("find has looked");
        match LoadOrder::connect(generator, port, connections).await {
            Ok(load) => Ok(LoadedServer {
                served,
                accepting,
                load,
            }),
            Err(noticed) => Err(served.cause(noticed)),
        }
    }

    pub fn accepted(&self) -> u64 {
        self.served.accepted.load(Ordering::Relaxed)
    }

    /// Times what is ordered.
    pub async fn run(&mut self, meter: &mut Meter, order: &str) -> Result<Report> {
        let report = self.load.run(meter, order).await;
        report.map_err(|noticed| self.served.cause(noticed))
    }

    /// Returns once every connection has ended, which is the clients' to do.
    pub async fn end(self) {
        drop(self.load);
        self.accepting.abort();
        self.served.serving.wait().await;
    }
}

impl Served {
    /// What ended accepting, if anything did, instead of what the clients noticed of it.
    fn cause(&self, noticed: Failure) -> Failure {
        match self.failure.lock().expect(NO_PANIC).take() {
            Some(error) => error.into(),
            None => noticed,
        }
    }
}

/// Sends back what comes until the peer's end, and calls `before` each time in between. A
/// connection that breaks is the client's to report.
pub async fn send_back(mut stream: TcpStream, mut before: impl FnMut()) {
    let mut message = [0; ECHO_BYTES];
    let mut broken = stream.set_nodelay(true).is_err();
    while !broken {
        let got = stream.read(&mut message).await.unwrap_or(0);
        if got == 0 {
            return;
        }
        before();
        broken = stream.write_all(&message[..got]).await.is_err();
    }
}

/// Finds messages that did not come back, when they were dealt out to connections in turn.
pub fn check_messages(
    report: &Report,
    messages: u64,
    connections: u64,
    accepted: u64,
) -> Result<u64> {
    let sum = sum_of_numbers(messages, connections);
    require_equal(accepted, connections, "connections that were accepted")?;
    require_equal(report.count, messages, "messages that came back")?;
    require_equal(report.sum, sum, "sum of their numbers")?;
    Ok(sum)
}

pub fn sum_of_numbers(messages: u64, connections: u64) -> u64 {
    let (each, one_more) = (messages / connections, messages % connections);
    connections * (each * (each + 1) / 2) + one_more * (each + 1)
}
