"""Judges the articles' claims by a run's figures: pure functions of the claims and the analysis.

Each contender that a claim names gets a verdict of its own. Where a figure has an interval, the
interval decides: wholly inside the bounds the claim holds, wholly outside it does not, across one
of them it is not settled. Too few runs for an interval leave the decision to the median.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Iterator, Mapping, Sequence

from harness.model import Analysis, CellResult, Gap, Interval, Metric, Workload
from harness.store import RACE

RATIO = "×"  # the unit of a quotient of two cells

# What says that the contender cannot do it here; any other gap says nothing about the claim.
_DEFEATS = (Gap.DID_NOT_FINISH, Gap.FAILED, Gap.WRONG_RESULT)


class Verdict(str, Enum):
    """What can be said about a claim; the values are the words that a reader sees."""

    HOLDS = "holds"
    FAILS = "does not hold here"
    IMPOSSIBLE = "cannot hold"
    UNSETTLED = "not settled"
    SHOWN = "shown by a tested example"
    NOT_MEASURED = "not measured in this run"


@dataclass(frozen=True)
class Article:
    """A text that claims are from."""

    letter: str
    title: str
    file: str


@dataclass(frozen=True)
class Place:
    """Where a figure is: one cell of any contender, and what is taken from it."""

    workload: str
    parameters: Mapping[str, int | str]
    workers: int | str  # "max" here and among the parameters is the number of CPUs
    metric: Metric
    divisor: float
    contender: str | None  # only of a place that figures are divided by
    race_detector: bool  # whether the programs have one, which are run apart
    sizes: tuple[str, ...]  # the sizes of a run that have the cell


@dataclass(frozen=True)
class Arithmetic:
    """Why a claim cannot be true of anything: the least that is possible exceeds it."""

    claimed: float
    least: float
    why: str


@dataclass(frozen=True)
class Claim:
    """A figure of the articles, and what of a run speaks for or against it.

    A measured claim has a `place` and either bounds, `finishes` or `arithmetic`; any other has an
    `example` that shows (or refutes) it, or a reason why it is `unmeasured`.
    """

    id: str
    topic: str
    articles: tuple[Article, ...]
    says: str
    reading: str | None
    contenders: tuple[str, ...]
    place: Place | None = None
    over: Place | None = None
    at_least: float | None = None
    at_most: float | None = None
    finishes: bool | None = None
    arithmetic: Arithmetic | None = None
    example: str | None = None
    refutes: bool = False
    unmeasured: str | None = None

    @property
    def unit(self) -> str:
        """Of the figure that is judged."""
        assert self.place is not None, "only what is measured has a unit"
        return RATIO if self.over else self.place.metric.unit


@dataclass(frozen=True)
class Finding:
    """What a run says about a claim for one contender; `cells` are where the figure is from."""

    contender: str
    verdict: Verdict
    figure: Interval | None = None
    reason: str | None = None
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A claim with a finding for each of its contenders, its subject's first."""

    claim: Claim
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """That of the claim's subject."""
        return self.findings[0].verdict


