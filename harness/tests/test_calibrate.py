"""The frozen counts fit the slowest contender, and one that is far off does not spoil the rest."""

from __future__ import annotations

import tomllib
import unittest

from harness.calibrate import (
    Calibrated,
    Cost,
    Length,
    Schedule,
    Trial,
    freeze_group,
    measure_group,
    schedule,
    two_digits,
)
from harness.model import Cell
from harness.plan import Expected
from harness.record import Status
from harness.spec import Spec, parse
from harness.tests.bed import spec_text


def cell(contender: str) -> Cell:
    return Cell("alpha/first", (("size", 8),), 1, contender, "plain")


def spec(run: str = 'operations = "calibrated"\noperations_min = 100') -> Spec:
    return parse(tomllib.loads(spec_text(run=run)), "first.toml")


class TrialTest(unittest.TestCase):
    def costs(self, found: Spec, ns: dict[str, float | None]) -> tuple[dict[str, Cost], list[int]]:
        asked: list[int] = []

        def attempt(tried: Cell, operations: int, limit_s: float) -> Trial:
            asked.append(operations)
            operation_ns = ns[tried.contender]
            status = Status.OK if operation_ns is not None else Status.FAILED
            timed_s = operations * (operation_ns or 0.0) * 1e-9
            return Trial(operations, operation_ns, timed_s + 0.03, status, "why")

        costs = measure_group([cell(name) for name in ns], found, 0.1, attempt)
        return {c.contender: cost for c, cost in costs.items()}, asked

    def test_the_count_grows_until_the_time_is_a_fair_part_of_the_target(self) -> None:
        costs, asked = self.costs(spec(), {"a": 100.0})
        self.assertEqual(asked[0], 100)
        self.assertGreaterEqual(asked[-1] * 100.0, 0.1e9 / 4)
        self.assertLessEqual(asked[-1] * 100.0, 0.1e9)
        self.assertAlmostEqual(costs["a"].overhead_s, 0.03, places=6)

    def test_a_failure_is_kept_as_the_cell_s_cost(self) -> None:
        costs, _ = self.costs(spec(), {"a": None, "b": 10.0})
        self.assertIsNone(costs["a"].operation_ns)
        self.assertEqual(costs["a"].problem, "failed: why")
        self.assertEqual(costs["b"].operation_ns, 10.0)

    def test_a_long_fixed_workload_is_tried_on_one_contender_for_all(self) -> None:
        ns: dict[str, float | None] = {"a": None, "b": 5e9, "c": 1.0}
        costs, asked = self.costs(spec("operations = 1"), ns)
        self.assertEqual(asked, [1, 1])
        self.assertEqual(costs["c"], costs["b"])

    def test_a_short_fixed_workload_is_tried_on_each(self) -> None:
        _, asked = self.costs(spec("operations = 7"), {"a": 5e6, "b": 5e6})
        self.assertEqual(asked, [7, 7])


