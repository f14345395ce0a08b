"""A slowdown is one: a program is stopped or told its share, ends as it would, leaves nothing."""

from __future__ import annotations

import signal
import tempfile
import unittest
from pathlib import Path

from harness import process
from harness.gate import flow, sides, stops
from harness.tests.bed import PYTHON

SCRIPT = str(Path(stops.__file__))

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


def stopped(seconds: str, code: str) -> process.Finished:
    return process.run([*PYTHON, SCRIPT, seconds, *PYTHON, "-c", code], 30.0)


class StopsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        process.become_reaper()

    def tearDown(self) -> None:
        self.assertEqual(process.children(), set())

    def test_a_program_is_stopped_now_and_then(self) -> None:
        self.assertGreater(float(stopped("0.1", GAPS).stdout), 0.05)

    def test_its_streams_and_its_end_are_the_program_s(self) -> None:
        found = stopped("0.01", "import sys; print('out'); sys.exit(7)")
        self.assertEqual((found.stdout, found.exit_status), (b"out\n", 7))
        found = stopped("0.01", "import os; os.kill(os.getpid(), 11)")
        self.assertEqual(found.signal, signal.SIGSEGV)

    def test_a_program_that_is_not_there_is_no_success(self) -> None:
        found = process.run([*PYTHON, SCRIPT, "0.1", "/nonexistent"], 30.0)
        self.assertEqual(found.exit_status, 127)

    def test_a_limit_ends_both(self) -> None:
        words = [*PYTHON, SCRIPT, "0.1", *PYTHON, "-c", "import time; time.sleep(600)"]
        found = process.run(words, 1.0)
        self.assertTrue(found.timed_out)


class SteadyTest(unittest.TestCase):
    def slowed(self, *words: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "script")
            script.write_text(sides.slower("steady", 0.075, words[0]))
            return process.run(["/bin/sh", str(script), *words[1:]], 30.0, padding=1000).stdout

    def test_a_program_is_told_its_share_and_gets_its_words(self) -> None:
        code = 'echo "$SUITE_SLOWDOWN" "$@"'
        self.assertEqual(self.slowed("/bin/sh", "-c", code, "0", "a b"), b"0.075000 a b\n")

    def test_the_environment_stays_as_large(self) -> None:
        words = ["/bin/cat", "/proc/self/environ"]
        plain = process.run(words, 30.0, padding=1000).stdout
        self.assertEqual(len(self.slowed(*words)), len(plain))


class CanaryTest(unittest.TestCase):
    def test_both_print_a_positive_number(self) -> None:
        for name in ("spin", "wake"):
            found = process.run([*flow._CANARY, name], 60.0)
            self.assertGreater(float(found.stdout), 0.0)
