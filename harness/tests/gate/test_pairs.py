"""From runs to differences: the direction, what counts, what breaks a pair."""

from __future__ import annotations

import math
import unittest
from typing import Any
from unittest import mock

from harness.contenders import ending
from harness.gate import pairs
from harness.process import Finished
from harness.record import Asked, Status, Verdict
from harness.model import Cell, Metric


def run(arm: int, value: float | None, number: int = 0, **changes: Any) -> dict[str, Any]:
    found = {"round": number, "attempt": 0, "arm": arm, "status": "ok", "reason": None}
    found.update(value=value, disturbed=[], record={"context": {"effective.size": "8"}})
    return {**found, **changes}


class SampleTest(unittest.TestCase):
    def test_worse_is_above_zero_whichever_way_is_better(self) -> None:
        runs = [run(0, 100.0), run(1, 110.0)]
        (slower,) = pairs.sample(runs, 1, lower_is_better=True).differences
        self.assertAlmostEqual(slower, math.log(1.1))
        (faster,) = pairs.sample(runs, 1, lower_is_better=False).differences
        self.assertAlmostEqual(faster, -math.log(1.1))

    def test_a_disturbed_pair_goes_as_a_whole_and_its_cause_is_counted(self) -> None:
        runs = [run(0, 1.0, disturbed=["steal"]), run(1, 1.0), run(0, 1.0, 1), run(1, 2.0, 1)]
        found = pairs.sample(runs, 2, True)
        self.assertEqual(len(found.differences), 1)
        self.assertEqual(found.dropped, {"steal": 1})

    def test_a_pair_that_lacks_a_side_is_none(self) -> None:
        self.assertEqual(pairs.sample([run(0, 1.0)], 1, True).differences, ())

    def test_which_side_broke_is_said(self) -> None:
        failed = run(1, None, status="failed", reason="was ended by SIGSEGV", record=None)
        found = pairs.sample([run(0, 1.0), failed], 1, True)
        self.assertEqual(found.broken_head, "failed: was ended by SIGSEGV")
        self.assertIsNone(found.broken_base)

    def test_sides_that_did_different_things_do_not_match(self) -> None:
        other = run(1, 1.0, record={"context": {"effective.size": "7"}})
        found = pairs.sample([run(0, 1.0), other], 1, True)
        self.assertIn("effective.size is '8' in base and '7' in head", found.mismatch or "")


class ShotTest(unittest.TestCase):
    def test_a_figure_without_a_logarithm_is_a_failure(self) -> None:
        cell = Cell("alpha/first", (), 1, "good", "plain")
        asked = Asked(cell, 1, 1, 0, 1, Metric("task_ns", "ns", "lower"))
        finished = Finished(0, None, False, False, None, b"", b"", 0.1, None, None, 0)
        self.assertIsNone(ending(finished, 1.0))
        arm = pairs.Arm("head", (), None, 1.0, None, asked)  # type: ignore[arg-type]
        for value, status in ((0.0, Status.FAILED), (-1.0, Status.FAILED), (1.0, Status.OK)):
            record = {"benchmarks": [{"real_time": 1.0, "task_ns": value}]}
            with mock.patch.object(pairs, "judge", return_value=Verdict(Status.OK, None, record)):
                self.assertEqual(pairs._shot(finished, arm).status, status)
