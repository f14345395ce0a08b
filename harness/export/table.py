"""CSV: a line for every figure of every run, and one for whatever has no figure."""

from __future__ import annotations

import csv
import io

from harness.export.rows import Export, Made
from harness.model import Cell

COLUMNS = (
    *("run", "round", "workload", "parameters", "workers", "contender", "profile", "form"),
    *("status", "reason", "figure", "unit", "direction", "value"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _text(value: str | None) -> str:
    """A text of a contender or a spec; a spreadsheet must not take it for a formula."""
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(cell: Cell) -> list[str]:
    parameters = ";".join(f"{name}={value}" for name, value in cell.parameters)
    words = (cell.workload, parameters, str(cell.workers), cell.contender, cell.profile, cell.form)
    return [_text(word) for word in words]


def _run(made: Made) -> list[list[str]]:
    head = [str(made.run), str(made.round), *_cell(made.cell), made.status, _text(made.reason)]
    if not made.samples:
        return [[*head, "", "", "", ""]]
    return [
        [*head, s.metric.name, s.metric.unit, s.metric.direction, repr(s.value)]
        for s in made.samples
    ]


def csv_text(export: Export) -> str:
    """Rectangular; a cell without a single run has a line with neither run nor figure."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for made in export.runs:
        writer.writerows(_run(made))
    ran = {made.cell for made in export.runs}
    for _, result in export.results:
        if result.cell not in ran and result.gap is not None:
            gap = [result.gap.value, _text(result.reason)]
            writer.writerow(["", "", *_cell(result.cell), *gap, "", "", "", ""])
    return out.getvalue()
