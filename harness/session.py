"""Makes the planned runs one after the other, and stops when it is told to, keeping everything."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, ContextManager, Iterator, Mapping, Sequence

from harness import machine, process
from harness.calibrate import Cost, Trial, measure_group
from harness.contenders import Candidate, Deviation
from harness.model import Cell
from harness.plan import FAILURES_MAX, Expected, Planned
from harness.progress import Estimate, Progress
from harness.record import Asked, Status, Verdict, figures, judge
from harness.service import Endpoint, Service, ServiceError, find_program
from harness.spec import Spec
from harness.store import RunFolder, cell_document

STREAM_LIMIT_BYTES = 1 << 20
_STDERR_KEPT_CHARACTERS = 2000


class Stop:
    """The user's wish to end: once, after the group of cells at hand; twice, at once."""

    def __init__(self) -> None:
        self.soon = False
        self.now = process.Abort()

    def wish(self, number: int, _: FrameType | None) -> None:
        """The handler of SIGINT and SIGTERM; the latter comes from programs and means now."""
        again, self.soon = self.soon, True  # first: the next signal may come during the words
        if again or number == signal.SIGTERM:
            self.now.set()
        else:
            words = b"\nFinishing the cells that belong together; once more stops now.\n"
            os.write(sys.stderr.fileno(), words)

    @contextmanager
    def listening(self) -> Iterator["Stop"]:
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self.wish) for number in signals]
        try:
            yield self
        finally:
            for number, handler in zip(signals, before):
                signal.signal(number, handler)
            self.now.close()


@dataclass(frozen=True)
class Bench:
    """What runs are made with: the specs, the contenders, the build and the folder to run in."""

    specs: Mapping[str, Spec]
    candidates: Mapping[str, Candidate]
    build: Path
    root: Path
    # What stands in for a service that the harness would start, by the service's name.
    servers: Mapping[str, Endpoint] = field(default_factory=dict)

    def asked(self, cell: Cell, operations: int, warmup: int, repetitions: int) -> Asked:
        workload = self.specs[cell.workload].workload
        return Asked(
            cell,
            workload.version,
            operations,
            warmup,
            repetitions,
            workload.metric,
            self._deviations(cell),
        )

    def command(self, asked: Asked, endpoint: Endpoint | None) -> list[str]:
        program = self.candidates[asked.cell.contender].program
        assert program is not None, "a cell without a program has a gap"
        command = [self.shown(program), *asked.arguments()]
        if endpoint is not None:
            command += ["--server", endpoint.address, "--server-token", endpoint.token]
        return command

    def shown(self, path: Path) -> str:
        """A path as commands name it: relative to the folder that they run in."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def service(self, workload: str) -> ContextManager[Endpoint | None]:
        """The service that runs beside a workload's cells. Raises ServiceError."""
        name = self.specs[workload].service
        if name is None:
            return nullcontext()
        if name in self.servers:
            return nullcontext(self.servers[name])
        return Service(find_program(self.build, name), self.root)

    def _deviations(self, cell: Cell) -> tuple[Deviation, ...]:
        offer = self.candidates[cell.contender].offers.get((cell.workload, cell.profile))
        return offer.deviations if offer is not None else ()


def calibrate(
    bench: Bench,
    expected: Sequence[Expected],
    target_s: float,
    progress: Progress,
    stop: Stop,
) -> dict[Cell, Cost] | None:
    """What every cell without a gap costs; None where the user stopped it."""
    groups: dict[str, list[Cell]] = {}
    for entry in expected:
        if entry.gap is None:
            groups.setdefault(entry.cell.group, []).append(entry.cell)
    costs: dict[Cell, Cost] = {}
    for index, (group, cells) in enumerate(groups.items()):
        if stop.soon:
            return None
        progress.show(index, len(groups), f"calibrating {group}", None)
        workload = cells[0].workload
        try:
            with bench.service(workload) as endpoint:

                def attempt(cell: Cell, operations: int, limit_s: float) -> Trial:
                    return _try(bench, cell, operations, limit_s, endpoint, stop)

                costs.update(measure_group(cells, bench.specs[workload], target_s, attempt))
        except ServiceError as error:
            costs.update({cell: Cost(None, 0.0, str(error)) for cell in cells})
    return None if stop.soon else costs


def _try(
    bench: Bench,
    cell: Cell,
    operations: int,
    limit_s: float,
    endpoint: Endpoint | None,
    stop: Stop,
) -> Trial:
    asked = bench.asked(cell, operations, warmup=0, repetitions=1)
    command = bench.command(asked, endpoint)
    finished = process.run(command, limit_s, bench.root, STREAM_LIMIT_BYTES, stop.now)
    verdict = judge(finished, limit_s, asked)
    operation_ns = None if verdict.record is None else figures(verdict.record)["real_time"]
    return Trial(operations, operation_ns, finished.wall_s, verdict.status, verdict.reason)


