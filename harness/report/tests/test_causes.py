"""What an operation cost and what the runtime did for it: divided, and only where it is known."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import stats
from harness.model import Analysis, CellResult, Gap, Interval
from harness.report import causes, palette, render, standing
from harness.report.check import check
from harness.report.standing import Anchors
from harness.report.tests import analyses


def result(row: str, **metrics: float | None) -> CellResult:
    """A cell of 9 runs; a metric that is None is one that it does not record."""
    spec = analyses.workload("channel/ping_pong")
    made = analyses.measured(analyses.cell_of(spec, {"capacity": 0}, 2, row), [100.0] * 9)
    found: dict[str, Interval] = dict(made.metrics)
    for name, value in metrics.items():
        name = name.replace("count_", causes.COUNT)
        found.pop(name, None)
        if value is not None:
            found[name] = stats.interval([value] * 9)
    return replace(made, metrics=found)


def analysis(*results: CellResult) -> Analysis:
    spec = analyses.workload("channel/ping_pong")
    group = analyses.group_of(spec, {"capacity": 0}, 2, results)
    return replace(analyses.ordinary(), groups=(group,), workloads=(spec,))


def sheets(*results: CellResult) -> list[causes.Sheet]:
    found = analysis(*results)
    rows = standing.row_order(found)
    return causes.sheets(standing.judge(found, Anchors()), palette.marks(rows, rows))


def figures(sheet: causes.Sheet, row: str) -> dict[str, str]:
    (block,) = sheet.blocks
    line = next(line for line in block.lines if line.name == row)
    return dict(zip((column.title for column in sheet.columns), (f.text for f in line.figures)))


class SheetTest(unittest.TestCase):
    def test_what_a_repetition_counts_is_divided_by_its_operations(self) -> None:
        costs, counters = sheets(
            result("weft:default", iterations=1000.0, voluntary_switches=250.0, count_parks=2000.0)
        )
        found = figures(costs, "weft")
        self.assertEqual(found["switches, own"], "0.250")
        self.assertEqual(found["page faults"], "0.512")
        self.assertEqual(found["CPU time"], "190\u202fns")
        self.assertEqual(found["threads"], "3")
        self.assertEqual(figures(counters, "weft"), {"parks": "2"})

    def test_cells_of_different_size_are_comparable(self) -> None:
        (costs,) = sheets(
            result("go:default", iterations=10.0, minor_faults=5.0),
            result("tbb:default", iterations=1e6, minor_faults=5e5),
        )
        self.assertEqual(figures(costs, "go")["page faults"], figures(costs, "tbb")["page faults"])

    def test_a_counter_that_is_0_everywhere_is_left_out_and_else_shown(self) -> None:
        (_, counters) = sheets(
            result("weft:default", count_steals=0.0), result("weft:tuned", count_steals=1e5)
        )
        self.assertEqual(figures(counters, "weft")["steals"], "0")
        self.assertEqual(figures(counters, "weft:tuned")["steals"], "0.500")

    def test_what_is_not_recorded_is_a_dash(self) -> None:
        costs, counters = sheets(
            result("weft:default"), result("go:default", minor_faults=None), result("tbb:default")
        )
        self.assertEqual(figures(costs, "go")["page faults"], "–")
        self.assertEqual([line.name for line in counters.blocks[0].lines], ["weft"])

    def test_without_the_operations_nothing_is_divided(self) -> None:
        (costs,) = sheets(result("go:default", iterations=None))
        self.assertEqual(figures(costs, "go")["page faults"], "–")
        self.assertEqual(figures(costs, "go")["threads"], "3")

    def test_without_a_figure_there_is_no_sheet(self) -> None:
        spec = analyses.workload("channel/ping_pong")
        cell = analyses.cell_of(spec, {"capacity": 0}, 2, "go:default")
        self.assertEqual(sheets(analyses.missing(cell, Gap.FAILED, "it fell over")), [])


class PageTest(unittest.TestCase):
    def page(self, **metrics: Any) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            found = analysis(result("weft:default", **metrics), result("go:default"))
            return render(found, Path(scratch)).read_text(encoding="utf-8")

    def test_it_unfolds_under_its_workload(self) -> None:
        text = self.page()
        self.assertEqual(check(text), [])
        self.assertEqual(text.count('<details class="causes">'), 1)
        self.assertIn("What the runtime did in an operation", text)

    def test_a_hostile_counter_is_only_a_name(self) -> None:
        text = self.page(**{f"count_{analyses.HOSTILE}": 1.0})
        self.assertEqual(check(text), [])
        self.assertEqual(text.count("<script>"), 1)


if __name__ == "__main__":
    unittest.main()
