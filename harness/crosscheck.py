"""Compares cells with their twins: two independent ways to one number, interleaved.

A round visits every pair once, in an order of its own; which of the two comes first changes from
round to round. Each is a fresh process. The judgement is on the median of the paired log-ratios
with its interval: a pair agrees whose interval lies within `RESOLUTION`, whether it includes 1 or
not, since the same code in two programs differs by where it lies. One that reaches beyond and
includes 1 is undecided, which is no success.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from statistics import median
from pathlib import Path
from typing import Mapping, Sequence

from harness import machine, process, stats
from harness.contenders import AnswerError, ending
from harness.contenders import load as load_contenders
from harness.errors import InputError
from harness.model import Cell, Gap, Interval
from harness.plan import Expected, cells_of, compiled, group_order
from harness.progress import Progress
from harness.record import Asked, Status, figures, judge
from harness.session import STREAM_LIMIT_BYTES, Bench, Stop
from harness.spec import Point, Spec
from harness.spec import load as load_specs
from harness.twins import Tolerance, Twin, fill

# A mistake in a workload, such as work that is timed and should not be, changes its figure by more
# than this, and where code lies by less: up to 14 %, see gate/sides.py.
RESOLUTION = 1.25

_EXPECTED_GAPS = (Gap.NOT_INSTALLED, Gap.NOT_EXPRESSIBLE)


class Judgement(str, Enum):
    """What the rounds say about a pair; the values are the words that a reader sees."""

    AGREES = "agrees"
    TOLERATED = "within its tolerance"
    DIFFERS = "differs"
    UNDECIDED = "undecided"
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True)
class Pair:
    """A cell and its twin with the command of each; without any where `gap` says why not."""

    twin: Twin
    cell: Cell
    gap: Gap | None
    reason: str | None
    asked: Asked
    limit_s: float
    cell_command: tuple[str, ...]
    twin_command: tuple[str, ...]


@dataclass
class Outcome:
    """The figures of a pair by round, and what ended it early, if anything did."""

    pair: Pair
    cell: dict[int, float] = field(default_factory=dict)
    twin: dict[int, float] = field(default_factory=dict)
    failure: str | None = None

    @property
    def ratio(self) -> Interval | None:
        """The cell's figure by its twin's."""
        return stats.ratio(self.twin, self.cell)

    @property
    def judgement(self) -> Judgement:
        if self.failure is not None:
            return Judgement.FAILED
        if self.pair.gap is not None:
            expected = self.pair.gap in _EXPECTED_GAPS
            return Judgement.ABSENT if expected else Judgement.FAILED
        return judge_ratio(self.ratio, self.pair.twin.tolerance)


def judge_ratio(ratio: Interval | None, tolerance: Tolerance | None) -> Judgement:
    """Whether an interval is about 1, or where it was declared to be."""
    if ratio is None or ratio.low is None or ratio.high is None:
        return Judgement.UNDECIDED
    if 1 / RESOLUTION <= ratio.low and ratio.high <= RESOLUTION:
        return Judgement.AGREES
    if tolerance is not None and tolerance.low <= ratio.low and ratio.high <= tolerance.high:
        return Judgement.TOLERATED
    return Judgement.DIFFERS if stats.separable(ratio) else Judgement.UNDECIDED


def check_twin(twin: Twin, specs: Mapping[str, Spec]) -> None:
    """Raises InputError where a twin and its workload's spec do not fit."""
    spec = specs.get(twin.workload)
    if spec is None:
        raise InputError(f"{twin.where}: workload: no workload is called {twin.workload!r}")
    known = set(spec.workload.parameter_titles)
    if set(twin.parameters) != known:
        words = ", ".join(sorted(known)) or "none"
        raise InputError(f"{twin.where}: parameters: {twin.workload} has {words}")
    if spec.operations not in (None, twin.operations):
        raise InputError(f"{twin.where}: operations: {twin.workload} does {spec.operations}")
    if spec.service is not None:
        raise InputError(f"{twin.where}: workload: a cell with a service beside it has no twin")


def _expected(twin: Twin, spec: Spec, bench: Bench, cpus: int) -> Expected:
    candidate = bench.candidates[twin.contender]
    workers = cpus if isinstance(twin.workers, str) else twin.workers
    names = spec.workload.parameter_titles
    point = Point(tuple((name, twin.parameters[name]) for name in names), workers, None)
    for expected in cells_of(spec, point, candidate):
        if expected.cell.profile in ("", twin.profile):
            return expected
    raise InputError(f"{twin.where}: profile: {twin.contender} has no profile {twin.profile!r}")


