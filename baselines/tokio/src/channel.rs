//! The channels that the workloads are measured with, behind one interface that costs nothing.
//!
//! Tokio's own channel has one receiver and at least one slot. Where several tasks receive, or a
//! send has to meet its receive, its users take a crate: here flume.

use std::future::Future;

use tokio::sync::mpsc;

pub trait Channels: Send + Sync + 'static {
    type Sender: Sender;
    type Receiver: Receiver;
    const NAME: &'static str;

    /// A channel; it closes when its last sender is gone.
    fn make(capacity: usize) -> (Self::Sender, Self::Receiver);

    /// A handle for each of so many receivers.
    fn share(receiver: Self::Receiver, receivers: usize) -> Vec<Self::Receiver>;
}

pub trait Sender: Clone + Send + Sync + 'static {
    /// Waits for a slot, or for the receiver where there are none.
    fn put(&self, value: u64) -> impl Future<Output = ()> + Send;

    /// How many values really fit.
    fn slots(&self) -> usize;
}

pub trait Receiver: Send + 'static {
    /// Empty once the channel is closed and drained.
    fn next(&mut self) -> impl Future<Output = Option<u64>> + Send;
}

/// Whether Tokio's own channel can do it; where it can, its users take no other.
pub fn tokio_can(capacity: usize, receivers: usize) -> bool {
    capacity > 0 && receivers == 1
}

pub struct Mpsc;

impl Channels for Mpsc {
    type Sender = mpsc::Sender<u64>;
    type Receiver = mpsc::Receiver<u64>;
    const NAME: &'static str = "tokio::sync::mpsc";

    fn make(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity)
    }

    fn share(receiver: Self::Receiver, receivers: usize) -> Vec<Self::Receiver> {
        assert_eq!(receivers, 1, "tokio::sync::mpsc has one receiver");
        vec![receiver]
    }
}

impl Sender for mpsc::Sender<u64> {
    async fn put(&self, value: u64) {
        self.send(value).await.expect(OUTLIVED);
    }

    fn slots(&self) -> usize {
        self.max_capacity()
    }
}

impl Receiver for mpsc::Receiver<u64> {
    async fn next(&mut self) -> Option<u64> {
        self.recv().await
    }
}

pub struct Flume;

impl Channels for Flume {
    type Sender = flume::Sender<u64>;
    type Receiver = flume::Receiver<u64>;
    const NAME: &'static str = "flume";

    fn make(capacity: usize) -> (Self::Sender, Self::Receiver) {
        flume::bounded(capacity)
    }

    fn share(receiver: Self::Receiver, receivers: usize) -> Vec<Self::Receiver> {
        vec![receiver; receivers]
    }
}

impl Sender for flume::Sender<u64> {
    async fn put(&self, value: u64) {
        self.send_async(value).await.expect(OUTLIVED);
    }

    fn slots(&self) -> usize {
        self.capacity().expect("made with a capacity")
    }
}

impl Receiver for flume::Receiver<u64> {
    async fn next(&mut self) -> Option<u64> {
        self.recv_async().await.ok()
    }
}

const OUTLIVED: &str = "receivers outlive senders";
