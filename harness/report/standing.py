"""How each row of a group stands to the reference row: judged once, shown everywhere alike.

Everything after this module speaks of a *factor*: how many times better the reference row is. It is
`other / reference` where lower is better and its reciprocal where higher is better, so that above 1
always means that the reference is better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Iterable, Iterator, Mapping, Sequence

from harness.model import Analysis, CellResult, Comparison, Group, Interval
from harness.report.wording import printable

REFERENCE_CONTENDER = "weft"


class Standing(str, Enum):
    """What the runs say about a row; the values are the words that a reader sees."""

    REFERENCE = "reference"
    BETTER = "reference is better"
    WORSE = "reference is worse"
    ALIKE = "not separable"
    UNDECIDED = "too few runs for an interval"
    UNRELATED = "no ratio"
    MISSING = "no figure"


JUDGED = (Standing.BETTER, Standing.ALIKE, Standing.WORSE, Standing.UNDECIDED)


@dataclass(frozen=True)
class Row:
    """A cell's result, how the reference stands to it, and where it is in the page."""

    name: str
    result: CellResult
    standing: Standing
    factor: Interval | None
    anchor: str

    @property
    def gap(self) -> str:
        """Why there is no figure, in the few words that all of the report uses for it."""
        kind = self.result.gap
        return Standing.MISSING.value if kind is None else str(kind.value)


@dataclass(frozen=True)
class Standings:
    """A group with its judged rows, in the order that the whole report uses."""

    group: Group
    rows: tuple[Row, ...]
    anchor: str

    @property
    def reference(self) -> Row | None:
        return next((row for row in self.rows if row.standing is Standing.REFERENCE), None)

    @property
    def rivals(self) -> tuple[Row, ...]:
        """The rows of other contenders that have a factor."""
        own = self.reference
        if own is None:
            return ()
        home = own.result.cell.contender
        return tuple(row for row in self.rows if row.factor and row.result.cell.contender != home)


class Anchors:
    """Hands out ids that are unique in a page and hold no white space."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, kind: str, name: str) -> str:
        wanted = f"{kind}={'_'.join(printable(name).split())}"
        anchor, copies = wanted, 1
        while anchor in self._taken:
            copies += 1
            anchor = f"{wanted}~{copies}"
        self._taken.add(anchor)
        return anchor


def row_names(analysis: Analysis) -> dict[str, str]:
    """What each row is called: the contender alone where the profile is its default one."""
    defaults = {(contender.name, contender.default_profile) for contender in analysis.contenders}
    cells = [result.cell for group in analysis.groups for result in group.results]
    return {
        cell.row: cell.contender if (cell.contender, cell.profile) in defaults else cell.row
        for cell in cells
    }


def reference_name(analysis: Analysis) -> str:
    """The row that the comparisons are against, or the name that it would have."""
    names = row_names(analysis)
    for group in analysis.groups:
        for comparison in group.comparisons:
            return names[comparison.base.row]
    own = [name for name in names.values() if name.split(":", 1)[0] == REFERENCE_CONTENDER]
    return REFERENCE_CONTENDER if REFERENCE_CONTENDER in own or not own else own[0]


def row_order(analysis: Analysis) -> list[str]:
    """Every row of the report: the reference first, then as the contenders are listed."""
    reference = reference_name(analysis)
    home = reference.split(":", 1)[0]
    position = {contender.name: at for at, contender in enumerate(analysis.contenders)}

    def key(name: str) -> tuple[bool, bool, int, str]:
        contender = name.split(":", 1)[0]
        place = position.get(contender, len(position))
        return name != reference, contender != home, place, name

    return sorted(set(row_names(analysis).values()), key=key)


def rows_with_a_ratio(rows: Sequence[str], standings: Iterable[Standings]) -> list[str]:
    """The contenders' plain rows, and of the others those that have a ratio in some group."""
    able = {row.name for group in standings for row in group.rows if row.factor is not None}
    return [row for row in rows if ":" not in row or row in able]


def judge(analysis: Analysis, anchors: Anchors) -> tuple[Standings, ...]:
    """Every group's standings, in the analysis's order."""
    names, order = row_names(analysis), row_order(analysis)
    reference = reference_name(analysis)
    return tuple(
        Standings(
            group,
            tuple(_rows(group, names, order, reference, anchors)),
            anchors.claim("group", group.id),
        )
        for group in analysis.groups
    )


def _rows(
    group: Group, names: Mapping[str, str], order: list[str], reference: str, anchors: Anchors
) -> Iterator[Row]:
    lower_is_better = group.workload.metric.direction != "higher"
    comparisons = {comparison.other: comparison for comparison in group.comparisons}
    named = [(names[result.cell.row], result) for result in group.results]
    for name, result in sorted(named, key=lambda row: order.index(row[0])):
        comparison = comparisons.get(result.cell)
        factor = None
        if comparison is not None and _has_figure(result):
            factor = better_by(comparison.ratio, lower_is_better)
        standing = _standing(result, name == reference, comparison, factor)
        yield Row(name, result, standing, factor, anchors.claim("cell", result.cell.id))


def _has_figure(result: CellResult) -> bool:
    return result.gap is None and result.interval is not None


def better_by(ratio: Interval, lower_is_better: bool) -> Interval | None:
    """How many times better the base is, from `other / base`; None where there is no such."""
    if not (math.isfinite(ratio.median) and ratio.median > 0):
        return None
    if lower_is_better:
        return ratio
    low = None if ratio.high is None else 1 / ratio.high
    high = None if not ratio.low else 1 / ratio.low
    return Interval(ratio.n, 1 / ratio.median, low, high, ratio.confidence)


def _standing(
    result: CellResult, is_reference: bool, comparison: Comparison | None, factor: Interval | None
) -> Standing:
    if not _has_figure(result):
        return Standing.MISSING
    if is_reference:
        return Standing.REFERENCE
    if comparison is None or factor is None:
        return Standing.UNRELATED
    if factor.low is None or factor.high is None:
        return Standing.UNDECIDED
    if not comparison.separable:
        return Standing.ALIKE
    return Standing.BETTER if factor.median > 1 else Standing.WORSE


@dataclass(frozen=True)
class Tally:
    """In how many groups the reference stands how to one row."""

    row: str
    counts: dict[Standing, int]
    groups: int

    @property
    def without_ratio(self) -> int:
        return self.groups - sum(self.counts[standing] for standing in JUDGED)


def tally(row: str, standings: Iterable[Standings]) -> Tally:
    """Counts over the given groups; a group without the row counts as one without a ratio."""
    counts = {standing: 0 for standing in Standing}
    groups = 0
    for group in standings:
        groups += 1
        for judged in group.rows:
            counts[judged.standing] += judged.name == row
    return Tally(row, counts, groups)


@dataclass(frozen=True)
class Mean:
    """The geometric mean of a row's factors over a suite's cells, None where a cell is missing."""

    row: str
    factor: float | None
    present: int
    cells: int


def suite_means(rows: Sequence[str], standings: Sequence[Standings]) -> list[Mean]:
    """One mean per row, all over the same cells: those in which the reference has figures."""
    groups = [group for group in standings if group.reference and not group.group.workload.control]
    means = []
    for name in rows:
        factors = [
            row.factor.median
            for group in groups
            for row in group.rows
            if row.name == name and row.factor is not None
        ]
        whole = len(factors) == len(groups) and len(groups) > 1
        logs = [math.log(factor) for factor in factors]
        mean = math.exp(math.fsum(logs) / len(logs)) if whole else None
        means.append(Mean(name, mean, len(factors), len(groups)))
    return means