def pair_up(twin: Twin, bench: Bench, cpus: int) -> Pair:
    """The pair of a twin in a build. Raises InputError where its file must change."""
    spec = bench.specs[twin.workload]
    expected = _expected(twin, spec, bench, cpus)
    cell = expected.cell
    asked = bench.asked(cell, twin.operations, warmup=1, repetitions=twin.repetitions)
    places = {"build": bench.shown(bench.build), "workers": str(cell.workers)}
    runs = expected.gap is None
    return Pair(
        twin=twin,
        cell=cell,
        gap=expected.gap,
        reason=expected.reason,
        asked=asked,
        limit_s=spec.time_limit_s,
        cell_command=tuple(bench.command(asked, None)) if runs else (),
        twin_command=tuple(fill(twin.command, places)) if runs else (),
    )


def prepare(
    root: Path, build: Path, suites: Path, twins: Sequence[Twin], pattern: str | None
) -> tuple[Bench, list[Pair]]:
    """The pairs of the twins in a build whose cells the pattern finds. Raises InputError."""
    wanted = compiled(pattern)
    specs = {spec.workload.id: spec for spec in load_specs(suites, root)}
    for twin in twins:
        check_twin(twin, specs)
    names = sorted({twin.contender for twin in twins})
    candidates = {c.contender.name: c for c in load_contenders(build, root, names)}
    bench = Bench(specs, candidates, build, root)
    cpus = machine.cpus_usable()
    pairs = [pair_up(twin, bench, cpus) for twin in twins]
    pairs = [pair for pair in pairs if wanted.search(pair.cell.id)]
    if not pairs:
        raise InputError("no pair is left: --filter excludes them all")
    return bench, pairs


def _cell_figure(finished: process.Finished, pair: Pair) -> float:
    verdict = judge(finished, pair.limit_s, pair.asked)
    if verdict.status is not Status.OK or verdict.record is None:
        raise AnswerError(f"the cell: {verdict.status.value}: {verdict.reason}")
    return figures(verdict.record)[pair.asked.metric.name]


def _twin_figure(finished: process.Finished, pair: Pair) -> float:
    problem = ending(finished, pair.limit_s)
    if problem is not None:
        raise AnswerError(f"the twin {problem}")
    found = pair.twin.figure.findall(finished.stdout.decode("utf-8", "replace"))
    try:
        numbers = [float(text) for text in found]
    except ValueError as error:
        raise AnswerError(f"the twin's figure is no number: {error}") from error
    if not numbers or not all(0 < number < math.inf for number in numbers):
        raise AnswerError(f"the twin printed {len(numbers)} figures, or one that is not above 0")
    return median(numbers) / pair.twin.per


@dataclass
class Comparison:
    """The making of the rounds."""

    bench: Bench
    pairs: Sequence[Pair]
    seed: int
    stop: Stop
    progress: Progress

    def make(self, rounds: int) -> list[Outcome]:
        """Every pair in every round; less where the user stops it, or a pair fails."""
        outcomes = [Outcome(pair) for pair in self.pairs]
        runs = {o.pair.twin.where: (i, o) for i, o in enumerate(outcomes) if o.pair.gap is None}
        for number in range(rounds):
            for done, where in enumerate(group_order(self.seed, number, runs)):
                if self.stop.soon:
                    return outcomes
                place, outcome = runs[where]
                words = f"round {number + 1} {outcome.pair.cell.id}"
                self.progress.show(number * len(runs) + done, rounds * len(runs), words, None)
                if outcome.failure is None:
                    self._visit(outcome, number, twin_first=(number + place) % 2 == 1)
        return outcomes

    def _visit(self, outcome: Outcome, number: int, twin_first: bool) -> None:
        """Both of a pair, one after the other."""
        pair = outcome.pair
        sides = [
            (pair.cell_command, _cell_figure, outcome.cell),
            (pair.twin_command, _twin_figure, outcome.twin),
        ]
        for command, figure, values in sides[::-1] if twin_first else sides:
            finished = process.run(
                command, pair.limit_s, self.bench.root, STREAM_LIMIT_BYTES, self.stop.now
            )
            if self.stop.now.wanted:
                return
            try:
                values[number] = figure(finished, pair)
            except AnswerError as error:
                outcome.failure = f"round {number + 1}: {error}"
                return


def fine(outcomes: Sequence[Outcome]) -> bool:
    """Whether every pair that there is agrees, and there is one."""
    compared = [outcome for outcome in outcomes if outcome.judgement is not Judgement.ABSENT]
    agreeing = (Judgement.AGREES, Judgement.TOLERATED)
    return bool(compared) and all(outcome.judgement in agreeing for outcome in compared)
