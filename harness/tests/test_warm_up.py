"""A warm-up that is too short is told; chance and a few per cent are not."""

from __future__ import annotations

import unittest
from typing import Any, Sequence

from harness.warm_up import note


def record(times: Sequence[float]) -> dict[str, Any]:
    return {"benchmarks": [{"real_time": time} for time in times]}


class WarmUpTest(unittest.TestCase):
    def test_a_first_repetition_that_is_always_slower_is_told(self) -> None:
        found = note([record([12.0 + 0.1 * i, 10.0, 10.0]) for i in range(6)])
        self.assertIn("takes 1.2", found or "")
        self.assertIn("times as long as the rest", found or "")

    def test_so_is_one_that_is_always_faster(self) -> None:
        self.assertIn("takes 0.80", note([record([8.0, 10.0, 10.0])] * 6) or "")

    def test_chance_and_small_differences_are_not(self) -> None:
        mixed = [record([12.0, 10.0, 10.0]), record([8.0, 10.0, 10.0])] * 3
        self.assertIsNone(note(mixed))
        self.assertIsNone(note([record([10.4, 10.0, 10.0])] * 6))

    def test_too_few_runs_or_repetitions_say_nothing(self) -> None:
        self.assertIsNone(note([]))
        self.assertIsNone(note([record([20.0, 10.0, 10.0])] * 5))
        self.assertIsNone(note([record([20.0, 10.0])] * 6))
