"""The trend as small multiples: a strip for each workload, run by run, all strips of one scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Sequence

from harness.model import Interval
from harness.report.drawing import Drawing
from harness.report.forest import group_words
from harness.report.trend import Line, span_words
from harness.report.wording import scale_for, shortened, times

SPAN_MIN, SPAN_MAX = math.log(1.25), math.log(4.0)
_INSET = 5.0  # pixels between a strip's edge and its outermost mark


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels."""

    name: str
    width: float
    row: float
    head: float
    strip: tuple[float, float]  # where the strip of ratios begins and ends
    own: tuple[float, float] | None  # the strip of the contender's own medians
    top: float  # of the strip, from that of the row
    height: float
    words: int  # characters of a name


WIDE = Layout("wide", 1040, 54, 24, (344, 564), (760, 900), 6, 42, 44)
NARROW = Layout("narrow", 360, 98, 6, (6, 190), None, 44, 44, 46)
LAYOUTS = (WIDE, NARROW)


def span(series: Iterable[Sequence[Interval | None]]) -> float:
    """The logarithm of the factor from the bottom to the top of every strip."""
    widest = SPAN_MIN
    for values in series:
        logs = [math.log(found.median) for found in values if found and found.median > 0]
        if logs:
            widest = max(widest, 1.2 * (max(logs) - min(logs)))
    return min(widest, SPAN_MAX)


def draw(shown: Sequence[Line], spans: tuple[float, float], layout: Layout, name: str) -> Drawing:
    """A sheet with a row for each line; `spans` are those of the ratios and of the own medians."""
    drawing = Drawing(layout.width, layout.head + layout.row * len(shown))
    if layout.own is not None:
        first = f"{name}’s ratio to another contender"
        drawing.text(layout.strip[0], 10, first, size=11.5, token="muted")
        drawing.text(layout.own[0], 10, "its own median, not paired", size=11.5, token="muted")
    for at, line in enumerate(shown):
        _draw_line(drawing, line, spans, layout, layout.head + at * layout.row)
    return drawing


def _draw_line(
    drawing: Drawing, line: Line, spans: tuple[float, float], layout: Layout, top: float
) -> None:
    group = line.group.group
    drawing.line(((0, top), (layout.width, top)), token="grid")
    name = shortened(group.workload.title, layout.words)
    drawing.text(6, top + 16, name, size=13, bold=True)
    words = shortened(group_words(group), layout.words + 6)
    drawing.text(6, top + 33, words, size=11.5, token="muted")
    _draw_strip(drawing, line.ratios, spans[0], layout.strip, top + layout.top, layout, "series-0")
    x, y = layout.strip[1] + 14, top + layout.top + layout.height / 2
    _draw_ratio_words(drawing, line, x, y)
    if layout.own is None:
        return
    _draw_strip(drawing, line.own, spans[1], layout.own, top + layout.top, layout, "series-rest")
    own = line.own[-1]
    if own is not None:
        quantity = scale_for(group.workload.metric.unit, [own.median]).quantity(own.median)
        drawing.text(layout.own[1] + 14, y, shortened(quantity, 18), token="muted")


def _draw_ratio_words(drawing: Drawing, line: Line, x: float, y: float) -> None:
    now = line.ratios[-1]
    if now is None:
        drawing.text(x, y, "no ratio to follow", size=11.5, token="muted")
        return
    against = shortened(f"{times(now.median)} against {line.peer}", 26)
    drawing.text(x, y - 9, against, size=13, bold=True)
    before = f"before {span_words(line.before)}" if line.before else "none before"
    drawing.text(x, y + 9, shortened(before, 28), size=11.5, token="muted")


def _draw_strip(
    drawing: Drawing,
    values: Sequence[Interval | None],
    whole: float,
    ends: tuple[float, float],
    top: float,
    layout: Layout,
    token: str,
) -> None:
    left, right = ends
    drawing.box((left, top), (right - left, layout.height), "band")
    logs = [math.log(found.median) for found in values if found and found.median > 0]
    if not logs:
        return
    middle = (max(logs) + min(logs)) / 2
    high, low = top + _INSET, top + layout.height - _INSET

    def place(value: float) -> float:
        share = (math.log(value) - middle) / whole + 0.5
        return min(max(low - share * (low - high), high), low)

    step = (right - left - 2 * _INSET) / max(len(values) - 1, 1)
    places = [
        (left + _INSET + at * step, found)
        for at, found in enumerate(values)
        if found and found.median > 0
    ]
    if min(logs) <= 0 <= max(logs) and token == "series-0":
        drawing.line(((left, place(1.0)), (right, place(1.0))), token="muted", dash="2 3")
    if len(places) > 1:
        drawing.line([(x, place(found.median)) for x, found in places], token=token, width=1.4)
    for x, found in places:
        if found.low and found.high:
            ends_y = ((x, place(found.low)), (x, place(found.high)))
            drawing.line(ends_y, token=token, width=1.6)
        now = found is values[-1]
        drawing.mark(x, place(found.median), token, filled=now, radius=4 if now else 2.6)
