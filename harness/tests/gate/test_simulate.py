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

    def test_an_accusation_of_another_cell_is_a_false_alarm(self) -> None:
        tally = Tally("20 %", "cell-1")
        tally.add(simulate(3, Plan(), QUIET, {"cell-0": 20.0}))
        self.assertEqual((tally.found, tally.alarms), (0, 1))
        tally.add(simulate(3, Plan(), QUIET, {"cell-1": 20.0}))
        self.assertEqual((tally.found, tally.alarms), (1, 1))
        self.assertIn("1 of 2 = 50.0 %", table([tally]))
        self.assertEqual(document([tally])[0]["found"]["hits"], 1)