@dataclass
class Session:
    """The making of runs: which are done, which cells have failed too often, how time goes."""

    bench: Bench
    folder: RunFolder
    progress: Progress
    stop: Stop
    deadline: float | None = None  # of the monotonic clock
    out_of_time: bool = False
    _failures: dict[str, int] = field(default_factory=dict)
    _successes: set[str] = field(default_factory=set)

    def make(self, plan: Sequence[Planned], recorded: Sequence[Mapping[str, Any]]) -> None:
        """Makes every planned run that is not recorded, until the end, a wish or the deadline."""
        for run in recorded:
            self._count(plan[run["run"]].cell.id, run["status"])
        done = {run["run"] for run in recorded}
        left = [planned for planned in plan if planned.run not in done]
        estimate = Estimate(sum(planned.estimate_s for planned in left))
        visits = groupby(left, key=lambda planned: (planned.round, planned.cell.group))
        for _, visit in visits:
            self.out_of_time = self.deadline is not None and time.monotonic() > self.deadline
            if self.stop.soon or self.out_of_time:
                break
            self._visit(list(visit), len(plan), estimate)

    def _visit(self, runs: Sequence[Planned], total: int, estimate: Estimate) -> None:
        """One group in one round, with the service that it needs."""
        try:
            with self.bench.service(runs[0].cell.workload) as endpoint:
                for planned in runs:
                    self._make_one(planned, endpoint, total, estimate)
        except ServiceError as error:
            for planned in runs:
                verdict = Verdict(Status.FAILED, f"the service beside it: {error}")
                asked = self._asked(planned)
                self._record(planned, verdict, self.bench.command(asked, None), None, {})

    def _make_one(
        self, planned: Planned, endpoint: Endpoint | None, total: int, estimate: Estimate
    ) -> None:
        began = time.monotonic()
        cell = planned.cell
        hopeless = self._failures.get(cell.id, 0) >= FAILURES_MAX and cell.id not in self._successes
        if hopeless or self.stop.now.wanted:
            estimate.done(planned.estimate_s, 0.0)
            return
        words = f"round {planned.round + 1} {cell.id}"
        self.progress.show(planned.run, total, words, estimate.left_s)
        asked = self._asked(planned)
        command = self.bench.command(asked, endpoint)
        started = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        before = machine.ticks()
        finished = process.run(
            command, planned.limit_s, self.bench.root, STREAM_LIMIT_BYTES, self.stop.now
        )
        after = machine.ticks()
        if finished.aborted:
            return
        verdict = judge(finished, planned.limit_s, asked)
        own_s = finished.usage.user_s + finished.usage.system_s if finished.usage else 0.0
        others_s = max(0.0, after.busy_s - before.busy_s - own_s)
        around = {
            "started": started.replace("+00:00", "Z"),
            "steal_s": round(max(0.0, after.steal_s - before.steal_s), 3),
            "other_cpu_s": None if endpoint is not None else round(others_s, 3),
        }
        self._record(planned, verdict, command, finished, around)
        estimate.done(planned.estimate_s, time.monotonic() - began)

    def _asked(self, planned: Planned) -> Asked:
        return self.bench.asked(
            planned.cell, planned.operations, planned.warmup, planned.repetitions
        )

    def _record(
        self,
        planned: Planned,
        verdict: Verdict,
        command: Sequence[str],
        finished: process.Finished | None,
        around: Mapping[str, Any],
    ) -> None:
        words = b"" if finished is None else finished.stderr
        usage = None if finished is None or finished.usage is None else asdict(finished.usage)
        if finished is not None and verdict.status is not Status.OK:
            self.folder.write_log(f"run-{planned.run:06}.out", finished.stdout)
            self.folder.write_log(f"run-{planned.run:06}.err", finished.stderr)
            self.progress.say(f"{planned.cell.id}: {verdict.status.value}: {verdict.reason}")
        self.folder.append_run(
            {
                "schema": "weft.run/1",
                "run": planned.run,
                "round": planned.round,
                "cell": cell_document(planned.cell),
                "status": verdict.status.value,
                "reason": verdict.reason,
                "exit_status": None if finished is None else finished.exit_status,
                "signal": None if finished is None else finished.signal,
                "wall_s": 0.0 if finished is None else round(finished.wall_s, 6),
                "usage": usage,
                "left_behind": 0 if finished is None else finished.left_behind,
                **around,
                "command": list(command),
                "record": verdict.record,
                "stderr": words.decode("utf-8", "replace")[-_STDERR_KEPT_CHARACTERS:],
            }
        )
        self._count(planned.cell.id, verdict.status.value)

    def _count(self, cell_id: str, status: str) -> None:
        if status == Status.OK.value:
            self._successes.add(cell_id)
        else:
            self._failures[cell_id] = self._failures.get(cell_id, 0) + 1
