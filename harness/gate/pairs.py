"""Makes the pairs: both sides one after the other, in balanced seeded order, each run recorded.

In every block of two rounds a subject's sides come once in either order; which comes first is drawn
for each block. A disturbed pair is made again at the end of its block, in the same order, as long
as its subject has not used up its allowance. A subject whose run failed is not run again.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping, Sequence

from harness import machine, process
from harness.contenders import AnswerError, ending
from harness.disturbance import Around, Counters
from harness.gate.model import Sample
from harness.gate.sides import in_layout
from harness.plan import draw, group_order, padding
from harness.progress import Estimate, Progress
from harness.record import Asked, Status, figures, judge
from harness.service import Endpoint, ServiceError
from harness.session import STREAM_LIMIT_BYTES, Bench, Stop
from harness.settling import settle
from harness.store import RunFolder, read_lines

SCHEMA = "weft.gate_run/1"
CANARY_LIMIT_S = 30.0
_RUNS = "raw/runs.jsonl"
_ROUNDS_APART = 100_000  # so that no two stages share a round's order


@dataclass(frozen=True)
class Arm:
    """One side of a subject: a bench and what is asked of it, or a fixed program."""

    side: str
    command: tuple[str, ...]
    cwd: Path
    limit_s: float
    bench: Bench | None = None
    asked: Asked | None = None
    layouts: int = 0  # of its program; 0: it is as it was built


@dataclass(frozen=True)
class Shot:
    """What one run showed."""

    status: Status
    reason: str | None
    value: float | None = None
    record: Mapping[str, Any] | None = None


def _canary(finished: process.Finished, limit_s: float) -> Shot:
    problem = ending(finished, limit_s)
    try:
        if problem is not None:
            raise AnswerError(problem)
        value = float(finished.stdout)
        if not 0 < value < math.inf:
            raise AnswerError(f"printed {value}")
    except (AnswerError, ValueError) as error:
        return Shot(Status.FAILED, str(error))
    return Shot(Status.OK, None, value)


def _shot(finished: process.Finished, arm: Arm) -> Shot:
    if arm.asked is None:
        return _canary(finished, arm.limit_s)
    verdict = judge(finished, arm.limit_s, arm.asked)
    if verdict.record is None:
        return Shot(verdict.status, verdict.reason)
    value = figures(verdict.record)[arm.asked.metric.name]
    if not 0 < value < math.inf:
        return Shot(Status.FAILED, f"{arm.asked.metric.name} is {value:g}, which has no ratio")
    return Shot(Status.OK, None, value, verdict.record)


@dataclass
class Maker:
    """The making of pairs, and what ends it early."""

    folder: RunFolder
    arms: dict[str, tuple[Arm, Arm]]
    invalid_share_max: float
    seed: int
    progress: Progress
    stop: Stop
    estimate: Estimate
    costs_s: Mapping[str, float]
    deadline: float | None = None
    out_of_time: bool = False
    made: int = 0
    total: int = 0  # of what is known to come, for the eye
    failed: set[str] = field(default_factory=set)

    def make(self, stage: int, subjects: Sequence[str], rounds: int, first_layout: int = 0) -> bool:
        """All pairs of a stage; False where a wish or the deadline ended it."""
        self._first_layout = first_layout
        allowance = Counter({s: math.ceil(self.invalid_share_max * rounds) for s in subjects})
        for first in range(0, rounds, 2):
            again: list[tuple[int, str]] = []
            for number in range(first, min(first + 2, rounds)):
                settle(self.stop.now)
                for subject in group_order(self.seed, stage * _ROUNDS_APART + number, subjects):
                    if not self._visit(stage, number, subject, 0):
                        return False
                    if self._disturbed:
                        again.append((number, subject))
            attempt = 1
            while again:
                tried, again = again, []
                for number, subject in tried:
                    if allowance[subject] == 0:
                        continue
                    allowance[subject] -= 1
                    if not self._visit(stage, number, subject, attempt):
                        return False
                    if self._disturbed:
                        again.append((number, subject))
                attempt += 1
        return True

    def _visit(self, stage: int, number: int, subject: str, attempt: int) -> bool:
        """One pair of a subject; False where no more pairs are to be made."""
        self._disturbed = False
        self.out_of_time = self.deadline is not None and time.monotonic() > self.deadline
        if self.stop.soon or self.out_of_time:
            return False
        if subject in self.failed:
            return True
        words = f"stage {stage} round {number + 1} {subject}"
        self.progress.show(self.made, self.total, words, self.estimate.left_s)
        began = time.monotonic()
        try:
            self._pair(stage, number, subject, attempt)
        except ServiceError as error:
            self.failed.add(subject)
            self.progress.say(f"{subject}: the service beside it: {error}")
        if attempt == 0:
            self.estimate.done(self.costs_s.get(subject, 0.0), time.monotonic() - began)
        return not self.stop.now.wanted

    def _pair(self, stage: int, number: int, subject: str, attempt: int) -> None:
        block, step = divmod(number, 2)
        coin = draw(self.seed, "first", stage, block, subject) < 0.5
        order = [0, 1] if coin == bool(step) else [1, 0]
        runs: list[dict[str, Any]] = []
        for position, which in enumerate(order):
            # Of one length for both: the environment moves the stack of a program.
            self._padding = padding(self.seed, stage * _ROUNDS_APART + number, subject)
            run = self._run(self.arms[subject][which], number, subject)
            if run is None:
                return
            place: dict[str, Any] = {
                "stage": stage,
                "round": number,
                "attempt": attempt,
                "subject": subject,
            }
            runs.append({**place, "arm": which, "position": position, **run})
        causes = [cause for run in runs for cause in run["disturbed"]]
        failed = any(run["status"] != Status.OK.value for run in runs)
        self._disturbed = bool(causes) and not failed
        if failed:
            self.failed.add(subject)
        for run in runs:
            self.folder.append_run({"schema": SCHEMA, "run": self.made, **run})
            self.made += 1

    def _run(self, arm: Arm, number: int, subject: str) -> dict[str, Any] | None:
        """One run; None where the user stopped it."""
        if arm.bench is None or arm.asked is None:
            return self._timed(arm, arm.command, None, subject)
        with arm.bench.service(arm.asked.cell.workload) as endpoint:
            command = arm.bench.command(arm.asked, endpoint)
            if arm.layouts:
                layout = (self._first_layout + number) % arm.layouts
                command[0] = in_layout(command[0], layout)
            return self._timed(arm, command, endpoint, subject)

    def _timed(
        self, arm: Arm, command: Sequence[str], endpoint: Endpoint | None, subject: str
    ) -> dict[str, Any] | None:
        started = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        before = Counters.now()
        finished = process.run(
            command, arm.limit_s, arm.cwd, STREAM_LIMIT_BYTES, self.stop.now, self._padding
        )
        after = Counters.now()
        if finished.aborted:
            return None
        usage = finished.usage
        own_s = None if usage is None or endpoint is not None else usage.user_s + usage.system_s
        # Before the value is looked at.
        around = Around.between(before, after, own_s).document(machine.cpus_usable())
        shot = _shot(finished, arm)
        if shot.status is not Status.OK:
            self.progress.say(f"{subject}: {arm.side}: {shot.status.value}: {shot.reason}")
            self.folder.write_log(f"run-{self.made:06}-{arm.side}.err", finished.stderr)
        return {
            "side": arm.side,
            "status": shot.status.value,
            "reason": shot.reason,
            "value": shot.value,
            **around,
            "started": started.replace("+00:00", "Z"),
            "wall_s": round(finished.wall_s, 6),
            "command": list(command),
            "record": shot.record,
        }


def load(folder: Path) -> list[dict[str, Any]]:
    """Every run that a gate recorded; a torn last line is none. Raises StoreError."""
    return [run for run in read_lines(folder / _RUNS) if run["schema"] == SCHEMA]


def _mismatch(base: Mapping[str, Any], head: Mapping[str, Any]) -> str | None:
    """What the two records say that they did differently."""
    sides = [run["record"]["context"] if run["record"] else {} for run in (base, head)]
    for key in sorted(sides[0].keys() | sides[1].keys()):
        if key.startswith("effective.") and sides[0].get(key) != sides[1].get(key):
            return f"{key} is {sides[0].get(key)!r} in base and {sides[1].get(key)!r} in head"
    return None


def sample(runs: Sequence[Mapping[str, Any]], planned: int, lower_is_better: bool) -> Sample:
    """The sample of one subject in one stage from its runs."""
    pairs: dict[tuple[int, int], dict[int, Mapping[str, Any]]] = {}
    for run in runs:
        pairs.setdefault((run["round"], run["attempt"]), {})[run["arm"]] = run
    sign = 1.0 if lower_is_better else -1.0
    dropped: Counter[str] = Counter()
    broken: list[str | None] = [None, None]
    values: list[tuple[float, float]] = []
    mismatch = None
    for _, pair in sorted(pairs.items()):
        for arm, run in pair.items():
            if run["status"] != Status.OK.value:
                broken[arm] = broken[arm] or f"{run['status']}: {run['reason']}"
        if len(pair) < 2 or any(run["value"] is None for run in pair.values()):
            continue
        causes = [cause for run in pair.values() for cause in run["disturbed"]]
        if causes:
            dropped[causes[0]] += 1
            continue
        mismatch = mismatch or _mismatch(pair[0], pair[1])
        values.append((pair[0]["value"], pair[1]["value"]))
    return Sample(
        differences=tuple(sign * (math.log(head) - math.log(base)) for base, head in values),
        planned=planned,
        dropped=dict(dropped),
        broken_base=broken[0],
        broken_head=broken[1],
        mismatch=mismatch,
        first=tuple(base for base, _ in values),
        second=tuple(head for _, head in values),
    )