class FreezeTest(unittest.TestCase):
    def frozen(self, found: Spec, **ns: float | None) -> dict[str, tuple[int, bool]]:
        costs = {cell(name): Cost(value, 0.02, None) for name, value in ns.items()}
        frozen = freeze_group(costs, found, Length(0.1, 3))
        return {c.contender: (f.operations, f.own_count) for c, f in frozen.items()}

    def test_all_do_the_count_that_fits_the_slowest(self) -> None:
        self.assertEqual(
            self.frozen(spec(), a=100.0, b=500.0), {"a": (200000, False), "b": (200000, False)}
        )

    def test_one_that_is_far_off_gets_a_count_of_its_own_and_is_marked(self) -> None:
        found = self.frozen(spec(), a=100.0, b=500.0, c=100_000.0)
        self.assertEqual(found["a"], (200000, False))
        self.assertEqual(found["c"], (1000, True))

    def test_the_floors_do_not_decide(self) -> None:
        found = self.frozen(spec(), floors=1.0, a=100.0, b=500.0)
        self.assertEqual(found["a"], (200000, False))
        self.assertEqual(found["floors"], (100_000_000, False))

    def test_the_least_count_holds(self) -> None:
        self.assertEqual(self.frozen(spec(), a=1e9), {"a": (100, False)})

    def test_a_cell_that_failed_does_what_its_group_does(self) -> None:
        self.assertEqual(self.frozen(spec(), a=None, b=500.0)["a"], (200000, False))
        self.assertEqual(self.frozen(spec(), a=None), {"a": (100, False)})

    def test_what_is_long_repeats_less_often_unless_the_spec_says(self) -> None:
        costs = {cell("a"): Cost(2e9, 0.0, None)}
        long = freeze_group(costs, spec("operations = 1"), Length(0.1, 3))[cell("a")]
        self.assertEqual((long.repetitions, long.warmup), (1, 1))
        fixed = spec("operations = 1\nwarmup = 0\nrepetitions = 4")
        told = freeze_group(costs, fixed, Length(0.1, 3))[cell("a")]
        self.assertEqual((told.repetitions, told.warmup), (4, 0))
        self.assertAlmostEqual(told.estimate_s, 8.0)

    def limits(self, **costs: Cost) -> dict[str, float]:
        found = spec('operations = "calibrated"\noperations_min = 100\ntime_limit_s = 60')
        rows = {cell(name): cost for name, cost in costs.items()}
        frozen = freeze_group(rows, found, Length(0.1, 3))
        return {c.contender: f.limit_s for c, f in frozen.items()}

    def test_one_that_hung_may_take_so_much_longer_than_the_rest_of_its_group(self) -> None:
        hangs, fails = Cost(None, 10.0, "why", hangs=True), Cost(None, 0.1, "why")
        found = self.limits(a=Cost(1e3, 0.02, None), b=Cost(1e4, 1.0, None), c=hangs, d=fails)
        self.assertAlmostEqual(found["b"], 20 * 1.4)
        self.assertEqual(found["c"], found["b"])
        self.assertEqual((found["a"], found["d"]), (10.0, 60.0))

    def test_one_that_hung_and_has_nobody_beside_it_has_the_time_of_its_spec(self) -> None:
        self.assertEqual(self.limits(a=Cost(None, 10.0, "why", hangs=True)), {"a": 60.0})

    def test_counts_are_round_for_the_reader(self) -> None:
        self.assertEqual(
            [two_digits(x) for x in (0.3, 9, 99, 187, 123456)], [1, 9, 99, 180, 120000]
        )


