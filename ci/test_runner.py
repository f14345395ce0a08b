"""The runner counts what passed, loses no failure and leaves no process behind."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner import Counts, Failed, Shell, Skip, Step, run_steps


def said(output: io.StringIO) -> list[str]:
    return output.getvalue().splitlines()


class Runner(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        self.shell = Shell(self.top, self.top / "log")
        self.shell.log.touch()

    def run_quietly(self, *steps: Step) -> tuple[Counts, list[str], list[str]]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            counts = run_steps(steps, self.top, self.top / "logs")
        return counts, said(out), said(err)

    def test_counts_add_up_over_steps(self) -> None:
        def skip(_: Shell) -> Counts:
            raise Skip("no such tool")

        def fail(_: Shell) -> Counts:
            raise Failed("a fault")

        counts, out, _ = self.run_quietly(
            Step("one", "?", lambda _: Counts()),
            Step("many", "?", lambda _: Counts(5, 2, 1)),
            Step("none", "?", skip),
            Step("bad", "?", fail),
        )
        self.assertEqual(str(counts), "6 passed, 3 failed, 2 skipped")
        self.assertTrue(any("skipped" in line and "no such tool" in line for line in out))
        self.assertTrue(any("FAILED" in line and "a fault" in line for line in out))

    def test_skipped_is_not_said_when_nothing_was(self) -> None:
        self.assertEqual(str(Counts(3, 0)), "3 passed, 0 failed")

    def test_a_step_after_a_failed_one_still_runs(self) -> None:
        ran: list[str] = []

        def fail(_: Shell) -> Counts:
            raise Failed("a fault")

        def note(_: Shell) -> Counts:
            ran.append("second")
            return Counts()

        self.run_quietly(Step("first", "?", fail), Step("second", "?", note))
        self.assertEqual(ran, ["second"])

    def test_a_failed_step_shows_its_log(self) -> None:
        def fail(shell: Shell) -> Counts:
            shell.run(sys.executable, "-c", "print('the reason'); raise SystemExit(3)")
            return Counts()

        counts, out, err = self.run_quietly(Step("bad", "?", fail))
        self.assertEqual(counts.failed, 1)
        self.assertIn("the reason", err)
        self.assertTrue(any("status 3" in line for line in out))

    def test_attempt_returns_what_was_said_and_the_status(self) -> None:
        program = "import sys; print('a'); print('b', file=sys.stderr); sys.exit(4)"
        output, status = self.shell.attempt(sys.executable, "-u", "-c", program)
        self.assertEqual((output, status), ("a\nb\n", 4))

    def test_output_that_is_no_text_is_kept_as_well_as_it_goes(self) -> None:
        output = self.shell.run(
            sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\xff\\n')"
        )
        self.assertEqual(output, "\ufffd\n")

    def test_a_command_that_is_not_there_fails_like_any_other(self) -> None:
        self.assertEqual(self.shell.attempt("no-such-command-anywhere"), ("", 127))
        with self.assertRaises(Failed):
            self.shell.run("no-such-command-anywhere")

    def test_a_broken_step_fails_and_the_next_one_runs(self) -> None:
        def broken(_: Shell) -> Counts:
            raise ValueError("a fault of the step")

        counts, _, err = self.run_quietly(
            Step("broken", "?", broken), Step("next", "?", lambda _: Counts())
        )
        self.assertEqual(counts, Counts(1, 1))
        self.assertIn("ValueError: a fault of the step", err)

    def test_commands_at_once_keep_their_output_apart(self) -> None:
        def count(word: str) -> str:
            return self.shell.run("sh", "-c", f"for i in 1 2 3 4 5; do echo {word}; done")

        words = [f"w{number}" for number in range(8)]
        with ThreadPoolExecutor(4) as pool:
            outputs = list(pool.map(count, words))
        self.assertEqual(outputs, [f"{word}\n" * 5 for word in words])
        log = self.shell.log.read_text(encoding="utf-8").splitlines()
        for word in words:
            self.assertEqual(log.count(word), 5)

    def test_a_command_that_hangs_is_stopped_with_its_children(self) -> None:
        with self.assertRaises(Failed):
            self.shell.run("sh", "-c", "sleep 600 & echo $!; wait", timeout_s=2)
        child = int(self.shell.log.read_text(encoding="utf-8").splitlines()[-1])
        deadline = time.monotonic() + 30
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(alive(child))


def alive(process: int) -> bool:
    """A killed child whose new parent has not looked yet is a zombie, which is dead enough."""
    try:
        line = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return line.rsplit(")", 1)[1].split()[0] != "Z"


if __name__ == "__main__":
    unittest.main()
