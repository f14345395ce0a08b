//! channel/ping_pong: a token goes back and forth between two tasks over two channels.

use std::time::Instant;

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::latencies::Latencies;
use crate::meter::Meter;
use crate::request::usage;
use crate::tasks::join;
use crate::workload::{Body, Cell};

pub struct PingPong {
    trips: u64,
    capacity: usize,
    timed_each: bool,
}

/// Reads the clock after each round trip where it has a place for that.
async fn serve(
    ball: impl Sender,
    mut back: impl Receiver,
    trips: u64,
    mut taken: Option<Latencies>,
) -> (u64, Option<Latencies>) {
    let mut token = 0;
    let mut begin = Instant::now();
    for _ in 0..trips {
        ball.put(token).await;
        token = back.next().await.unwrap_or(0) + 1;
        if let Some(taken) = &mut taken {
            let end = Instant::now();
            taken.add(end - begin);
            begin = end;
        }
    }
    (token, taken)
}

async fn send_back(mut ball: impl Receiver, back: impl Sender, trips: u64) {
    for _ in 0..trips {
        back.put(ball.next().await.unwrap_or(0) + 1).await;
    }
}

impl PingPong {
    async fn play<C: Channels>(&self, meter: &mut Meter) -> Result<u64> {
        let trips = self.trips;
        let (there, at_there) = C::make(self.capacity);
        let (back, at_back) = C::make(self.capacity);
        meter.found("capacity", there.slots().to_string());
        meter.found("channel", C::NAME.to_string());
        let taken = self
            .timed_each
            .then(|| Latencies::with_room(trips as usize));
        meter.start()?;
        let first = tokio::spawn(serve(there, at_back, trips, taken));
        let second = tokio::spawn(send_back(at_there, back, trips));
        let (token, taken) = join(first).await;
        join(second).await;
        meter.stop()?;
        if let Some(taken) = taken {
            taken.report(meter, "")?;
        }
        check_token(token, trips)
    }
}

impl Body for PingPong {
    async fn prepare(cell: &Cell) -> Result<PingPong> {
        Ok(PingPong {
            trips: cell.operations,
            capacity: cell.number("capacity", 0)? as usize,
            timed_each: match cell.text("timed")? {
                "all" => false,
                "each" => true,
                other => return usage(format!("timed is all or each, not '{other}'")),
            },
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        if tokio_can(self.capacity, 1) {
            self.play::<Mpsc>(meter).await
        } else {
            self.play::<Flume>(meter).await
        }
    }
}

pub fn check_token(token: u64, trips: u64) -> Result<u64> {
    require_equal(token, 2 * trips, "token after all hops")?;
    Ok(token)
}
