"""The arithmetic of the verdicts against tables and against properties that always hold."""

from __future__ import annotations

import math
import random
import unittest
from statistics import median

from harness.gate import arithmetic
from harness.gate.arithmetic import (
    binomial_at_most,
    clopper_pearson,
    failures_allowed,
    holm,
    lag_one,
    mirrored,
    noise_of_spread,
    pairs_min,
    percent,
    sign_p,
    smallest_visible,
)


class SignTest(unittest.TestCase):
    def test_p_is_the_binomial_tail(self) -> None:
        self.assertEqual(sign_p([1.0] * 6, 0.0), 1 / 64)
        self.assertEqual(sign_p([1.0] * 5 + [-1.0], 0.0), 7 / 64)
        self.assertEqual(sign_p([-1.0] * 6, 0.0), 1.0)

    def test_what_ties_with_the_floor_counts_against_it(self) -> None:
        self.assertEqual(sign_p([0.5] * 6, 0.5), 1.0)
        self.assertEqual(sign_p([math.nan] * 6, 0.5), 1.0)

    def test_the_failures_that_it_forgives_are_those_of_the_tables(self) -> None:
        known = {6: 0, 8: 1, 10: 1, 12: 2, 16: 4, 20: 5, 24: 7, 30: 10, 40: 14, 50: 18, 60: 23}
        self.assertEqual({n: failures_allowed(n, 0.05) for n in known}, known)
        self.assertIsNone(failures_allowed(9, 0.001))
        self.assertEqual(failures_allowed(10, 0.001), 0)

    def test_exchanging_the_sides_exchanges_the_directions(self) -> None:
        source = random.Random(1)
        values = [source.gauss(0.3, 1) for _ in range(15)]
        better = sum(value < -0.1 for value in values)
        self.assertEqual(
            round(sign_p(mirrored(values), 0.1), 12),
            round(binomial_at_most(15 - better, 15, 0.5), 12),
        )

    def test_a_family_needs_more_pairs(self) -> None:
        known = {1: 5, 8: 8, 20: 9, 60: 11, 120: 12, 240: 13}
        self.assertEqual({m: pairs_min(0.05, m) for m in known}, known)


class HolmTest(unittest.TestCase):
    def test_the_known_example(self) -> None:
        found = holm([0.01, 0.04, 0.03, 0.005])
        self.assertEqual([round(p, 6) for p in found], [0.03, 0.06, 0.06, 0.02])

    def test_it_is_monotone_and_at_most_one(self) -> None:
        source = random.Random(2)
        ps = [source.random() for _ in range(20)]
        found = holm(ps)
        pairs = sorted(zip(ps, found))
        self.assertEqual([p for _, p in pairs], sorted(found))
        self.assertTrue(all(p <= adjusted <= 1 for p, adjusted in zip(ps, found)))
        self.assertEqual(holm([]), [])


class IntervalTest(unittest.TestCase):
    def test_clopper_and_pearson_s_intervals(self) -> None:
        known = {(0, 59): (0, 0.0606), (0, 1000): (0, 0.0037), (5, 100): (0.0164, 0.1128)}
        known[(100, 100)] = (0.9638, 1)
        for (hits, n), bounds in known.items():
            found = clopper_pearson(hits, n)
            for value, bound in zip(found, bounds):
                self.assertAlmostEqual(value, bound, places=4)

    def test_its_bounds_have_exactly_the_tails(self) -> None:
        low, high = clopper_pearson(7, 40)
        self.assertAlmostEqual(binomial_at_most(7, 40, high), 0.025, places=9)
        self.assertAlmostEqual(1 - binomial_at_most(6, 40, low), 0.025, places=9)

    def test_binomial_probabilities_at_their_ends(self) -> None:
        self.assertEqual(binomial_at_most(-1, 5, 0.3), 0.0)
        self.assertEqual(binomial_at_most(5, 5, 0.3), 1.0)
        self.assertEqual((binomial_at_most(2, 5, 0.0), binomial_at_most(2, 5, 1.0)), (1.0, 0.0))
        self.assertAlmostEqual(binomial_at_most(1, 3, 0.5), 0.5)


class EffectTest(unittest.TestCase):
    def test_percent_and_logarithm_are_inverse(self) -> None:
        self.assertAlmostEqual(percent(arithmetic.log_effect(7.0)), 7.0)

    def test_the_smallest_visible_change_would_have_been_seen(self) -> None:
        source = random.Random(3)
        noise = [source.gauss(0, 0.05) for _ in range(30)]
        visible = smallest_visible(noise, 0.01, 0.02, 0.05)
        assert visible is not None
        middle = median(noise)
        rejected = 0
        for _ in range(400):
            drawn = [source.choice(noise) - middle + visible for _ in noise]
            rejected += sign_p(drawn, 0.01) <= 0.05
        self.assertGreater(rejected, 0.7 * 400)
        self.assertLess(visible, 0.06)

    def test_it_is_never_below_the_effect_and_may_not_exist(self) -> None:
        self.assertEqual(smallest_visible([0.0] * 30, 0.0, 0.05, 0.05), 0.05)
        self.assertIsNone(smallest_visible([0.0] * 6, 0.0, 0.05, 0.01))

    def test_neighbours_that_resemble_one_another_show(self) -> None:
        self.assertGreater(lag_one([float(i) for i in range(20)]), 0.8)
        self.assertLess(lag_one([(-1.0) ** i for i in range(20)]), -0.8)
        self.assertEqual((lag_one([1.0, 2.0]), lag_one([3.0] * 9)), (0.0, 0.0))

    def test_the_noise_of_a_spread_covers_the_medians_of_normal_samples(self) -> None:
        source = random.Random(4)
        known = [source.gauss(0, 1) for _ in range(4001)]
        limit = noise_of_spread(known, 20)
        beyond = 0
        for _ in range(1000):
            drawn = sorted(source.gauss(0, 1) for _ in range(20))
            beyond += abs(drawn[9] + drawn[10]) / 2 > limit
        self.assertLess(beyond, 25)
