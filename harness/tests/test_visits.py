"""What is made again is made whole, in the same order, not too often, and counts once."""

from __future__ import annotations

import unittest
from typing import Any

from harness.model import Cell
from harness.plan import Planned, again_most
from harness.store import cell_document
from harness.visits import Ledger, counting


def plan(rounds: int, groups: int = 1) -> list[Planned]:
    runs: list[Planned] = []
    for number in range(rounds):
        for group in range(groups):
            for name in ("b", "a") if number % 2 else ("a", "b"):
                cell = Cell("alpha/first", (("size", group),), 1, name, "plain")
                runs.append(Planned(len(runs), number, cell, 1, 1, 1, 10.0, 0.5))
    return runs


def line(planned: Planned, **fields: Any) -> dict[str, Any]:
    run = {"run": planned.run, "round": planned.round, "cell": cell_document(planned.cell)}
    return {**run, "status": "ok", "disturbed": [], **fields}


class LedgerTest(unittest.TestCase):
    def make_all(self, runs: list[Planned], disturbed: set[int], always: bool = False) -> list[int]:
        """Records a plan and what is due after each round; the rounds that were made again."""
        ledger, again = Ledger(runs), []
        for planned in runs:
            ledger.record(line(planned, disturbed=["steal"] * (planned.run in disturbed)))
            if planned.run + 1 < len(runs) and runs[planned.run + 1].round == planned.round:
                continue
            while (due := ledger.due()) is not None:
                ledger.close(due)
                again.append(due.visit[0])
                for repeated in due.runs:
                    fields = {"repeats": repeated.run, "attempt": due.attempt}
                    number = ledger.next_number
                    self.assertGreaterEqual(number, len(runs))
                    found = line(repeated, run=number, disturbed=["steal"] * always, **fields)
                    self.assertEqual(ledger.planned(found), repeated)
                    ledger.record(found)
        return again

    def test_a_visit_is_made_again_whole_and_in_its_own_order(self) -> None:
        runs = plan(6, groups=2)
        ledger = Ledger(runs)
        for planned in runs[:8]:
            ledger.record(line(planned, disturbed=["steal"] * (planned.run == 5)))
        due = ledger.due()
        assert due is not None
        self.assertEqual((due.visit, due.attempt), ((1, runs[5].cell.group), 1))
        self.assertEqual(due.runs, tuple(runs[4:6]))
        self.assertEqual(due.estimate_s, 1.0)

    def test_nothing_is_made_again_without_a_cause(self) -> None:
        self.assertEqual(self.make_all(plan(10), set()), [])

    def test_at_most_a_fifth_of_the_rounds_of_a_group_is_made_again(self) -> None:
        self.assertEqual([again_most(n) for n in (1, 4, 5, 6, 9, 10, 30)], [0, 0, 1, 1, 1, 2, 6])
        everything = set(range(100))
        self.assertEqual(self.make_all(plan(10), everything), [0, 1])
        self.assertEqual(self.make_all(plan(4), everything), [])

    def test_a_repetition_that_is_disturbed_too_uses_the_allowance_up(self) -> None:
        self.assertEqual(self.make_all(plan(10), {0, 6, 12}, always=True), [0, 0])

    def test_one_that_an_interruption_cut_off_is_finished_first(self) -> None:
        runs = plan(5)
        ledger = Ledger(runs)
        for planned in runs[:2]:
            ledger.record(line(planned, disturbed=["suspend"]))
        ledger.record(line(runs[0], run=10, repeats=0, attempt=1))
        due = ledger.due()
        assert due is not None
        self.assertEqual((due.attempt, due.runs), (1, (runs[1],)))
        self.assertEqual(ledger.next_number, 11)
        ledger.close(due)
        self.assertIsNone(ledger.due(), "a cell that was given up is not waited for")


class CountingTest(unittest.TestCase):
    def numbers(self, *later: dict[str, Any]) -> list[int]:
        first = [line(planned) for planned in plan(2)]
        return [run["run"] for run in counting([*first, *later])]

    def again(self, number: int, repeats: int, attempt: int = 1, **fields: Any) -> dict[str, Any]:
        return line(plan(2)[repeats], run=number, repeats=repeats, attempt=attempt, **fields)

    def test_the_last_whole_attempt_counts_and_nothing_else_of_its_visit(self) -> None:
        self.assertEqual(self.numbers(), [0, 1, 2, 3])
        self.assertEqual(self.numbers(self.again(4, 0), self.again(5, 1)), [2, 3, 4, 5])
        second = (self.again(6, 0, 2), self.again(7, 1, 2))
        self.assertEqual(self.numbers(self.again(4, 0), self.again(5, 1), *second), [2, 3, 6, 7])

    def test_an_attempt_that_is_not_whole_does_not_count(self) -> None:
        self.assertEqual(self.numbers(self.again(4, 0)), [0, 1, 2, 3])

    def test_a_failure_counts_whatever_was_made_again(self) -> None:
        failed = self.again(5, 1, status="failed")
        self.assertEqual(self.numbers(self.again(4, 0), failed), [2, 3, 4, 5])
        self.assertEqual(self.numbers(failed), [0, 1, 2, 3, 5])
