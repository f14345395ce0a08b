//! fanout/churn: a server that accepts connections and closes them.

use tokio::net::TcpStream;

use crate::descriptors::require_descriptors;
use crate::failure::{require_equal, Result};
use crate::load_order::Report;
use crate::meter::Meter;
use crate::server::{sum_of_numbers, LoadedServer};
use crate::workload::{Body, Cell};

pub struct Churn {
    total: u64,
    at_once: u64,
    ended_in_all: u64,
    server: LoadedServer,
}

impl Body for Churn {
    async fn prepare(cell: &Cell) -> Result<Churn> {
        let at_once = cell.number("connections", 1)?;
        require_descriptors(at_once as usize)?;
        let close = |stream: TcpStream| async move { drop(stream) };
        Ok(Churn {
            total: cell.operations,
            at_once,
            ended_in_all: 0,
            server: LoadedServer::start(cell, 0, close).await?,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let order = format!("churn {} {}", self.total, self.at_once);
        let report = self.server.run(meter, &order).await?;
        self.ended_in_all += report.count;
        let accepted = self.server.accepted();
        require_equal(accepted, self.ended_in_all, "connections accepted")?;
        check_ended(&report, self.total)
    }

    async fn end(self) {
        self.server.end().await;
    }
}

fn check_ended(report: &Report, total: u64) -> Result<u64> {
    require_equal(report.count, total, "connections that were ended")?;
    let sum = sum_of_numbers(total, 1);
    require_equal(report.sum, sum, "sum of their numbers")?;
    Ok(sum)
}
