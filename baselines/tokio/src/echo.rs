//! fanout/echo: a server that sends back what each of its clients sends.

use crate::failure::Result;
use crate::meter::Meter;
use crate::server::{check_messages, send_back, LoadedServer};
use crate::workload::{Body, Cell};

pub struct Echo {
    messages: u64,
    connections: u64,
    server: LoadedServer,
}

impl Body for Echo {
    async fn prepare(cell: &Cell) -> Result<Echo> {
        let connections = cell.number("connections", 1)?;
        let serve = |stream| send_back(stream, || ());
        Ok(Echo {
            messages: cell.operations,
            connections,
            server: LoadedServer::start(cell, connections as usize, serve).await?,
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let order = format!("closed {}", self.messages);
        let report = self.server.run(meter, &order).await?;
        let accepted = self.server.accepted();
        check_messages(&report, self.messages, self.connections, accepted)
    }

    async fn end(self) {
        self.server.end().await;
    }
}
