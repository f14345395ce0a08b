"""The gate's own error rates: real gates with stand-ins, and their refusals."""

from __future__ import annotations

import json
from unittest import mock

from harness.gate import command, error_rates
from harness.tests.bed import Output
from harness.tests.gate.bed import CELL, GateBed


class CalibrationTest(GateBed):
    def calibrate(self, *words: str) -> Output:
        places = ["--suites", str(self.suites), "--config", str(self.config)]
        places += ["--out", str(self.out), "--work", str(self.folder / "work")]
        places += ["--build", str(self.folder / "base"), "--pairs", "6,8", "--seed", "5"]
        host = command._Host({"fingerprint": "f", "nickname": "n"}, self.folder / "host")
        with mock.patch.object(command, "_host", return_value=host):
            return self.call(["calibrate", *places, *words])

    def test_equal_programs_pass_and_slow_ones_are_found(self) -> None:
        output = self.calibrate("--gates", "2", "--powered", "1", "--slowdowns", "30")
        self.assertEqual(output.status, 0, output.stderr)
        rows = output.stdout.splitlines()
        self.assertRegex(rows[1], r"^none +- +- +0 of 2 = 0\.0 % \[0\.0, 84\.2\]")
        self.assertRegex(rows[2], r"^30 % +1 of 1 = 100\.0 % \[2\.5, 100\.0\] +\+\d+\.\d % +0 of 1")
        rates = json.loads((self.out / "error-rates.json").read_text())
        self.assertEqual([list(rate["cells"]) for rate in rates["rates"]], [[], [CELL]])
        self.assertEqual([rate["kind"] for rate in rates["rates"]], ["none", "spin"])
        self.assertEqual(error_rates.load(self.folder / "host", "f"), rates)
        self.assertIsNone(error_rates.load(self.folder / "host", "g"))
        self.assertIn("2.5, 100.0", error_rates.parse(rates).words[1])
        found = json.loads((self.folder / "host" / "noise.json").read_text())
        self.assertEqual((found["fingerprint"], found["pairs"]), ("f", 8))
        self.assertGreaterEqual(found["cells"][CELL]["floor_percent"], 1.0)
        self.assertEqual(len(list(self.out.glob("gate-*/SHA256SUMS"))), 3)

    def test_a_target_that_is_not_there_is_refused(self) -> None:
        words = ["--gates", "1", "--powered", "1", "--target"]
        self.assertEqual(self.calibrate(*words, "no such cell").status, 2)
        self.assertEqual(self.calibrate("--slowdowns", "fast").status, 2)

    def test_simulated_gates_cost_no_machine_time(self) -> None:
        output = self.calibrate("--simulate", "--gates", "20", "--powered", "2")
        self.assertEqual(output.status, 0)
        names = [line.split("  ")[0] for line in output.stdout.splitlines()]
        self.assertEqual(names, ["slowdown", "none", "2 %", "5 %", "10 %", "20 %"])
        self.assertIn("of 20 = ", output.stdout)
        self.assertFalse(self.out.exists())
        self.assertEqual(self.calibrate("--simulate", "--spread", "0").status, 2)
