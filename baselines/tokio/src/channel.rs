//! The channels that the workloads are measured with, behind one interface that costs nothing.
//!
//! Tokio's own channel has one receiver and at least one slot. Where several tasks receive, or a
//! send has to meet its receive, its users take a crate: here flume.

use std::future::Future;

use tokio::sync::mpsc;

/// A channel of `T`, which is a number where nothing else is said.
pub trait Channels<T = u64>: Send + Sync + 'static {
    type Sender: Sender<T>;
    type Receiver: Receiver<T>;
    const NAME: &'static str;

    /// A channel; it closes when its last sender is gone.
    fn make(capacity: usize) -> (Self::Sender, Self::Receiver);

    /// A handle for each of so many receivers.
    fn share(receiver: Self::Receiver, receivers: usize) -> Vec<Self::Receiver>;
}

pub trait Sender<T = u64>: Clone + Send + Sync + 'static {
    /// Waits for a slot, or for the receiver where there are none.
    fn put(&self, value: T) -> impl Future<Output = ()> + Send;

    /// How many values really fit.
    fn slots(&self) -> usize;
}

pub trait Receiver<T = u64>: Send + 'static {
    /// Empty once the channel is closed and drained.
    fn next(&mut self) -> impl Future<Output = Option<T>> + Send;
}

/// Whether Tokio's own channel can do it; where it can, its users take no other.
pub fn tokio_can(capacity: usize, receivers: usize) -> bool {
    capacity > 0 && receivers == 1
}

pub struct Mpsc;

impl<T: Send + 'static> Channels<T> for Mpsc {
    type Sender = mpsc::Sender<T>;
    type Receiver = mpsc::Receiver<T>;
    const NAME: &'static str = "tokio::sync::mpsc";

    fn make(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity)
    }

    fn share(receiver: Self::Receiver, receivers: usize) -> Vec<Self::Receiver> {
        assert_eq!(receivers, 1, "tokio::sync::mpsc has one receiver");
        vec![receiver]
    }
}

impl<T: Send + 'static> Sender<T> for mpsc::Sender<T> {
    async fn put(&self, value: T) {
        self.send(value).await.expect(OUTLIVED);
    }

    fn slots(&self) -> usize {
        self.max_capacity()
    }
}

impl<T: Send + 'static> Receiver<T> for mpsc::Receiver<T> {
    async fn next(&mut self) -> Option<T> {
        self.recv().await
    }
}

pub struct Flume;

impl<T: Send + 'static> Channels<T> for Flume {
    type Sender = flume::Sender<T>;
    type Receiver = flume::Receiver<T>;
    const NAME: &'static str = "flume";

    fn make(capacity: usize) -> (Self::Sender, Self::Receiver) {
        flume::bounded(capacity)
    }

    fn share(receiver: Self::Receiver, receivers: usize) -> Vec<Self::Receiver> {
        vec![receiver; receivers]
    }
}

impl<T: Send + 'static> Sender<T> for flume::Sender<T> {
    async fn put(&self, value: T) {
        self.send_async(value).await.expect(OUTLIVED);
    }

    fn slots(&self) -> usize {
        self.capacity().expect("made with a capacity")
    }
}

impl<T: Send + 'static> Receiver<T> for flume::Receiver<T> {
    async fn next(&mut self) -> Option<T> {
        self.recv_async().await.ok()
    }
}

const OUTLIVED: &str = "receivers outlive senders";
