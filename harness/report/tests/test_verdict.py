"""What the first sentence says, and that it admits what it must."""

from __future__ import annotations

import unittest
from dataclasses import replace

from harness.model import Analysis
from harness.report import standing, verdict
from harness.report.standing import Anchors, Standings
from harness.report.tests import analyses


def judged(analysis: Analysis) -> tuple[Standings, ...]:
    return standing.judge(analysis, Anchors())


def sentence(analysis: Analysis) -> str:
    return verdict.sentence(judged(analysis), standing.reference_name(analysis))


def scaled(factor: float, rounds: int = 9) -> Analysis:
    """One group in which go needs `factor` times what weft needs, exactly."""
    spec = analyses.workload("channel/ping_pong")
    rows = {"weft:default": 100.0, "go:default": 100.0 * factor}
    results = [
        analyses.measured(analyses.cell_of(spec, {}, 2, row), [value] * rounds)
        for row, value in rows.items()
    ]
    group = analyses.group_of(spec, {}, 2, results)
    return replace(analyses.ordinary(), groups=(group,))


class SentenceTest(unittest.TestCase):
    def test_a_win_is_counted_and_losses_are_denied_in_words(self) -> None:
        words = sentence(scaled(2.0))
        self.assertIn("weft is better than every other contender with a figure in 1", words)
        self.assertIn("worse than another in none", words)
        self.assertIn("96\u202f% confidence or more", words)

    def test_a_loss_is_named_with_its_size_and_its_winner(self) -> None:
        words = sentence(scaled(0.5))
        self.assertIn("worse than at least one in 1 (by 2.00× against go in “Ping-pong", words)
        self.assertNotIn("better than every", words)

    def test_a_tie_is_not_separable(self) -> None:
        words = sentence(scaled(1.0))
        self.assertIn("not separable from at least one in 1", words)
        self.assertNotIn("better than every", words)

    def test_too_few_runs_decide_nothing(self) -> None:
        words = sentence(scaled(2.0, rounds=4))
        self.assertIn("undecided for want of runs in 1", words)
        self.assertNotIn("better", words)
        self.assertNotIn("worse", words)
        self.assertNotIn("confidence", words)

    def test_nothing_to_compare_is_no_verdict(self) -> None:
        self.assertIn("There is no verdict", sentence(analyses.empty()))

    def test_groups_are_counted_once_and_controls_not_at_all(self) -> None:
        found = judged(analyses.ordinary())
        counts = verdict.outcomes(found)
        self.assertEqual(counts.judged, 20)
        self.assertEqual(len(found), 22)

    def test_losses_come_largest_first(self) -> None:
        factors = [
            row.factor.median
            for _, row in verdict.losses(judged(analyses.ordinary()))
            if row.factor
        ]
        self.assertGreater(len(factors), 2)
        self.assertEqual(factors, sorted(factors))


class DoubtTest(unittest.TestCase):
    def test_an_interrupted_run_says_so_before_all_else(self) -> None:
        words = verdict.standfirst(analyses.interrupted())
        assert words is not None
        self.assertIn("131 of 528 planned runs", words)
        self.assertIsNone(verdict.standfirst(analyses.ordinary()))

    def test_a_control_that_differs_is_reported(self) -> None:
        found = verdict.differing_controls(judged(analyses.ordinary()))
        self.assertEqual([row.name for _, row in found], ["go"])

    def test_luck_is_reckoned_from_the_intervals_themselves(self) -> None:
        words = verdict.chance(judged(scaled(2.0)))
        self.assertIn("1 comparison in all, 1 separable", words)
        self.assertIn("about 0.0 of them", words)


if __name__ == "__main__":
    unittest.main()
