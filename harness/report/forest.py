"""The dot-and-interval picture of a workload: how many times better the reference is, per row.

One panel per group, all on the one axis of the workload; contenders keep their place, their mark
and their colour in every panel, so that the eye can follow one of them through a sweep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from harness.model import Group, Interval
from harness.report.axis import Axis, axis_for
from harness.report.canvas import Canvas
from harness.report.palette import Mark
from harness.report.standing import Row, Standing, Standings
from harness.report.wording import printable, scale_for, shortened, times

PANELS_MAX = 8  # more groups than this go on another sheet with the same axis


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels; the narrow one is for a phone and is not scaled down either."""

    name: str
    width: float
    left: float
    right: float
    row: float
    head: float
    top: float
    foot: float
    font: float
    name_limit: int
    figures: bool  # whether the absolute median is printed beside the ratio


WIDE = Layout("wide", 1040, 230, 800, 24, 36, 30, 34, 13, 26, True)
NARROW = Layout("narrow", 360, 122, 296, 28, 40, 2, 48, 12, 14, False)
LAYOUTS = (WIDE, NARROW)


def sheets(standings: Sequence[Standings]) -> list[Sequence[Standings]]:
    """The groups of a workload, as many as go on a sheet."""
    return [standings[at : at + PANELS_MAX] for at in range(0, len(standings), PANELS_MAX)]


def group_words(group: Group) -> str:
    """What tells a group from the others of its workload."""
    words = [f"{name} {value}" for name, value in group.parameters]
    return printable(" · ".join([*words, f"workers {group.workers}"]))


def floor_factor(standing: Standings) -> float | None:
    """How many times better the reference is than the floor: the quotient of the medians."""
    floor, reference = standing.group.floor, standing.reference
    if floor is None or reference is None or reference.result.interval is None:
        return None
    own = reference.result.interval.median
    if not (own > 0 and floor.median > 0):
        return None
    ratio = floor.median / own
    factor = ratio if standing.group.workload.metric.direction != "higher" else 1 / ratio
    return factor if math.isfinite(factor) and factor > 0 else None


def workload_axis(standings: Sequence[Standings], layout: Layout) -> Axis:
    """The one axis of all sheets of a workload."""
    factors = []
    for group in standings:
        intervals = [row.factor for row in group.rows if row.factor]
        for factor in intervals:
            factors += [factor.median, factor.low or factor.median, factor.high or factor.median]
        factors.append(floor_factor(group) or 1.0)
    return axis_for(factors, layout.left, layout.right)


def draw(
    standings: Sequence[Standings],
    axis: Axis,
    layout: Layout,
    marks: dict[str, Mark],
    reference: str,
) -> Canvas:
    """One sheet."""
    body = sum(layout.head + layout.row * len(group.rows) for group in standings)
    canvas = Canvas(layout.width, layout.top + body + layout.foot)
    _draw_axis(canvas, axis, layout, reference)
    top = layout.top
    for group in standings:
        _draw_panel(canvas, group, axis, layout, marks, top)
        top += layout.head + layout.row * len(group.rows)
    return canvas


def _draw_axis(canvas: Canvas, axis: Axis, layout: Layout, reference: str) -> None:
    bottom = canvas.height - layout.foot
    label_end = -math.inf
    for factor, label in axis.ticks():
        x = axis.place(factor)
        half = len(label) * layout.font * 0.34
        if x - half > label_end and x + half < canvas.width:
            canvas.text(x, bottom + 12, label, size=layout.font, token="muted", align="center")
            label_end = x + half + 4
    one = axis.place(1.0)
    name = shortened(reference, 10)
    if layout.figures:
        canvas.text(
            one - 10, 14, f"◀ {name} is worse", size=layout.font, token="muted", align="right"
        )
        canvas.text(one + 10, 14, f"{name} is better ▶", size=layout.font, token="muted")
        return
    words = f"◀ {name} is worse   ·   {name} is better ▶"
    canvas.text(
        canvas.width / 2, bottom + 34, words, size=layout.font, token="muted", align="center"
    )


def _draw_panel(
    canvas: Canvas,
    standing: Standings,
    axis: Axis,
    layout: Layout,
    marks: dict[str, Mark],
    top: float,
) -> None:
    bottom = top + layout.head + layout.row * len(standing.rows)
    _draw_head(canvas, standing, layout, top)
    for factor, _ in axis.ticks():
        x, token = axis.place(factor), "muted" if factor == 1.0 else "grid"
        canvas.line((x, top + layout.head - 5), (x, bottom), token=token, width=1.2)
    floor = floor_factor(standing)
    if floor is not None:
        x = axis.place(floor)
        canvas.line(
            (x, top + layout.head - 4), (x, bottom - 2), token="alert", dash=(3, 2), width=1.6
        )
    scale = scale_for(standing.group.workload.metric.unit, _medians(standing))
    for at, row in enumerate(standing.rows):
        y = top + layout.head + (at + 0.5) * layout.row
        _draw_name(canvas, row, layout, y)
        _draw_row(canvas, row, axis, layout, marks[row.name], y)
        interval = row.result.interval
        if layout.figures and interval and row.standing is not Standing.MISSING:
            words = shortened(scale.quantity(interval.median), 16)
            canvas.text(canvas.width - 4, y, words, size=layout.font, align="right", token="muted")


