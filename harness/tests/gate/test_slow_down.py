"""The slowdown is one: a program is stopped for its share, ends as it would, and leaves nothing."""

from __future__ import annotations

import signal
import unittest
from pathlib import Path
from typing import Any

from harness import process
from harness.gate import flow, slow_down
from harness.tests.bed import PYTHON

# How long it was away from the clock: steps of a loop that takes no time are long where it stood.
GAPS = """
import time
end = time.thread_time() + 0.2
away, last = 0.0, time.monotonic()
while time.thread_time() < end:
    now = time.monotonic()
    if now - last > 0.001:
        away += now - last
    last = now
print(away)
"""


def slowed(kind: str, amount: str, code: str, **options: Any) -> process.Finished:
    script = str(Path(slow_down.__file__))
    return process.run([*PYTHON, script, kind, amount, *PYTHON, "-c", code], 30.0, **options)


class SlowDownTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        process.become_reaper()

    def tearDown(self) -> None:
        self.assertEqual(process.children(), set())

    def test_a_program_is_stopped_for_its_share(self) -> None:
        away_s = float(slowed("steady", "0.5", GAPS).stdout)
        # It ran for 0.2 s, on a machine that others may use: at least half of that on top.
        self.assertGreater(away_s, 0.08)

    def test_the_tail_is_stopped_now_and_then(self) -> None:
        self.assertGreater(float(slowed("tail", "0.1", GAPS).stdout), 0.05)

    def test_its_streams_and_its_end_are_the_program_s(self) -> None:
        found = slowed("steady", "0", "import sys; print('out'); sys.exit(7)")
        self.assertEqual((found.stdout, found.exit_status), (b"out\n", 7))
        found = slowed("steady", "0.1", "import os; os.kill(os.getpid(), 11)")
        self.assertEqual(found.signal, signal.SIGSEGV)

    def test_a_program_that_is_not_there_is_no_success(self) -> None:
        script = str(Path(slow_down.__file__))
        found = process.run([*PYTHON, script, "steady", "0.1", "/nonexistent"], 30.0)
        self.assertEqual(found.exit_status, 127)

    def test_a_limit_ends_both(self) -> None:
        script = str(Path(slow_down.__file__))
        words = [*PYTHON, script, "steady", "0.5", *PYTHON, "-c", "import time; time.sleep(600)"]
        found = process.run(words, 1.0)
        self.assertTrue(found.timed_out)


class CanaryTest(unittest.TestCase):
    def test_both_print_a_positive_number(self) -> None:
        for name in ("spin", "wake"):
            found = process.run([*flow._CANARY, name], 60.0)
            self.assertGreater(float(found.stdout), 0.0)
