"""What is exported: each run's figures with their units, each cell's interval or its gap."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

from harness import visits
from harness.analysis import analyse
from harness.model import Analysis, Cell, CellResult, Metric, Workload
from harness.record import Status, figures
from harness.store import load_runs, read_cell

# The figures that every program reports, whatever the workload's spec names.
_ALWAYS = (Metric("real_time", "ns", "lower"), Metric("cpu_time", "ns", "lower"))


@dataclass(frozen=True)
class Sample:
    """One figure of one run."""

    metric: Metric
    value: float


@dataclass(frozen=True)
class Made:
    """One recorded run; without samples where it did not count, and then with a reason."""

    run: int
    round: int
    cell: Cell
    status: str
    reason: str | None
    operations: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Export:
    """A run's folder, ready to be written in any format."""

    analysis: Analysis
    runs: tuple[Made, ...]

    @property
    def results(self) -> Iterator[tuple[Workload, CellResult]]:
        for group in self.analysis.groups:
            for result in group.results:
                yield group.workload, result


def metrics(workload: Workload) -> dict[str, Metric]:
    """The metrics of a workload by name, its main one first."""
    found = {workload.metric.name: workload.metric}
    for metric in (*workload.metrics, *_ALWAYS):
        found.setdefault(metric.name, metric)
    return found


def _made(run: Mapping[str, Any], workload: Workload) -> Made:
    ok = run["status"] == Status.OK.value
    values = figures(run["record"]) if ok else {}
    known = metrics(workload)
    return Made(
        run=run["run"],
        round=run["round"],
        cell=read_cell(run["cell"]),
        status=run["status"],
        reason=run["reason"],
        operations=int(values.get("iterations", 0)),
        samples=tuple(Sample(known[name], values[name]) for name in known if name in values),
    )


def load(folder: Path) -> Export:
    """Reads a run's folder. Raises InputError or StoreError."""
    analysis = analyse(folder)
    workloads = {workload.id: workload for workload in analysis.workloads}
    runs = visits.counting(load_runs(folder))
    made = tuple(_made(run, workloads[run["cell"]["workload"]]) for run in runs)
    return Export(analysis, made)
