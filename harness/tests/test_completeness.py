"""Every planned run is there once, or has a reason; everything else is said."""

from __future__ import annotations

import unittest
from dataclasses import replace
from typing import Any

from harness import completeness
from harness.model import Cell
from harness.plan import Planned
from harness.store import cell_document

CELLS = [Cell("a/b", (), 1, name, "p") for name in ("good", "bad")]
# Four rounds of two cells: the good one's runs are even, the bad one's odd.
PLAN = [
    Planned(2 * number + index, number, cell, 1, 1, 0, 10.0, 0.1)
    for number in range(4)
    for index, cell in enumerate(CELLS)
]


def recorded(*numbers: int, failed: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    return [
        {
            "run": number,
            "round": PLAN[number].round,
            "cell": cell_document(PLAN[number].cell),
            "status": "failed" if number in failed else "ok",
        }
        for number in numbers
    ]


def manifest(status: str = "complete", gap: str | None = None) -> dict[str, Any]:
    gaps = (None, gap)
    cells = [{"cell": cell_document(c), "gap": gap} for c, gap in zip(CELLS, gaps)]
    return {"status": status, "expected": cells}


class CompletenessTest(unittest.TestCase):
    def test_a_whole_run_has_neither_reasons_nor_problems(self) -> None:
        found = completeness.judge(manifest(), PLAN, recorded(*range(8)))
        self.assertEqual((found.planned, found.recorded), (8, 8))
        self.assertEqual((dict(found.reasons), found.problems), ({}, ()))

    def test_a_run_that_is_missing_without_a_reason_is_a_problem(self) -> None:
        for lost in range(8):
            there = [number for number in range(8) if number != lost]
            found = completeness.judge(manifest(), PLAN, recorded(*there))
            (problem,) = found.problems
            self.assertIn(f"run {lost} ", problem)

    def test_a_session_that_ended_early_explains_its_end_and_no_hole(self) -> None:
        for status, words in (
            ("running", "killed"),
            ("interrupted", "interrupted"),
            ("out of time", "budget"),
        ):
            found = completeness.judge(manifest(status), PLAN, recorded(0, 1, 3, 4))
            ((reason, number),) = found.reasons.items()
            self.assertIn(words, reason)
            self.assertEqual(number, 3)
            (problem,) = found.problems
            self.assertIn("run 2 ", problem)

    def test_a_cell_that_was_given_up_is_a_reason_only_after_its_failures(self) -> None:
        runs = recorded(0, 1, 2, 3, 4, 6, failed=(1, 3))
        found = completeness.judge(manifest(), PLAN, runs)
        ((reason, number),) = found.reasons.items()
        self.assertIn("@bad:p had failed 2 times", reason)
        self.assertEqual((number, found.problems), (2, ()))
        once = completeness.judge(manifest(), PLAN, recorded(0, 1, 2, 4, 6, failed=(1,)))
        self.assertEqual(len(once.problems), 3)
        between = recorded(0, 1, 2, 3, 4, 6, failed=(3,))
        self.assertEqual(len(completeness.judge(manifest(), PLAN, between).problems), 2)

    def test_a_run_that_nobody_planned_is_a_problem(self) -> None:
        runs = recorded(*range(8))
        runs[7]["run"] = 99
        found = completeness.judge(manifest(), PLAN, runs)
        self.assertTrue(any("99 is recorded, but was never planned" in p for p in found.problems))

    def test_a_run_of_another_cell_or_round_is_a_problem(self) -> None:
        for key, value in (("round", 3), ("cell", cell_document(CELLS[1]))):
            runs = recorded(*range(8))
            runs[0][key] = value
            (problem,) = completeness.judge(manifest(), PLAN, runs).problems
            self.assertIn("another cell or round", problem)

    def test_expected_and_planned_cells_are_the_same(self) -> None:
        one = [replace(run, run=number) for number, run in enumerate(PLAN[::2])]
        runs = recorded(*range(0, 8, 2))
        for number, run in enumerate(runs):
            run["run"] = number
        (problem,) = completeness.judge(manifest(), one, runs).problems
        self.assertIn("@bad:p is expected without a gap", problem)
        self.assertEqual(completeness.judge(manifest(gap="failed"), one, runs).problems, ())
        only_good = {**manifest(), "expected": manifest()["expected"][:1]}
        (problem,) = completeness.judge(only_good, PLAN, recorded(*range(8))).problems
        self.assertIn("@bad:p is planned, but not expected", problem)

    def test_a_session_that_ended_before_its_plan_is_no_complete_one(self) -> None:
        self.assertEqual(completeness.judge(manifest("interrupted"), [], []).problems, ())
        (problem,) = completeness.judge(manifest(), [], []).problems
        self.assertIn("there is no plan", problem)
