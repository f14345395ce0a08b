"""The first screen as data: who stands where in how many groups, and the heat map as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

from harness.report import verdict
from harness.report.forest import group_words
from harness.report.heatmap import (
    cell_token,
    cell_words,
    contender_columns,
    contender_of,
    further_columns,
    row_named,
    row_of_contender,
)
from harness.report.standing import Row, Standing, Standings, tally
from harness.report.tables import href
from harness.report.wording import times


@dataclass(frozen=True)
class Count:
    """A line of the table of counts."""

    row: str
    better: int
    alike: int
    worse: int
    undecided: int
    without_ratio: int


@dataclass(frozen=True)
class Loss:
    """A cell in which a rival is not beaten, as a sentence's parts."""

    workload: str
    words: str
    rival: str
    ratio: str
    href: str


@dataclass(frozen=True)
class HeatCell:
    """A cell of the heat map: its words, its colour's name, and where its figures are."""

    words: str
    token: str
    href: str
    about: str


@dataclass(frozen=True)
class HeatLine:
    """A group's line in the heat map."""

    title: str
    words: str
    href: str
    control: bool
    again: bool  # the same workload as in the line above
    not_better: bool
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True)
class HeatMap:
    """A heat map: its columns, and its lines under the suites that they belong to."""

    columns: tuple[str, ...]
    suites: tuple[tuple[str, tuple[HeatLine, ...]], ...]


_Pick = Callable[[Standings, str], Row | None]


def counts(rows: Sequence[str], standings: Sequence[Standings]) -> list[Count]:
    """One line per row beside the reference, over the groups that a verdict is about."""
    lines = []
    for row in rows:
        found = tally(row, verdict.counted(standings))
        lines.append(
            Count(
                row,
                found.counts[Standing.BETTER],
                found.counts[Standing.ALIKE],
                found.counts[Standing.WORSE],
                found.counts[Standing.UNDECIDED],
                found.without_ratio,
            )
        )
    return lines


def losses(found: Sequence[tuple[Standings, Row]]) -> list[Loss]:
    """Cells to link to; the ratio is the rival's advantage."""
    return [
        Loss(
            workload=group.group.workload.title,
            words=group_words(group.group),
            rival=row.name,
            ratio=times(1 / row.factor.median) if row.factor else "",
            href=href(row.anchor),
        )
        for group, row in found
    ]


def heat(rows: Sequence[str], reference: str, standings: Sequence[Standings]) -> HeatMap:
    """Every group, with a column for each contender."""
    return _heat_map(contender_columns(rows, reference), standings, row_of_contender)


def further_heat(rows: Sequence[str], reference: str, standings: Sequence[Standings]) -> HeatMap:
    """The rows of the contenders' further profiles, in the groups where one has a figure."""
    columns = further_columns(rows, reference)
    found = [group for group in standings if _has_figure(group, columns)]
    return _heat_map(columns, found, row_named)


def _has_figure(group: Standings, columns: Sequence[str]) -> bool:
    rows = (row_named(group, column) for column in columns)
    return any(row is not None and row.standing is not Standing.MISSING for row in rows)


def _heat_map(columns: Sequence[str], standings: Sequence[Standings], pick: _Pick) -> HeatMap:
    suites: dict[str, list[HeatLine]] = {}
    for group in standings:
        lines = suites.setdefault(group.group.workload.suite, [])
        title = group.group.workload.title
        lines.append(_line(columns, group, bool(lines) and lines[-1].title == title, pick))
    return HeatMap(tuple(columns), tuple((name, tuple(lines)) for name, lines in suites.items()))


def _line(columns: Sequence[str], group: Standings, again: bool, pick: _Pick) -> HeatLine:
    reference = group.reference
    not_better = any(row.standing is not Standing.BETTER for row in group.rivals)
    return HeatLine(
        title=group.group.workload.title,
        words=group_words(group.group),
        href=href(group.anchor),
        control=group.group.workload.control,
        again=again,
        not_better=not_better or reference is None,
        cells=tuple(
            _cell(pick(group, column), group.group.workload.metric.unit) for column in columns
        ),
    )


def _cell(row: Row | None, unit: str) -> HeatCell | None:
    if row is None:
        return None
    about = row.result.reason or row.standing.value
    if row.factor is not None:
        about = row.standing.value
    if row.name != contender_of(row.name):
        about = f"{row.name}: {about}"
    return HeatCell(
        words=cell_words(row, unit),
        token=cell_token(row) or "gap",
        href=href(row.anchor),
        about=about,
    )
