"""A workload's figures as table rows: one block per group, one line per row of it.

Within a block a column keeps one unit, so that the eye may compare digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence
from urllib.parse import quote

from harness.model import CellResult, Interval, Workload
from harness.report.forest import floor_factor, group_words
from harness.report.heatmap import SYMBOLS
from harness.report.palette import Mark
from harness.report.standing import Row, Standing, Standings
from harness.report.wording import (
    Scale,
    number_of,
    percent,
    ratio,
    scale_for,
    significant,
    times,
)

VALUES_SHOWN = 40


@dataclass(frozen=True)
class Column:
    """A recorded figure that has a column: where it is, what it is called, what it means."""

    name: str
    title: str
    about: str
    unit: str


# What every contender's record has, in the order of interest; causes.py has the rest of it.
_RECORDED = (
    Column("cpu_time", "CPU time", "CPU time of the whole process per operation", "ns"),
    Column("peak_rss_bytes", "peak RSS", "largest resident memory of the process", "B"),
    Column("threads_peak", "threads", "most threads at once", ""),
)
_WALL = Column("real_time", "wall time", "wall-clock time per operation", "ns")


@dataclass(frozen=True)
class Figure:
    """A cell of a table and what it is sorted by."""

    text: str
    sort: float | None = None


@dataclass(frozen=True)
class Line:
    """A contender's line in a group's block; `figures` is empty where `gap` says why."""

    anchor: str
    name: str
    token: str
    standing: Standing
    figures: tuple[Figure, ...]
    gap: str
    reason: str
    failed: int


@dataclass(frozen=True)
class Detail:
    """What it takes to repeat a cell and to look behind it."""

    name: str
    href: str
    source: str
    form: str
    command: str
    effective: str
    values: str
    others: str


@dataclass(frozen=True)
class Block:
    """A group of a workload's table."""

    anchor: str
    words: str
    floor: str
    lines: tuple[Line, ...]
    details: tuple[Detail, ...]


def href(anchor: str) -> str:
    """The link to an anchor of the page."""
    return "#" + quote(anchor, safe="/=@:,;+~!$()*-._")


def columns(workload: Workload, standings: Sequence[Standings]) -> tuple[Column, ...]:
    """The columns beside the ratio and the median: those that some cell has a figure for."""
    own = [
        Column(
            metric.name, metric.name.replace("_", " "), f"{metric.direction} is better", metric.unit
        )
        for metric in workload.metrics
    ]
    known = {metric.name for metric in workload.metrics}
    offered = own + [column for column in (_WALL, *_RECORDED) if column.name not in known]
    recorded = {
        name for group in standings for row in group.rows for name in row.result.metrics
    } - {workload.metric.name}
    return tuple(column for column in offered if column.name in recorded)


def block(standing: Standings, shown: Sequence[Column], marks: dict[str, Mark]) -> Block:
    """A group's block, gaps included."""
    scale = scale_for(standing.group.workload.metric.unit, _medians(standing))
    scales = [scale_for(column.unit, _recorded(standing, column.name)) for column in shown]
    lines = tuple(
        Line(
            anchor=row.anchor,
            name=row.name,
            token=marks[row.name].token,
            standing=row.standing,
            figures=_figures(row, scale, list(zip(shown, scales))),
            gap=row.gap,
            reason=row.result.reason or "no reason was recorded",
            failed=len(row.result.failures),
        )
        for row in standing.rows
    )
    return Block(
        anchor=standing.anchor,
        words=group_words(standing.group),
        floor=_floor(standing, scale),
        lines=lines,
        details=tuple(_detail(row, shown) for row in standing.rows if _worth_detail(row.result)),
    )


def interval_words(interval: Interval, number: Callable[[float], str]) -> str:
    """The bounds, or how few values there are."""
    if interval.low is None or interval.high is None:
        return f"none, n = {interval.n}"
    return f"{number(interval.low)} – {number(interval.high)}"


