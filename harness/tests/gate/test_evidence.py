"""What the stages saw: who was measured, by which runs, and what became of what broke early."""

from __future__ import annotations

import unittest
from typing import Any

from harness.gate import evidence
from harness.gate.model import Rules
from harness.tests.gate.samples import cell


def run(subject: str, stage: int, arm: int, **changes: Any) -> dict[str, Any]:
    found = {"stage": stage, "subject": subject, "round": 0, "attempt": 0, "arm": arm}
    found.update(status="ok", reason=None, value=1.0, disturbed=[], record=None)
    return {**found, **changes}


class SampleTest(unittest.TestCase):
    def plan(self, *names: str) -> dict[str, Any]:
        subjects = [cell(name) for name in names]
        return evidence.document(subjects, {}, Rules((1, 2)), names, ())

    def test_each_stage_has_its_own_runs(self) -> None:
        runs = [run("a", stage, arm) for stage in (1, 2) for arm in (0, 1)]
        router, decider = evidence.samples(self.plan("a", "b"), runs)
        self.assertEqual([len(s["a"].differences) for s in (router, decider)], [1, 1])
        self.assertEqual([s["a"].planned for s in (router, decider)], [1, 2])
        self.assertEqual([s["b"].differences for s in (router, decider)], [(), ()])

    def test_what_broke_in_the_router_is_broken_in_the_decider(self) -> None:
        failed = {"status": "failed", "reason": "crashed", "value": None}
        for arm, side in ((0, "broken_base"), (1, "broken_head")):
            runs = [run("a", 1, 1 - arm), run("a", 1, arm, **failed)]
            _, decider = evidence.samples(self.plan("a"), runs)
            self.assertEqual(getattr(decider["a"], side), "failed: crashed")
