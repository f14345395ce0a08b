"""Why a figure is what it is: what an operation cost besides time, and what the runtime did for it.

Both are medians over a cell's runs. What a run counts is divided by the operations of a repetition,
so that cells which did different numbers of them can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from harness.model import CellResult
from harness.report.forest import group_words
from harness.report.palette import Mark
from harness.report.standing import Row, Standings
from harness.report.tables import Column, Figure, href
from harness.report.wording import Scale, scale_for

COUNT = "count."  # what the names of a contender's own counters begin with


@dataclass(frozen=True)
class Cost:
    """A recorded figure, and whether it is a repetition's and so has to be divided."""

    column: Column
    counted: bool


_COSTS = (
    Cost(Column("cpu_time", "CPU time", "of the whole process", "ns"), False),
    Cost(Column("voluntary_switches", "switches, own", "it had to wait", ""), True),
    Cost(Column("involuntary_switches", "forced", "its time was up", ""), True),
    Cost(Column("migrations", "moved", "a thread to another processor", ""), True),
    Cost(Column("minor_faults", "page faults", "memory touched for the first time", ""), True),
    Cost(Column("major_faults", "with a read", "page faults that read from a disk", ""), True),
    Cost(Column("peak_rss_bytes", "peak RSS", "of the process, at any time", "B"), False),
    Cost(Column("threads_peak", "threads", "at most at once", ""), False),
)


@dataclass(frozen=True)
class Line:
    """A row's figures, in the order of the sheet's columns."""

    name: str
    token: str
    href: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Block:
    """A group's lines."""

    words: str
    href: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sheet:
    """A table: its title, its columns, a block for each group that has a line."""

    title: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]


def sheets(standings: Sequence[Standings], marks: Mapping[str, Mark]) -> list[Sheet]:
    """What operations cost, and what the runtimes that count did; those that have anything."""
    recorded = {name for group in standings for row in group.rows for name in row.result.metrics}
    costs = [cost for cost in _COSTS if cost.column.name in recorded]
    counters = [_counter(name) for name in sorted(recorded) if _happened(name, standings)]
    titles = ("What an operation cost", "What the runtime did in an operation, by its own count")
    found = (
        _sheet(title, shown, standings, marks) for title, shown in zip(titles, (costs, counters))
    )
    return [sheet for sheet in found if sheet.columns and sheet.blocks]


def _counter(name: str) -> Cost:
    title = name.removeprefix(COUNT).replace("_", " ")
    return Cost(Column(name, title, "the runtime's own count", ""), True)


def _happened(name: str, standings: Sequence[Standings]) -> bool:
    """Whether it is a counter that is not 0 in every cell; most say nothing of most workloads."""
    figures = (row.result.metrics.get(name) for group in standings for row in group.rows)
    return name.startswith(COUNT) and any(figure and figure.median for figure in figures)


def _sheet(
    title: str, costs: Sequence[Cost], standings: Sequence[Standings], marks: Mapping[str, Mark]
) -> Sheet:
    blocks = (_block(group, costs, marks) for group in standings)
    columns = tuple(cost.column for cost in costs)
    return Sheet(title, columns, tuple(block for block in blocks if block.lines))


def _block(standing: Standings, costs: Sequence[Cost], marks: Mapping[str, Mark]) -> Block:
    rows = [
        row for row in standing.rows if any(_value(row.result, cost) is not None for cost in costs)
    ]
    scales = [_scale(cost, rows) for cost in costs]
    lines = tuple(
        Line(
            name=row.name,
            token=marks[row.name].token,
            href=href(row.anchor),
            figures=tuple(_figure(row, cost, scale) for cost, scale in zip(costs, scales)),
        )
        for row in rows
    )
    return Block(group_words(standing.group), href(standing.anchor), lines)


def _value(result: CellResult, cost: Cost) -> float | None:
    figure, operations = result.metrics.get(cost.column.name), result.metrics.get("iterations")
    if figure is None or result.gap is not None:
        return None
    if not cost.counted:
        return figure.median
    return figure.median / operations.median if operations and operations.median > 0 else None


def _scale(cost: Cost, rows: Sequence[Row]) -> Scale:
    values = [_value(row.result, cost) for row in rows]
    return scale_for(cost.column.unit, [value for value in values if value is not None])


def _figure(row: Row, cost: Cost, scale: Scale) -> Figure:
    value = _value(row.result, cost)
    return Figure("–") if value is None else Figure(scale.quantity(value), value)
