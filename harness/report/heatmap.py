"""The overview picture, contender by group, for the README and for whoever wants the file.

The page itself has the same figures as a table, with links.
"""

from __future__ import annotations

from typing import Sequence

from harness.report import palette
from harness.report.canvas import Canvas
from harness.report.forest import group_words
from harness.report.standing import Row, Standing, Standings
from harness.report.wording import scale_for, shortened, times

LABEL = 510.0
COLUMN = 128.0
ROW = 30.0
SUITE = 34.0
HEAD = 96.0
FOOT = 50.0
SIZE = 12.5

SYMBOLS = {
    Standing.BETTER: "▲ ",
    Standing.WORSE: "▼ ",
    Standing.ALIKE: "≈ ",
    Standing.UNDECIDED: "? ",
}


def contender_of(name: str) -> str:
    """The contender of a row's name."""
    return name.split(":", 1)[0]


def contender_columns(rows: Sequence[str], reference: str) -> list[str]:
    """A column for each contender but the reference's own."""
    names = dict.fromkeys(contender_of(row) for row in rows)
    return [name for name in names if name != contender_of(reference)]


def further_columns(rows: Sequence[str], reference: str) -> list[str]:
    """The rows that are not a contender's plain one."""
    return [row for row in rows if row not in (reference, contender_of(row))]


def row_named(group: Standings, name: str) -> Row | None:
    """The row of that name in a group, if it has one."""
    return next((row for row in group.rows if row.name == name), None)


def row_of_contender(group: Standings, contender: str) -> Row | None:
    """A contender's plain row, or where that has no figure the first of its rows that has one."""
    plain = row_named(group, contender)
    if plain is not None and plain.standing is not Standing.MISSING:
        return plain
    own = [row for row in group.rows if contender_of(row.name) == contender]
    able = [row for row in own if row.standing is not Standing.MISSING]
    if able:
        return able[0]
    return plain or next(iter(own), None)


def cell_words(row: Row, unit: str) -> str:
    """What a cell of the overview says without its colour."""
    if row.standing is Standing.MISSING:
        return row.gap
    if row.standing is Standing.REFERENCE:
        return "1×"
    interval = row.result.interval
    if row.factor is None or interval is None:
        return scale_for(unit, [interval.median]).quantity(interval.median) if interval else ""
    return SYMBOLS[row.standing] + times(row.factor.median)


def cell_token(row: Row) -> str | None:
    """The cell's colour by name; none where there is no figure to compare."""
    if row.factor is None:
        return None
    if row.standing in (Standing.BETTER, Standing.WORSE):
        return palette.step(row.factor.median)
    return "alike"


def draw(standings: Sequence[Standings], rows: Sequence[str], reference: str) -> Canvas:
    """The whole overview on one sheet."""
    columns = contender_columns(rows, reference)
    suites = list(dict.fromkeys(group.group.workload.suite for group in standings))
    height = HEAD + SUITE * len(suites) + ROW * len(standings) + FOOT
    canvas = Canvas(LABEL + COLUMN * max(len(columns), 1) + 12, height)
    _draw_head(canvas, columns, reference)
    y = HEAD
    for suite in suites:
        canvas.text(12, y + SUITE / 2 + 3, shortened(suite, 40), size=13.5, bold=True)
        canvas.line((12, y + SUITE - 3), (canvas.width - 12, y + SUITE - 3))
        y += SUITE
        for group in standings:
            if group.group.workload.suite == suite:
                _draw_group(canvas, group, columns, y)
                y += ROW
    words = (
        "▲ better   ▼ worse   ≈ not separable   ? too few runs   words: why there is no figure   "
        "a unit: nothing to compare it with"
    )
    canvas.text(12, y + FOOT / 2, words, size=SIZE, token="muted")
    return canvas


def _draw_head(canvas: Canvas, columns: Sequence[str], reference: str) -> None:
    name = shortened(reference, 24)
    canvas.text(12, 24, f"How many times better {name} is than …", size=17, bold=True)
    about = "above 1× better, below 1× worse; medians of paired ratios"
    canvas.text(12, 48, about, size=SIZE, token="muted")
    for at, column in enumerate(columns):
        x = LABEL + (at + 0.5) * COLUMN
        canvas.text(x, HEAD - 16, shortened(column, 16), size=SIZE, bold=True, align="center")


def _draw_group(canvas: Canvas, group: Standings, columns: Sequence[str], y: float) -> None:
    title = shortened(group.group.workload.id.partition("/")[2] or group.group.workload.id, 24)
    canvas.text(12, y + ROW / 2, title, size=SIZE)
    words = shortened(group_words(group.group), 58)
    canvas.text(LABEL - 12, y + ROW / 2, words, size=11, token="muted", align="right")
    for at, column in enumerate(columns):
        row = row_of_contender(group, column)
        corner = (LABEL + at * COLUMN + 2, y + 2)
        size = (COLUMN - 4, ROW - 4)
        if row is None:
            continue
        token = cell_token(row)
        if token is not None:
            sure = row.standing in (Standing.BETTER, Standing.WORSE)
            canvas.box(corner, size, token, outline=None if sure else "muted")
        canvas.text(
            corner[0] + size[0] / 2,
            y + ROW / 2,
            shortened(cell_words(row, group.group.workload.metric.unit), 18),
            size=SIZE if token else 11,
            token="ink" if token else "muted",
            align="center",
            italic=token is None,
        )
