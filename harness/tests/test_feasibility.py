"""What a budget cannot hold is said with the budget that would, and refused where it must be."""

from __future__ import annotations

import json
import re
import unittest

from harness.calibrate import Schedule
from harness.cli import time_budget
from harness.errors import InfeasibleError
from harness.feasibility import shrunk
from harness.tests.bed import Bed


def plan(rounds: int, round_s: float, limit: int | None = None) -> Schedule:
    groups = ("a", "b")
    limits = {"a": limit, "b": None}
    chosen = {group: min(rounds, limits[group] or rounds) for group in groups}
    return Schedule(0.1, (), {}, chosen, limits, dict.fromkeys(groups, round_s / 2), 0.0, 0.0)


class ShrunkTest(unittest.TestCase):
    def test_a_plan_that_fits_needs_no_words(self) -> None:
        self.assertEqual(shrunk(plan(10, 1.0), "quick", 100.0, 10.0, True), [])
        self.assertEqual(shrunk(plan(10, 1.0, limit=2), "quick", 100.0, 10.0, True), [])

    def test_fewer_rounds_than_the_size_has_are_said(self) -> None:
        (words,) = shrunk(plan(7, 1.0), "quick", 100.0, 10.0, True)
        self.assertIn("holds 7 of the 10 rounds of --quick", words)

    def test_too_few_for_an_interval_are_said_with_a_budget_that_would_do(self) -> None:
        (words,) = shrunk(plan(3, 20.0, limit=2), "quick", 100.0, 10.0, True)
        self.assertIn("1 of 2 groups get fewer than 6 rounds, and so no intervals", words)
        suggested = re.search(r"--time-budget (\S+?)[,)]", words)
        assert suggested is not None
        budget_s = time_budget(suggested.group(1))
        (words,) = shrunk(plan(6, 20.0, limit=2), "quick", budget_s, 10.0, True)
        self.assertIn("holds 6 of the 10 rounds", words)

    def test_what_does_not_fit_even_once_is_refused_or_said(self) -> None:
        with self.assertRaisesRegex(
            InfeasibleError, "one round of the 2 groups would take about 1 min"
        ):
            shrunk(plan(1, 90.0), "quick", 60.0, 10.0, True)
        (words,) = shrunk(plan(1, 90.0), "quick", 60.0, 10.0, False)
        self.assertIn("what comes last will be missing", words)


class RefusedTest(Bed):
    def refused(self, *words: str) -> str:
        output = self.call(self.words(*words))
        self.assertEqual((output.status, output.stdout), (2, ""), output.stderr)
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertEqual(manifest["status"], "refused")
        self.assertFalse((self.out / "plan.jsonl").exists())
        return output.stderr

    def test_a_budget_that_ends_before_the_calibration_does(self) -> None:
        self.add_spec(sizes="[8, 16, 32]", run="operations = 1")
        self.add_contender("a", "linger")
        words = self.refused("--time-budget", "0.05s")
        self.assertRegex(words, "only [0-9] of 3 groups could be calibrated")
        self.assertIn("cure: a longer --time-budget, or fewer cells", words)

    def test_rounds_that_were_asked_for_and_do_not_fit(self) -> None:
        self.add_spec(run="operations = 1000000")  # the stand-in says a second
        self.add_contender("a")
        words = self.refused("--time-budget", "600s", "--rounds", "1000")
        self.assertIn("1000 rounds of the 1 groups would take about", words)
