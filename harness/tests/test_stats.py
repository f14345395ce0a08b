"""Intervals and ratios against values that are known exactly, and properties that always hold."""

from __future__ import annotations

import math
import random
import unittest

from harness.stats import geometric_mean, interval, interval_rank, ratio, separable


class IntervalTest(unittest.TestCase):
    def test_below_six_values_there_is_no_interval(self) -> None:
        for n in range(1, 6):
            found = interval([float(i) for i in range(n)])
            self.assertEqual((found.low, found.high, found.confidence), (None, None, None))
            self.assertEqual(found.n, n)

    def test_six_values_span_from_the_least_to_the_greatest(self) -> None:
        found = interval([3.0, 1.0, 6.0, 2.0, 5.0, 4.0])
        self.assertEqual((found.low, found.median, found.high), (1.0, 3.5, 6.0))
        self.assertEqual(found.confidence, 0.96875)

    def test_ranks_are_those_of_the_sign_test_s_tables(self) -> None:
        known = {8: 1, 10: 2, 12: 3, 16: 4, 20: 6, 24: 7, 30: 10, 40: 14, 50: 18, 60: 22}
        self.assertEqual({n: interval_rank(n)[0] for n in known}, known)

    def test_the_coverage_is_that_of_the_binomial_distribution(self) -> None:
        for n in range(6, 40):
            rank, coverage = interval_rank(n)
            inside = sum(math.comb(n, i) for i in range(rank, n - rank + 1))
            self.assertAlmostEqual(coverage, inside / 2**n)
            self.assertGreaterEqual(coverage, 0.95)
            narrower = sum(math.comb(n, i) for i in range(rank + 1, n - rank))
            self.assertLess(narrower / 2**n, 0.95)

    def test_the_interval_covers_the_median_as_often_as_it_says(self) -> None:
        draw = random.Random(1)
        n, trials = 12, 4000
        hits = 0
        for _ in range(trials):
            found = interval([draw.lognormvariate(0.0, 1.0) for _ in range(n)])
            assert found.low is not None and found.high is not None
            hits += found.low <= 1.0 <= found.high
        self.assertAlmostEqual(hits / trials, interval_rank(n)[1], delta=0.012)

    def test_order_does_not_matter_and_scale_carries_over(self) -> None:
        draw = random.Random(2)
        for _ in range(200):
            values = [draw.expovariate(1.0) for _ in range(draw.randint(6, 30))]
            found, scaled = interval(values), interval([8.0 * v for v in reversed(values)])
            assert found.low is not None and found.high is not None
            self.assertEqual(scaled.low, 8.0 * found.low)
            self.assertEqual(scaled.high, 8.0 * found.high)
            self.assertLessEqual(found.low, found.median)
            self.assertLessEqual(found.median, found.high)


class RatioTest(unittest.TestCase):
    def test_only_rounds_that_both_have_are_paired(self) -> None:
        found = ratio({0: 1.0, 1: 2.0, 3: 4.0}, {1: 6.0, 2: 100.0, 3: 12.0})
        assert found is not None
        self.assertEqual(found.n, 2)
        self.assertAlmostEqual(found.median, 3.0)
        self.assertIsNone(found.low)

    def test_a_common_drift_cancels(self) -> None:
        drift = [1.0, 3.0, 10.0, 0.1, 7.0, 2.0]
        found = ratio(dict(enumerate(drift)), {i: 2.0 * d for i, d in enumerate(drift)})
        assert found is not None and found.low is not None and found.high is not None
        self.assertAlmostEqual(found.low, 2.0)
        self.assertAlmostEqual(found.high, 2.0)
        self.assertTrue(separable(found))

    def test_swapping_the_sides_inverts_the_ratio(self) -> None:
        draw = random.Random(3)
        for _ in range(200):
            n = draw.randint(6, 20)
            a = {i: draw.lognormvariate(0.0, 1.0) for i in range(n)}
            b = {i: draw.lognormvariate(0.5, 1.0) for i in range(n)}
            forth, back = ratio(a, b), ratio(b, a)
            assert forth is not None and back is not None
            assert forth.low is not None and back.high is not None
            self.assertAlmostEqual(forth.median * back.median, 1.0)
            self.assertAlmostEqual(forth.low * back.high, 1.0)
            self.assertEqual(separable(forth), separable(back))

    def test_an_interval_with_one_in_it_separates_nothing(self) -> None:
        found = ratio(dict.fromkeys(range(6), 1.0), dict(enumerate([0.9, 1.1, 1.2, 1.3, 1.4, 1.5])))
        assert found is not None
        self.assertFalse(separable(found))

    def test_too_few_rounds_separate_nothing(self) -> None:
        found = ratio(dict.fromkeys(range(5), 1.0), dict.fromkeys(range(5), 100.0))
        assert found is not None
        self.assertFalse(separable(found))

    def test_no_common_round_or_no_positive_value_has_no_ratio(self) -> None:
        self.assertIsNone(ratio({0: 1.0}, {1: 1.0}))
        self.assertIsNone(ratio({0: 0.0}, {0: 1.0}))


class GeometricMeanTest(unittest.TestCase):
    def test_of_inverse_ratios_is_one(self) -> None:
        self.assertAlmostEqual(geometric_mean([4.0, 0.25]), 1.0)

    def test_refuses_what_has_no_logarithm(self) -> None:
        unusable: list[list[float]] = [[], [1.0, 0.0]]
        for values in unusable:
            with self.assertRaises(ValueError):
                geometric_mean(values)
