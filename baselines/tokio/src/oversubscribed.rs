//! pool/oversubscribed: the work is dealt out over many more tasks than workers.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Result;
use crate::jobs::report_work;
use crate::meter::Meter;
use crate::spin::Spin;
use crate::tasks::{check_shares, for_each, zeros};
use crate::throughput::Traffic;
use crate::wait_group::WaitGroup;
use crate::workload::{lend, Body, Cell};

const UNIT_NS: u64 = 1_000;

pub struct Oversubscribed {
    workers: usize,
    units: Traffic,
    unit: Spin,
    done: &'static [AtomicU64],
    ended: &'static WaitGroup,
}

impl Body for Oversubscribed {
    async fn prepare(cell: &Cell) -> Result<Oversubscribed> {
        let tasks = cell.number("tasks", 1)? as usize;
        Ok(Oversubscribed {
            workers: cell.workers,
            units: Traffic {
                messages: cell.operations,
                producers: tasks,
            },
            unit: Spin::new(UNIT_NS),
            done: lend(zeros(tasks)),
            ended: lend(WaitGroup::new()),
        })
    }

    async fn repeat(&mut self, meter: &mut Meter) -> Result<u64> {
        let (units, unit, done) = (self.units, self.unit, self.done);
        let task = |number: usize| async move {
            let mut own = 0;
            while own < units.share(number) {
                black_box(unit.work(own));
                own += 1;
            }
            done[number].fetch_add(own, Ordering::Relaxed);
        };
        meter.start()?;
        for_each(self.ended, done.len(), task).await;
        meter.stop()?;
        let work_ns = (units.messages * UNIT_NS) as f64;
        report_work(meter, work_ns, units.messages, self.workers);
        check_shares(units, done, "units that a task did")
    }
}
