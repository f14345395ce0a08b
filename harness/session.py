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

from harness import process
from harness.calibrate import Calibrated, Cost, Trial, measure_group
from harness.contenders import Candidate, Deviation
from harness.disturbance import Around, Counters
from harness.errors import InfeasibleError
from harness.model import Cell
from harness.plan import FAILURES_MAX, Expected, Planned
from harness.progress import Estimate, Progress
from harness.record import Asked, Status, Verdict, figures, judge
from harness.service import Endpoint, Service, ServiceError, find_program
from harness.settling import Settled, settle
from harness.spec import Spec
from harness.store import RunFolder, cell_document
from harness.visits import Again, Ledger

STREAM_LIMIT_BYTES = 1 << 20
_STDERR_KEPT_CHARACTERS = 2000
_CPUS = os.cpu_count() or 1


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
        profile = self.candidates[cell.contender].profiles.get(cell.profile)
        return Asked(
            cell,
            workload.version,
            operations,
            warmup,
            repetitions,
            workload.metric,
            self._deviations(cell),
            () if profile is None else profile.effective,
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
    deadline: float | None = None,
) -> Calibrated | None:
    """What every cell without a gap costs; None where the user stopped it.

    Raises InfeasibleError where the deadline, of the monotonic clock, comes first.
    """
    groups: dict[str, list[Cell]] = {}
    for entry in expected:
        if entry.gap is None:
            groups.setdefault(entry.cell.group, []).append(entry.cell)
    costs: dict[Cell, Cost] = {}
    visits_s: dict[str, float] = {}
    disturbed = 0
    settled = settle(stop.now)
    for index, (group, cells) in enumerate(groups.items()):
        if stop.soon:
            return None
        if deadline is not None and time.monotonic() > deadline:
            raise InfeasibleError(f"only {index} of {len(groups)} groups could be calibrated")
        progress.show(index, len(groups), f"calibrating {group}", None)
        found, visits_s[group], alone = _calibrate_group(bench, cells, target_s, stop)
        costs.update(found)
        disturbed += not alone
    share = disturbed / len(groups) if groups else 0.0
    return None if stop.soon else Calibrated(costs, visits_s, settled.waited_s, share)


def _calibrate_group(
    bench: Bench, cells: Sequence[Cell], target_s: float, stop: Stop
) -> tuple[dict[Cell, Cost], float, bool]:
    """The costs, what the service adds to each visit, and whether no trial was disturbed."""
    workload, began, tried_s, alone = cells[0].workload, time.monotonic(), 0.0, True
    try:
        with bench.service(workload) as endpoint:

            def attempt(cell: Cell, operations: int, limit_s: float) -> Trial:
                nonlocal tried_s, alone
                trial = _try(bench, cell, operations, limit_s, endpoint, stop)
                tried_s, alone = tried_s + trial.wall_s, alone and not trial.disturbed
                return trial

            costs = measure_group(cells, bench.specs[workload], target_s, attempt)
    except ServiceError as error:
        costs = {cell: Cost(None, 0.0, str(error)) for cell in cells}
    return costs, max(0.0, time.monotonic() - began - tried_s), alone


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
    before = Counters.now()
    finished = process.run(command, limit_s, bench.root, STREAM_LIMIT_BYTES, stop.now)
    disturbed = bool(_around(before, finished, endpoint).causes(_CPUS))
    verdict = judge(finished, limit_s, asked)
    operation_ns = None if verdict.record is None else figures(verdict.record)["real_time"]
    # What the harness needs for a run is part of what the run costs.
    spent_s = time.monotonic() - before.passed_s
    return Trial(operations, operation_ns, spent_s, verdict.status, verdict.reason, disturbed)