def _figures(
    row: Row, scale: Scale, recorded: Sequence[tuple[Column, Scale]]
) -> tuple[Figure, ...]:
    interval = row.result.interval
    if interval is None or row.standing is Standing.MISSING:
        return ()
    figures = [
        *_ratio_figures(row),
        Figure(scale.quantity(interval.median), interval.median),
        Figure(interval_words(interval, scale.number)),
        Figure(str(interval.n), interval.n),
    ]
    for column, unit in recorded:
        metric = row.result.metrics.get(column.name)
        figures.append(Figure("–") if metric is None else _metric(metric, unit))
    return tuple(figures)


def _metric(metric: Interval, unit: Scale) -> Figure:
    return Figure(unit.quantity(metric.median), metric.median)


def _ratio_figures(row: Row) -> tuple[Figure, Figure]:
    if row.standing is Standing.REFERENCE:
        return Figure("1×", 1.0), Figure("reference")
    if row.factor is None:
        return Figure("–"), Figure(row.standing.value)
    words = interval_words(row.factor, ratio)
    return Figure(SYMBOLS[row.standing] + times(row.factor.median), row.factor.median), Figure(
        words
    )


def _floor(standing: Standings, scale: Scale) -> str:
    floor = standing.group.floor
    if floor is None:
        return ""
    factor = floor_factor(standing)
    beside = f", {times(factor)}" if factor is not None else ""
    own = scale_for(standing.group.workload.metric.unit, [floor.median])
    return f"floor {standing.group.floor_name or ''}: {own.quantity(floor.median)}{beside}"


def _worth_detail(result: CellResult) -> bool:
    return bool(result.command or result.values or result.effective)


def _detail(row: Row, shown: Sequence[Column]) -> Detail:
    result = row.result
    values = [significant(value) for value in result.values[:VALUES_SHOWN]]
    if len(result.values) > VALUES_SHOWN:
        values.append(f"… ({number_of(len(result.values), 'value')})")
    columns_shown = {column.name for column in shown}
    others = [
        f"{name} {significant(metric.median)}"
        for name, metric in sorted(result.metrics.items())
        if name not in columns_shown
    ]
    return Detail(
        name=row.name,
        href=href(row.anchor),
        source=result.cell.source or "",
        form=result.cell.form,
        command=result.command or "",
        effective=" · ".join(f"{name} {value}" for name, value in sorted(result.effective.items())),
        values=", ".join(values),
        others=" · ".join(others),
    )


def facts(workload: Workload, standings: Sequence[Standings]) -> list[tuple[str, str]]:
    """What a reader must know to read the workload's figures."""
    better = "lower" if workload.metric.direction != "higher" else "higher"
    figure = workload.metric.name.replace("_", " ")
    found = [
        ("One operation", workload.operation),
        ("Figure", f"{figure} in {workload.metric.unit}, {better} is better"),
        ("Runs", f"{_runs(standings)}; {_confidence(standings)}"),
        ("Stresses", workload.stresses),
        ("Checked", workload.check),
    ]
    titles = [f"{name}: {title}" for name, title in sorted(workload.parameter_titles.items())]
    return found + ([("Parameters", "; ".join(titles))] if titles else [])


def _runs(standings: Sequence[Standings]) -> str:
    sizes = sorted(
        {row.result.interval.n for g in standings for row in g.rows if row.result.interval}
    )
    if not sizes:
        return "no cell has a figure"
    n = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return f"n = {n} processes per cell"


def _confidence(standings: Sequence[Standings]) -> str:
    levels = [
        row.result.interval.confidence
        for group in standings
        for row in group.rows
        if row.result.interval and row.result.interval.confidence is not None
    ]
    if not levels:
        return "fewer than 6 support no interval"
    return f"intervals cover {percent(min(levels))} or more"


def _medians(standing: Standings) -> list[float]:
    return [row.result.interval.median for row in standing.rows if row.result.interval]


def _recorded(standing: Standings, name: str) -> list[float]:
    found = [row.result.metrics.get(name) for row in standing.rows]
    return [metric.median for metric in found if metric is not None]
