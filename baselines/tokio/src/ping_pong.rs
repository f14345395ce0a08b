//! channel/ping_pong: a token goes back and forth between two tasks over two channels.

use crate::channel::{tokio_can, Channels, Flume, Mpsc, Receiver, Sender};
use crate::failure::{require_equal, Result};
use crate::meter::Meter;
use crate::workload::{Body, Cell};

pub struct PingPong {
    trips: u64,
    capacity: usize,
}

impl PingPong {
    async fn play<C: Channels>(&self, meter: &mut Meter) -> Result<u64> {
        let trips = self.trips;
        let (there, mut at_there) = C::make(self.capacity);
        let (back, mut at_back) = C::make(self.capacity);
        meter.found("capacity", there.slots().to_string());
        meter.found("channel", C::NAME.to_string());
        meter.start()?;
        let first = tokio::spawn(async move {
            let mut token = 0;
            for _ in 0..trips {
                there.put(token).await;
                token = at_back.next().await.unwrap_or(0) + 1;
            }
            token
        });
        let second = tokio::spawn(async move {
            for _ in 0..trips {
                back.put(at_there.next().await.unwrap_or(0) + 1).await;
            }
        });
        let token = first.await.expect("a task returns");
        second.await.expect("a task returns");
        meter.stop()?;
        check_token(token, trips)
    }
}

impl Body for PingPong {
    async fn prepare(cell: &Cell) -> Result<PingPong> {
        let capacity = cell.number("capacity", 0)? as usize;
        Ok(PingPong {
            trips: cell.operations,
            capacity,
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
