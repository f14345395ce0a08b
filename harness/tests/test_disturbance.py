"""A cause is named by the kernel's counters at bounds that are fixed, and by nothing else."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from harness import disturbance
from harness.disturbance import Around, Counters

NOTHING = Counters(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
QUIET = Around(1.0, 0.0, 0.0, 0.0, 0, 0.0)


class CausesTest(unittest.TestCase):
    def test_each_cause_begins_above_its_bound(self) -> None:
        cases = [
            (replace(QUIET, steal_s=0.04), []),
            (replace(QUIET, steal_s=0.05), [disturbance.STEAL]),
            (replace(QUIET, other_cpu_s=0.10), []),
            (replace(QUIET, other_cpu_s=0.11), [disturbance.OTHERS]),
            (replace(QUIET, other_cpu_s=None), []),
            (replace(QUIET, throttled_s=1e-6), [disturbance.THROTTLED]),
            (replace(QUIET, throttlings=1), [disturbance.HOT]),
            (replace(QUIET, suspended_s=0.06), [disturbance.SUSPENDED]),
        ]
        for around, causes in cases:
            with self.subTest(around):
                self.assertEqual(around.causes(2), causes)
                self.assertEqual(around.document(2)["disturbed"], causes)

    def test_a_few_ticks_in_a_short_run_are_nobody(self) -> None:
        self.assertEqual(replace(QUIET, wall_s=0.05, other_cpu_s=0.03).causes(2), [])
        self.assertEqual(replace(QUIET, wall_s=0.05, steal_s=0.01).causes(2), [])
        self.assertEqual(replace(QUIET, wall_s=0.05, steal_s=0.02).causes(2), [disturbance.STEAL])

    def test_what_the_program_and_the_harness_used_is_not_others(self) -> None:
        after = replace(NOTHING, passed_s=1.0, busy_s=1.8, own_s=0.3, throttled_s=0.5)
        around = Around.between(NOTHING, after, 1.4)
        self.assertAlmostEqual(around.other_cpu_s or 0.0, 0.1)
        self.assertEqual(around.throttled_s, 0.5)
        self.assertIsNone(Around.between(NOTHING, after, None).other_cpu_s)

    def test_a_clock_that_went_on_while_the_machine_slept_is_a_suspend(self) -> None:
        after = replace(NOTHING, passed_s=1.0, suspended_s=30.0)
        self.assertEqual(Around.between(NOTHING, after, 0.0).causes(2), [disturbance.SUSPENDED])


class CountersTest(unittest.TestCase):
    def test_they_can_be_read_here_and_do_not_go_back(self) -> None:
        before = Counters.now()
        after = Counters.now()
        self.assertGreater(after.passed_s, before.passed_s)
        self.assertGreaterEqual(after.busy_s, before.busy_s)
        self.assertGreaterEqual(after.own_s, before.own_s)
        self.assertAlmostEqual(after.suspended_s, before.suspended_s, delta=0.04)

    def test_a_control_group_s_throttling_is_read_in_either_version(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cpu.stat"
            path.write_text("nr_throttled 3\nthrottled_usec 2500\nthrottled_time 4000000\n")
            for key, unit_s, seconds in (
                ("throttled_usec", 1e-6, 0.0025),
                ("throttled_time", 1e-9, 0.004),
            ):
                where = (path, key, unit_s)
                with mock.patch.object(disturbance, "_throttling", return_value=where):
                    self.assertAlmostEqual(Counters.now().throttled_s, seconds)
