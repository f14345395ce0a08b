//! spawn/chain: each task starts the next.

use crate::batch::{check_marks, leave, marks, Mark};
use crate::failure::Result;
use crate::meter::Meter;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

pub struct Chain {
    marks: &'static [Mark],
    ended: &'static WaitGroup,
}

/// Starts a link: a function and no future, because a future cannot contain itself.
fn start_link(marks: &'static [Mark], ended: &'static WaitGroup) {
    tokio::spawn(async move {
        leave(&marks[0], 1);
        if marks.len() > 1 {
            start_link(&marks[1..], ended);
        } else {
            ended.done();
        }
    });
}

impl Body for Chain {
    async fn prepare(cell: &Cell) -> Result<Chain> {
        Ok(Chain {
            marks: marks(cell.operations as usize),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        meter.start()?;
        self.ended.add(1);
        start_link(self.marks, self.ended);
        self.ended.wait().await;
        meter.stop()?;
        check_marks(self.marks, 1)?;
        Ok(self.marks.len() as u64)
    }
}