class _NoFigure(Exception):
    """Why a figure is not there, and the cell that would have it, if any."""

    def __init__(self, reason: str, gap: Gap | None = None, cells: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.gap = gap
        self.cells = cells


@dataclass(frozen=True)
class _Runs:
    """A run and, where it was made, the one with race detectors."""

    plain: Analysis
    race: Analysis | None

    def at(self, place: Place) -> Analysis:
        """The run that has a place's cell. Raises _NoFigure."""
        if not place.race_detector:
            return self.plain
        if self.race is None:
            raise _NoFigure(f"the run has no folder '{RACE}' of programs with race detectors")
        machines = [run.environment.get("fingerprint") for run in (self.plain, self.race)]
        if machines[0] != machines[1]:
            raise _NoFigure(f"the run in its folder '{RACE}' is of another machine")
        return self.race


def judge(
    claims: Sequence[Claim], analysis: Analysis, race: Analysis | None = None
) -> tuple[Judged, ...]:
    """Every claim with its findings, in the order of the claims."""
    runs = _Runs(analysis, race)
    return tuple(Judged(claim, tuple(_findings(claim, runs))) for claim in claims)


def _findings(claim: Claim, runs: _Runs) -> Iterator[Finding]:
    for contender in claim.contenders:
        if claim.example is not None:
            verdict = Verdict.FAILS if claim.refutes else Verdict.SHOWN
            yield Finding(contender, verdict, reason=claim.example)
        elif claim.unmeasured is not None:
            yield Finding(contender, Verdict.NOT_MEASURED, reason=claim.unmeasured)
        else:
            yield _measured(claim, contender, runs)


def _measured(claim: Claim, contender: str, runs: _Runs) -> Finding:
    assert claim.place is not None, "the reader gives a place to every other claim"
    try:
        figure, cells = _figure(claim.place, contender, runs)
        if claim.over is not None:
            below, more = _figure(claim.over, claim.over.contender or contender, runs)
            figure, cells = _quotient(figure, below), cells + more
    except _NoFigure as missing:
        return _without_figure(claim, contender, missing)
    verdict, reason = _verdict(claim, figure)
    return Finding(contender, verdict, figure, reason, cells)


def _without_figure(claim: Claim, contender: str, missing: _NoFigure) -> Finding:
    verdict = Verdict.NOT_MEASURED
    if claim.arithmetic is not None:
        verdict = Verdict.IMPOSSIBLE
    elif claim.finishes is not None and missing.gap in _DEFEATS:
        verdict = Verdict.FAILS if claim.finishes else Verdict.HOLDS
    return Finding(contender, verdict, reason=missing.reason, cells=missing.cells)


def _verdict(claim: Claim, figure: Interval) -> tuple[Verdict, str | None]:
    if claim.arithmetic is not None:
        if figure.median < claim.arithmetic.least:
            return Verdict.UNSETTLED, "the figure is below the least that arithmetic allows"
        return Verdict.IMPOSSIBLE, None
    if claim.finishes is not None:
        return Verdict.HOLDS if claim.finishes else Verdict.FAILS, None
    return _within(figure, claim.at_least, claim.at_most)


def _within(
    figure: Interval, least: float | None, most: float | None
) -> tuple[Verdict, str | None]:
    low = figure.median if figure.low is None else figure.low
    high = figure.median if figure.high is None else figure.high
    if least is not None and high < least:
        return Verdict.FAILS, "it is less"
    if most is not None and low > most:
        return Verdict.FAILS, "it is more"
    if (least is None or low >= least) and (most is None or high <= most):
        return Verdict.HOLDS, None
    return Verdict.UNSETTLED, "the interval reaches across a bound"


def _figure(place: Place, contender: str, runs: _Runs) -> tuple[Interval, tuple[str, ...]]:
    """The place's figure and the id of its cell, if this run has it. Raises _NoFigure."""
    analysis = runs.at(place)
    result = _result(place, contender, analysis)
    cells = () if place.race_detector else (result.cell.id,)
    if result.gap is not None:
        reason = result.reason or "no reason was recorded"
        raise _NoFigure(f"{result.gap.value}: {reason}", result.gap, cells)
    found = _recorded(result, place.metric.name, analysis)
    if found is None:
        raise _NoFigure(f"its record has no {place.metric.name}", cells=cells)
    return _scaled(found, 1 / place.divisor), cells


def _result(place: Place, contender: str, analysis: Analysis) -> CellResult:
    cpus = analysis.environment.get("cpu", {}).get("usable", 0)
    cell = resolved(place.parameters, place.workers, cpus)
    row = _row(contender, analysis)
    for group in analysis.groups:
        same = (dict(group.parameters), group.workers) == cell
        if same and group.workload.id == place.workload:
            for result in group.results:
                if result.cell.row == row:
                    return result
            raise _NoFigure(f"{contender} was not among the contenders")
    sizes = " or ".join(place.sizes)
    raise _NoFigure(f"no such cell of {place.workload} in this run; one of size {sizes} has it")


def resolved(
    parameters: Mapping[str, int | str], workers: int | str, cpus: int
) -> tuple[dict[str, int | str], int | str]:
    """The parameters and workers of a cell on a machine with so many CPUs."""
    named = {name: cpus if value == "max" else value for name, value in parameters.items()}
    return named, cpus if workers == "max" else workers


def _row(contender: str, analysis: Analysis) -> str:
    """The cells' row for `name` (its default profile) or `name:profile`."""
    for known in analysis.contenders:
        if known.name == contender and known.default_profile:
            return f"{contender}:{known.default_profile}"
    return contender


def _recorded(result: CellResult, name: str, analysis: Analysis) -> Interval | None:
    if name.startswith("effective."):
        return _setting(result, name.removeprefix("effective."))
    workload = next(w for w in analysis.workloads if w.id == result.cell.workload)
    return result.interval if name == workload.metric.name else result.metrics.get(name)


def _setting(result: CellResult, name: str) -> Interval | None:
    """What was set and not measured, which has no scatter."""
    text = result.effective.get(name, "")
    if not text.isdecimal():
        return None
    return Interval(len(result.values), float(text), float(text), float(text), 1.0)


def _scaled(figure: Interval, factor: float) -> Interval:
    low = None if figure.low is None else figure.low * factor
    high = None if figure.high is None else figure.high * factor
    return Interval(figure.n, figure.median * factor, low, high, figure.confidence)


def _quotient(above: Interval, below: Interval) -> Interval:
    """The quotient of the medians; its bounds are those of the worst case of both intervals."""
    if below.median <= 0:
        raise _NoFigure("the figure to divide by is not above 0")
    n, median = min(above.n, below.n), above.median / below.median
    if above.low is None or above.high is None or not below.low or below.high is None:
        return Interval(n, median, None, None, None)
    # Both intervals hold together at least this often, however they depend on each other.
    confidence = max(0.0, 1 - (1 - (above.confidence or 0)) - (1 - (below.confidence or 0)))
    return Interval(n, median, above.low / below.high, above.high / below.low, confidence)


def known_metrics(workload: Workload) -> dict[str, Metric]:
    """What every cell of a workload may be asked for, by name."""
    recorded = (
        *(Metric("real_time", "ns", "lower"), Metric("cpu_time", "ns", "lower")),
        *(Metric("peak_rss_bytes", "B", "lower"), Metric("threads_peak", "", "lower")),
        Metric("effective.stack_bytes", "B", "lower"),
    )
    return {metric.name: metric for metric in (*recorded, *workload.metrics, workload.metric)}
