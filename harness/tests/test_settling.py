"""The wait before a round ends with the first quiet window, and always ends."""

from __future__ import annotations

import os
import unittest
from dataclasses import replace
from typing import Callable
from unittest import mock

from harness import process, settling
from harness.disturbance import Counters
from harness.settling import Settled, settle

CPUS = os.cpu_count() or 1


def readings(busy: int, steal_s: float = 0.0) -> Callable[[], Counters]:
    """Counters of a machine that is busy for so many windows of a tenth of a second."""
    now = Counters(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    count = 0

    def read() -> Counters:
        nonlocal now, count
        if count:
            others_s = 0.05 * CPUS if count <= busy else 0.0
            now = replace(
                now,
                passed_s=now.passed_s + 0.1,
                busy_s=now.busy_s + others_s,
                steal_s=now.steal_s + steal_s,
            )
        count += 1
        return now

    return read


class SettleTest(unittest.TestCase):
    def setUp(self) -> None:
        self.stop = process.Abort()
        self.addCleanup(self.stop.close)

    def settle(self, busy: int, steal_s: float = 0.0) -> Settled:
        with (
            mock.patch.object(settling, "WINDOW_S", 0.0),
            mock.patch.object(settling, "LIMIT_S", 2.0),
        ):
            return settle(self.stop, readings(busy, steal_s))

    def test_a_quiet_machine_costs_one_window(self) -> None:
        found = self.settle(0)
        self.assertTrue(found.quiet)
        self.assertAlmostEqual(found.waited_s, 0.1)

    def test_it_waits_until_the_others_are_done(self) -> None:
        found = self.settle(3)
        self.assertTrue(found.quiet)
        self.assertAlmostEqual(found.waited_s, 0.4)

    def test_a_machine_that_is_never_quiet_is_waited_for_no_longer_than_the_limit(self) -> None:
        for found in (self.settle(1000), self.settle(0, steal_s=0.05 * CPUS)):
            self.assertFalse(found.quiet)
            self.assertLess(found.waited_s, 2.2)
            self.assertEqual(found.document()["quiet"], False)

    def test_a_wish_to_stop_ends_it(self) -> None:
        self.stop.set()
        found = self.settle(1000)
        self.assertFalse(found.quiet)
        self.assertAlmostEqual(found.waited_s, 0.1)