class ScheduleTest(unittest.TestCase):
    def schedule(
        self,
        operation_ns: float,
        budget_s: float | None,
        asked: int | None = None,
        settle_s: float = 0.0,
        visit_s: float = 0.0,
        disturbed_share: float = 0.0,
    ) -> Schedule:
        cells = [cell(name) for name in "abcdef"]
        expected = [Expected(c, None, None, None) for c in cells]
        costs = {c: Cost(operation_ns, 0.02, None) for c in cells}
        found = Calibrated(costs, {cells[0].group: visit_s}, settle_s, disturbed_share)
        return schedule(expected, {"alpha/first": spec()}, found, "quick", 1, budget_s, asked)

    def rounds(self, operation_ns: float, budget_s: float | None, asked: int | None = None) -> int:
        plan = self.schedule(operation_ns, budget_s, asked)
        self.assertEqual([run.run for run in plan.runs], list(range(len(plan.runs))))
        per_round = {run.round: 0 for run in plan.runs}
        for run in plan.runs:
            per_round[run.round] += 1
        self.assertEqual(set(per_round.values()), {len(plan.frozen)})
        if asked is None and budget_s is not None and len(per_round) > 1:
            self.assertLessEqual(plan.estimate_s, budget_s)
        self.target_s = plan.target_s
        return len(per_round)

    def test_the_estimate_has_everything_that_takes_time(self) -> None:
        runs_s = sum(run.estimate_s for run in self.schedule(1000.0, None, asked=10).runs)
        cases: list[tuple[dict[str, float], float]] = [
            ({}, 0.0),
            ({"settle_s": 0.5}, 10 * 0.5),
            ({"visit_s": 0.25}, 10 * 0.25),
            ({"disturbed_share": 0.1}, 0.1 * runs_s),
            ({"disturbed_share": 0.9}, 0.2 * runs_s),  # no more than that is made again
        ]
        for changes, more_s in cases:
            with self.subTest(changes):
                plan = self.schedule(1000.0, None, asked=10, **changes)
                self.assertAlmostEqual(plan.estimate_s, runs_s + more_s)

    def test_only_what_may_be_made_again_is_expected_to_be(self) -> None:
        few = self.schedule(1000.0, None, asked=4, disturbed_share=1.0)
        self.assertAlmostEqual(few.estimate_s, sum(run.estimate_s for run in few.runs))

    def test_waiting_for_a_busy_machine_costs_rounds(self) -> None:
        budget_s = self.schedule(1000.0, None, asked=10).estimate_s
        quiet, busy = (self.schedule(1000.0, budget_s, settle_s=s) for s in (0.0, 1.0))
        self.assertGreater(len(quiet.runs), len(busy.runs))
        self.assertLessEqual(busy.estimate_s, budget_s)

    def test_the_padding_is_one_for_a_visit_and_another_for_the_next(self) -> None:
        plan = self.schedule(1000.0, None)
        paddings = [{run.padding for run in plan.runs if run.round == r} for r in range(10)]
        self.assertEqual({len(found) for found in paddings}, {1})
        drawn = {padding for found in paddings for padding in found}
        self.assertEqual(len(drawn), 10)
        self.assertTrue(drawn <= set(range(4097)))
        self.assertEqual(plan.runs, self.schedule(1000.0, None).runs)

    def test_an_ample_budget_gives_the_most_rounds_at_the_longest_target(self) -> None:
        self.assertEqual(self.rounds(1000.0, 1000.0), 10)
        self.assertEqual(self.target_s, 0.1)

    def test_a_tight_budget_shortens_the_target_before_it_gives_up_the_interval(self) -> None:
        self.assertGreaterEqual(self.rounds(1000.0, 8.0), 6)
        self.assertLess(self.target_s, 0.1)

    def test_a_hopeless_budget_still_gives_one_round_of_the_shortest_runs(self) -> None:
        self.assertEqual(self.rounds(1000.0, 0.1), 1)
        self.assertEqual(self.target_s, 0.03)

    def test_a_group_that_no_length_helps_shortens_nobody_s_runs(self) -> None:
        cheap, dear = cell("a"), Cell("alpha/dear", (), 1, "a", "plain")
        specs = {"alpha/first": spec(), "alpha/dear": spec("operations = 1")}
        costs = {cheap: Cost(1000.0, 0.02, None), dear: Cost(10e9, 0.02, None)}
        expected = [Expected(each, None, None, None) for each in costs]
        found = Calibrated(costs, {cheap.group: 0.0, dear.group: 0.0}, 0.0, 0.0)
        plan = schedule(expected, specs, found, "quick", 1, 30.0, None)
        self.assertEqual((plan.rounds[cheap.group], plan.rounds[dear.group]), (6, 1))
        self.assertEqual(plan.target_s, 0.1)

    def test_thirty_minutes_give_each_group_of_a_whole_catalogue_an_interval(self) -> None:
        """Of 200 groups with seven rows each, whose runs take 40 ms besides what is timed."""
        cells = [
            Cell("alpha/first", (("size", size),), 1, contender, "plain")
            for size in range(200)
            for contender in "abcdefg"
        ]
        expected = [Expected(each, None, None, None) for each in cells]
        costs = {each: Cost(1000.0, 0.04, None) for each in cells}
        found = Calibrated(costs, {each.group: 0.0 for each in cells}, 0.0, 0.0)
        specs = {"alpha/first": spec()}
        plan = schedule(expected, specs, found, "standard", 1, 1800.0, None)
        self.assertGreaterEqual(min(plan.rounds.values()), 6)

    def test_a_number_of_rounds_that_is_asked_for_is_taken(self) -> None:
        self.assertEqual(self.rounds(1000.0, 0.1, asked=4), 4)
