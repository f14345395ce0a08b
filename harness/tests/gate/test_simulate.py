"""Whole gates on synthetic noise: few false alarms, large slowdowns found, exact intervals."""

from __future__ import annotations

import unittest

from harness.gate.error_rates import Rate, Tally, document, table
from harness.gate.model import Health, Verdict
from harness.gate.simulate import Noise, Plan, error_rates, simulate

QUIET = Noise(spread=0.015)


class SimulationTest(unittest.TestCase):
    def test_false_alarms_are_rare_and_large_slowdowns_found(self) -> None:
        nothing, *slower = error_rates(100, 20, Plan(), QUIET, seed=1)
        self.assertLessEqual(nothing.alarms, 2)
        self.assertEqual(nothing.gates, 100)
        found = {tally.slowdown: tally.found for tally in slower}
        self.assertLessEqual(found["2 %"], 1)
        self.assertGreaterEqual(found["10 %"], 18)
        self.assertGreaterEqual(found["20 %"], 19)
        self.assertLessEqual(sum(tally.alarms for tally in slower), 2)

    def test_a_loud_machine_is_undecided_and_not_accused(self) -> None:
        (nothing, *_) = error_rates(40, 1, Plan(), Noise(spread=0.15), seed=1)
        self.assertLessEqual(nothing.alarms, 2)
        self.assertGreater(nothing.statuses[4], 20)

    def test_a_uniform_slowdown_is_not_taken_for_the_machine(self) -> None:
        cells = {f"cell-{number}": 20.0 for number in range(12)}
        found = simulate(3, Plan(), QUIET, cells)
        self.assertEqual(found.health, Health.HEALTHY)
        verdicts = [judgement.verdict for judgement in found.judgements]
        self.assertGreaterEqual(verdicts.count(Verdict.REGRESSION), 11)

    def test_a_seed_gives_the_same_gate(self) -> None:
        self.assertEqual(simulate(5, Plan(), QUIET, {}), simulate(5, Plan(), QUIET, {}))


class TableTest(unittest.TestCase):
    def test_a_rate_has_its_exact_interval(self) -> None:
        self.assertEqual(str(Rate(0, 1000)), "0 of 1000 = 0.0 % [0.0, 0.4]")
        self.assertEqual(Rate(0, 0).interval, (0.0, 1.0))

    def tally(self, hurt: str, touched: str = "") -> Tally:
        """Of one gate in which it was cell-0 that became slower by 20 %."""
        found = Tally("20 %", "spin", (hurt,), frozenset([touched]))
        found.add(simulate(3, Plan(), QUIET, {"cell-0": 20.0}))
        return found

    def test_an_accusation_of_another_cell_is_a_false_alarm(self) -> None:
        found = self.tally(hurt="cell-1")
        self.assertEqual((found.found, found.alarms), (0, 1))
        self.assertEqual(found.accused_elsewhere, {"cell-0": 1})
        found.add(simulate(3, Plan(), QUIET, {"cell-1": 20.0}))
        self.assertEqual((found.found, found.alarms), (1, 1))
        self.assertIn("1 of 2 = 50.0 %", table([found]))
        self.assertEqual(document([found])[0]["found"]["hits"], 1)

    def test_an_accusation_of_a_cell_that_may_be_slower_is_none(self) -> None:
        found = self.tally(hurt="cell-1", touched="cell-0")
        self.assertEqual((found.found, found.alarms, found.accused_elsewhere), (0, 0, {}))

    def test_the_effect_is_what_was_measured_where_it_ought_to_show(self) -> None:
        (said,) = document([self.tally(hurt="cell-0")])
        self.assertTrue(15 < said["effect_percent"] < 25, said)
        self.assertEqual(said["cells"]["cell-0"]["effect_percent"], said["effect_percent"])
        self.assertEqual(said["cells"]["cell-0"]["found"]["hits"], 1)
        self.assertRegex(table([self.tally(hurt="cell-0")]), r"  \+(1|2)\d\.\d %  ")
        self.assertIsNone(document([self.tally(hurt="cell-99")])[0]["effect_percent"])