def _around(before: Counters, finished: process.Finished, endpoint: Endpoint | None) -> Around:
    """What happened beside a run, from nothing that it printed."""
    usage = finished.usage
    program_s = 0.0 if usage is None else usage.user_s + usage.system_s
    return Around.between(before, Counters.now(), None if endpoint is not None else program_s)


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
    _settled: Settled | None = None  # until the first run after it is recorded

    def make(self, plan: Sequence[Planned], recorded: Sequence[Mapping[str, Any]]) -> None:
        """Makes every planned run that is not recorded, until the end, a wish or the deadline."""
        self._ledger, self._total = Ledger(plan), len(plan)
        for run in recorded:
            self._ledger.record(run)
            self._count(self._ledger.planned(run).cell.id, run["status"])
        done = {run["run"] for run in recorded}
        left = [planned for planned in plan if planned.run not in done]
        self._estimate = Estimate(sum(planned.estimate_s for planned in left))
        for _, made in groupby(left, key=lambda planned: planned.round):
            self._settled = settle(self.stop.now)
            for _, visit in groupby(made, key=lambda planned: planned.cell.group):
                self.out_of_time = self.deadline is not None and time.monotonic() > self.deadline
                if self.stop.soon or self.out_of_time:
                    return
                self._visit(list(visit), 0)
            self._make_again()
        self._make_again()

    def _make_again(self) -> None:
        """The visits so far that something disturbed, as far as the rules and the time allow."""
        while not self.stop.soon:
            again = self._ledger.due()
            if again is None or not self._fits(again):
                return
            self._ledger.close(again)
            self._visit(again.runs, again.attempt)

    def _fits(self, again: Again) -> bool:
        """Whether there is time for it besides all that was planned."""
        needed_s = self._estimate.left_s + again.estimate_s
        return self.deadline is None or time.monotonic() + needed_s <= self.deadline

    def _visit(self, runs: Sequence[Planned], attempt: int) -> None:
        """One group in one round, with the service that it needs."""
        try:
            with self.bench.service(runs[0].cell.workload) as endpoint:
                for planned in runs:
                    self._make_one(planned, attempt, endpoint)
        except ServiceError as error:
            for planned in runs:
                verdict = Verdict(Status.FAILED, f"the service beside it: {error}")
                command = self.bench.command(self._asked(planned), None)
                self._record(planned, attempt, verdict, command, None, {})

    def _make_one(self, planned: Planned, attempt: int, endpoint: Endpoint | None) -> None:
        cell = planned.cell
        hopeless = self._failures.get(cell.id, 0) >= FAILURES_MAX and cell.id not in self._successes
        if hopeless or self.stop.now.wanted:
            self._estimate.done(0.0 if attempt else planned.estimate_s, 0.0)
            return
        words = f"round {planned.round + 1}{' again' if attempt else ''} {cell.id}"
        self.progress.show(planned.run, self._total, words, self._estimate.left_s)
        asked = self._asked(planned)
        command = self.bench.command(asked, endpoint)
        started = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        before = Counters.now()
        finished = process.run(
            command,
            planned.limit_s,
            self.bench.root,
            STREAM_LIMIT_BYTES,
            self.stop.now,
            planned.padding,
        )
        around = _around(before, finished, endpoint)
        if finished.aborted:
            return
        beside = {"started": started.replace("+00:00", "Z"), **around.document(_CPUS)}
        verdict = judge(finished, planned.limit_s, asked)
        self._record(planned, attempt, verdict, command, finished, beside)
        if not attempt:
            self._estimate.done(planned.estimate_s, time.monotonic() - before.passed_s)

    def _asked(self, planned: Planned) -> Asked:
        return self.bench.asked(
            planned.cell, planned.operations, planned.warmup, planned.repetitions
        )

    def _record(
        self,
        planned: Planned,
        attempt: int,
        verdict: Verdict,
        command: Sequence[str],
        finished: process.Finished | None,
        beside: Mapping[str, Any],
    ) -> None:
        number = self._ledger.next_number if attempt else planned.run
        if finished is not None and verdict.status is not Status.OK:
            self.folder.write_log(f"run-{number:06}.out", finished.stdout)
            self.folder.write_log(f"run-{number:06}.err", finished.stderr)
            self.progress.say(f"{planned.cell.id}: {verdict.status.value}: {verdict.reason}")
        run = {
            "schema": "weft.run/1",
            "run": number,
            **({"repeats": planned.run, "attempt": attempt} if attempt else {}),
            "round": planned.round,
            "cell": cell_document(planned.cell),
            "status": verdict.status.value,
            "reason": verdict.reason,
            **_ending(finished),
            **({} if self._settled is None else {"settled": self._settled.document()}),
            **beside,
            "command": list(command),
            "record": verdict.record,
            "stderr": _kept(b"" if finished is None else finished.stderr),
        }
        self.folder.append_run(run)
        self._settled = None
        self._ledger.record(run)
        self._count(planned.cell.id, verdict.status.value)

    def _count(self, cell_id: str, status: str) -> None:
        if status == Status.OK.value:
            self._successes.add(cell_id)
        else:
            self._failures[cell_id] = self._failures.get(cell_id, 0) + 1


def _kept(words: bytes) -> str:
    return words.decode("utf-8", "replace")[-_STDERR_KEPT_CHARACTERS:]


def _ending(finished: process.Finished | None) -> dict[str, Any]:
    """How a program ended, for the run's line; nothing but zeros where it never began."""
    if finished is None:
        nothing = dict.fromkeys(("exit_status", "signal", "usage"))
        return {**nothing, "wall_s": 0.0, "left_behind": 0}
    return {
        "exit_status": finished.exit_status,
        "signal": finished.signal,
        "wall_s": round(finished.wall_s, 6),
        "usage": None if finished.usage is None else asdict(finished.usage),
        "left_behind": finished.left_behind,
    }
