"""What changed by how much, as dots with intervals: each cell against what matters for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from harness.gate import wording
from harness.report.axis import Axis
from harness.report.drawing import Drawing
from harness.report.wording import shortened

ROWS_MAX = 24  # more go on another sheet with the same axis
_FACTOR_MAX = 8.0  # further out a change stands at the edge
_LEAST_PERCENT = 12.0  # so that noise does not fill the whole width
# In the order in which they are wanted, while there is room between them.
_TICKS = (0, 5, -5, 10, -10, 25, -20, 50, -33, 100, -50, 300, -75, 2, -2, 1, -1)

BAD = ("REGRESSION", "BROKEN", "SUSPICIOUS", "NOT COMPARABLE", "blind", "contaminated")
OPEN = ("INCONCLUSIVE", "UNSTABLE", "SUSPECTED")
BETTER = ("IMPROVEMENT", "FIXED")


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels."""

    name: str
    width: float
    row: float
    foot: float
    plot: tuple[float, float]
    beside: bool  # the words stand beside the plot and not above it
    words: int


WIDE = Layout("wide", 1040, 44, 36, (340, 720), True, 46)
NARROW = Layout("narrow", 360, 92, 44, (10, 350), False, 50)
LAYOUTS = (WIDE, NARROW)


@dataclass(frozen=True)
class Change:
    """A row: head by base in per cent, above 0 where head is worse."""

    name: str
    verdict: str
    percent: float | None
    bounds: tuple[float, float] | None
    matters: float | None  # the change from which on it matters, in per cent
    counts: bool = True  # the gate's own verdict rests on it

    @property
    def words(self) -> str:
        if self.percent is None:
            return "no ratio"
        text = f"{self.percent:+.1f} %"
        return (
            text
            if self.bounds is None
            else f"{text} [{self.bounds[0]:+.1f}, {self.bounds[1]:+.1f}]"
        )

    @property
    def standing(self) -> str:
        return wording.shown(self.verdict, self.counts)

    @property
    def token(self) -> str:
        if not self.counts:
            return "muted"
        if self.verdict in BAD:
            return "alert"
        if self.verdict in BETTER:
            return "series-0"
        return "muted" if self.verdict in OPEN else "ink"


def change(entry: Mapping[str, Any]) -> Change:
    """Of a result or of a control in gate.json."""
    bounds = entry["interval_percent"]
    is_control = "health" in entry
    return Change(
        name=entry["id"],
        verdict=entry["health"] if is_control else entry["verdict"],
        percent=entry["effect_percent"],
        bounds=None if bounds is None else (bounds[0], bounds[1]),
        matters=entry.get("effect_min_percent"),
        counts=is_control or wording.counts(entry),
    )


def _factor(percent: float) -> float:
    return min(max(1 + percent / 100, 1 / _FACTOR_MAX), _FACTOR_MAX)


def axis(changes: Sequence[Change], layout: Layout) -> Axis:
    """One for all sheets, as far to the one side as to the other."""
    widest = math.log10(_factor(_LEAST_PERCENT))
    for found in changes:
        percents = [found.percent or 0.0, *(found.bounds or ()), 1.5 * (found.matters or 0.0)]
        widest = max(widest, *(abs(math.log10(_factor(percent))) for percent in percents))
    return Axis(-1.06 * widest, 1.06 * widest, *layout.plot)


def _ticks(found: Axis) -> Iterator[tuple[float, str]]:
    places: list[float] = []
    for percent in _TICKS:
        factor = 1 + percent / 100
        x = found.place(factor)
        if found.left < x < found.right and all(abs(x - other) > 46 for other in places):
            places.append(x)
            yield x, f"{percent:+d} %" if percent else "0"


def sheets(changes: Sequence[Change]) -> list[Sequence[Change]]:
    """As many rows as go on a sheet."""
    return [changes[at : at + ROWS_MAX] for at in range(0, len(changes), ROWS_MAX)]


def draw(changes: Sequence[Change], found: Axis, layout: Layout) -> Drawing:
    """One sheet."""
    bottom = layout.row * len(changes)
    drawing = Drawing(layout.width, bottom + layout.foot)
    for at, entry in enumerate(changes):
        _draw_row(drawing, entry, found, layout, at * layout.row)
    for x, label in _ticks(found):
        drawing.text(x, bottom + 12, label, size=11.5, token="muted", align="center")
    middle = (found.left + found.right) / 2
    drawing.text(
        middle - 14, bottom + 29, "◀ head is better", size=11.5, token="muted", align="right"
    )
    drawing.text(middle + 14, bottom + 29, "head is worse ▶", size=11.5, token="muted")
    return drawing


def _draw_row(drawing: Drawing, entry: Change, found: Axis, layout: Layout, top: float) -> None:
    drawing.line(((0, top), (layout.width, top)), token="grid")
    workload, _, rest = _split(entry.name)
    drawing.text(6, top + 14, shortened(workload, layout.words - 6), size=13, bold=True)
    drawing.text(6, top + 31, shortened(rest, layout.words), size=11.5, token="muted")
    if layout.beside:
        plot_top, height = top + 4, layout.row - 8
        x = layout.plot[1] + 14
        drawing.text(x, top + 14, entry.standing, token=entry.token, bold=True)
        drawing.text(x, top + 31, entry.words, size=11.5, token="muted")
    else:
        plot_top, height = top + 58, 28
        drawing.text(6, top + 47, entry.standing, size=11.5, token=entry.token, bold=True)
        drawing.text(350, top + 47, entry.words, size=11.5, token="muted", align="right")
    _draw_plot(drawing, entry, found, plot_top, height)


def _split(name: str) -> tuple[str, str, str]:
    """A cell's workload and its parameters; a control is its kind and its cell."""
    if ": " in name:
        return name.partition(": ")
    suite, slash, rest = name.partition("/")
    workload, _, parameters = rest.partition("/")
    return f"{suite}{slash}{workload}", "/", parameters


def _draw_plot(drawing: Drawing, entry: Change, found: Axis, top: float, height: float) -> None:
    drawing.box((found.left, top), (found.right - found.left, height), "band")
    if entry.matters is not None:
        start, end = (found.place(f) for f in (1 / _factor(entry.matters), _factor(entry.matters)))
        drawing.box((start, top), (end - start, height), "rule")
    one, y = found.place(1.0), top + height / 2
    drawing.line(((one, top), (one, top + height)), token="muted", width=1.2)
    if entry.percent is None:
        return
    if entry.bounds is not None:
        low, high = (found.place(_factor(percent)) for percent in entry.bounds)
        drawing.line(((low, y), (high, y)), token=entry.token, width=2.4)
        for x in (low, high):
            drawing.line(((x, y - 4), (x, y + 4)), token=entry.token, width=1.6)
    x = found.place(_factor(entry.percent))
    drawing.mark(x, y, entry.token, filled=entry.verdict not in OPEN)
