"""The noise file: what it says, and for whom."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from harness.gate import noise
from harness.gate.arithmetic import log_effect
from harness.tests.bed import Bed
from harness.tests.gate.samples import sample


class NoiseTest(Bed):
    def write(self, today: date) -> Path:
        values = {"a": sample(0, spread=0.1, n=60).differences, "few": (0.1,)}
        path = self.folder / "noise.json"
        path.write_text(json.dumps(noise.document(values, 20, 1.0, "f", today)))
        return path

    def test_the_floor_is_what_equal_programs_stray_by(self) -> None:
        path = self.write(date(2026, 1, 1))
        found = noise.load(path, "f", date(2026, 1, 20))
        assert found is not None
        self.assertEqual(list(found.floors), ["a"])
        self.assertTrue(0.04 < found.floors["a"] < 0.12, found.floors)
        quiet = noise.floor([0.0001] * 30, 20, log_effect(1.0), 0)
        self.assertEqual(quiet, log_effect(1.0))

    def test_another_host_s_and_an_old_one_are_no_noise_of_this_host(self) -> None:
        path = self.write(date(2026, 1, 1))
        self.assertIsNone(noise.load(path, "g", date(2026, 1, 20)))
        self.assertIsNone(noise.load(path, "f", date(2026, 2, 20)))
        self.assertIsNone(noise.load(self.folder / "none.json", "f", date(2026, 1, 20)))
