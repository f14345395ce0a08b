"""The facts are read on whatever machine this is."""

from __future__ import annotations

import json
import socket
import tempfile
import unittest
from pathlib import Path
from typing import Any

from harness import machine


class FactsTest(unittest.TestCase):
    facts: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.facts = machine.facts()

    def test_they_are_json_and_name_no_computer(self) -> None:
        text = json.dumps(self.facts, allow_nan=False)
        self.assertNotIn(socket.gethostname(), json.dumps({**self.facts, "kernel": None}))
        self.assertIn("fingerprint", text)

    def test_what_a_program_could_use_is_found_out_by_using_it(self) -> None:
        kernel = self.facts["kernel"]
        for name in ("membarrier", "guard_pages_by_madvise"):
            self.assertIn(kernel[name], (True, False, None))
        release = tuple(int(part) for part in kernel["release_major"].split("."))
        if kernel["guard_pages_by_madvise"]:
            self.assertGreaterEqual(release, (6, 13))

    def test_free_space_is_that_of_the_place_or_of_where_it_will_be(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            there = machine.facts(Path(name))["disk"]["runs_free_mib"]
            to_be = machine.facts(Path(name) / "not" / "yet")["disk"]["runs_free_mib"]
        self.assertGreater(there, 0)
        self.assertAlmostEqual(there, to_be, delta=max(64, there // 100))

    def test_time_of_the_cpus_only_grows(self) -> None:
        before = machine.ticks()
        after = machine.ticks()
        self.assertGreaterEqual(after.busy_s, before.busy_s)
        self.assertGreater(after.busy_s, 0.0)

    def test_missing_files_are_unknown_and_no_error(self) -> None:
        self.assertIsNone(machine.read("/nonexistent"))
        self.assertIsNone(machine.number("/nonexistent"))
        self.assertIsNone(machine.chosen("/nonexistent"))