def _draw_head(canvas: Canvas, standing: Standings, layout: Layout, top: float) -> None:
    group = standing.group
    canvas.box((0, top + 5), (canvas.width, layout.head - 11), "band")
    y = top + layout.head / 2
    lines = _broken(group_words(group), 64 if layout.figures else 44)
    for at, words in enumerate(lines):
        canvas.text(8, y + 13 * (at - (len(lines) - 1) / 2), words, size=layout.font, bold=True)
    if layout.figures and group.floor is not None:
        scale = scale_for(group.workload.metric.unit, [group.floor.median])
        floor = f"floor: {group.floor_name or 'unnamed'} {scale.quantity(group.floor.median)}"
        canvas.text(
            canvas.width - 4,
            y,
            shortened(floor, 48),
            size=layout.font,
            token="alert",
            align="right",
        )


def _broken(words: str, limit: int) -> list[str]:
    """At most two lines, broken between parameters."""
    if len(words) <= limit:
        return [words]
    at = words.rfind(" · ", 0, limit)
    if at < 0:
        return [shortened(words, limit)]
    return [words[:at], shortened(words[at + 3 :], limit)]


def _draw_name(canvas: Canvas, row: Row, layout: Layout, y: float) -> None:
    token = "muted" if row.standing is Standing.MISSING else "ink"
    bold = row.standing is Standing.REFERENCE
    if layout.figures:
        x, words = layout.left - 34, shortened(row.name, layout.name_limit)
        canvas.text(x, y, words, size=layout.font, align="right", bold=bold, token=token)
        return
    contender, _, profile = row.name.partition(":")
    if profile:
        words = shortened(profile, layout.name_limit)
        canvas.text(layout.left - 20, y + 7, words, size=layout.font, align="right", token="muted")
    x, words = layout.left - 20, shortened(contender, layout.name_limit)
    at = y - 6 if profile else y
    canvas.text(x, at, words, size=layout.font, align="right", bold=bold, token=token)


def _draw_row(canvas: Canvas, row: Row, axis: Axis, layout: Layout, mark: Mark, y: float) -> None:
    figure_x = layout.right + (100 if layout.figures else 60)
    if row.standing is Standing.MISSING:
        _draw_words(canvas, row.gap, figure_x, y, layout)
        return
    if row.standing is Standing.REFERENCE:
        canvas.mark(axis.place(1.0), y, mark.shape, mark.token, filled=True)
        canvas.text(figure_x, y, "1×", size=layout.font, align="right", token="muted")
        return
    if row.factor is None:
        _draw_words(canvas, row.standing.value, figure_x, y, layout)
        return
    _draw_factor(canvas, row.factor, axis, mark, y, row.standing)
    sure = row.standing in (Standing.BETTER, Standing.WORSE)
    prefix = "" if sure else ("≈ " if row.standing is Standing.ALIKE else "? ")
    canvas.text(
        figure_x,
        y,
        prefix + times(row.factor.median),
        size=layout.font,
        align="right",
        bold=sure,
        token="ink" if sure else "muted",
    )


def _draw_words(canvas: Canvas, words: str, end: float, y: float, layout: Layout) -> None:
    """Words instead of a mark, kept clear of the lines that run through the panel."""
    width = len(words) * layout.font * 0.6
    canvas.box((end - width, y - layout.row / 2 + 2), (width, layout.row - 4), "page")
    canvas.text(end, y, words, size=layout.font, token="muted", align="right", italic=True)


def _draw_factor(
    canvas: Canvas, factor: Interval, axis: Axis, mark: Mark, y: float, standing: Standing
) -> None:
    if factor.low is not None and factor.high is not None and factor.low > 0:
        start, end = axis.place(factor.low), axis.place(factor.high)
        canvas.line((start, y), (end, y), token=mark.token, width=2.4)
        for x in (start, end):
            canvas.line((x, y - 4), (x, y + 4), token=mark.token, width=1.6)
    sure = standing in (Standing.BETTER, Standing.WORSE)
    canvas.mark(axis.place(factor.median), y, mark.shape, mark.token, filled=sure)


def _medians(standing: Standings) -> list[float]:
    return [row.result.interval.median for row in standing.rows if row.result.interval]
