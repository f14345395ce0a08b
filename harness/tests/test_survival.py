"""What was recorded stays, whoever interrupts the harness, works beside it or fills its disk."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from harness import process
from harness.analysis import analyse
from harness.cli import ROOT
from harness.neighbour import Sign
from harness.tests.bed import Bed


class SurvivalTest(Bed):
    def setUp(self) -> None:
        super().setUp()
        # This process is a reaper too: what a killed harness leaves becomes its own child.
        self.addCleanup(process.kill_orphans, process.children())

    def prepare(self) -> int:
        """Three contenders, two groups; how many runs four rounds of them are."""
        self.add_spec(sizes="[8, 128]", run="operations = 1")
        for name in ("weft", "other", "third"):
            self.add_contender(name, "linger")
        return 2 * 3 * 4

    def resume(self) -> subprocess.CompletedProcess[str]:
        words = ["run", "--resume", str(self.out), "--no-report"]
        command = [sys.executable, "-m", "harness", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)

    def hanging(self) -> subprocess.Popen[str]:
        """A harness in the middle of a measured run that does not end by itself."""
        self.add_spec(run="operations = 1\ntime_limit_s = 60")
        self.add_contender("late", "hang_when_measured")
        harness = self.spawn(self.words("--rounds", "1"))
        self.await_running(harness, "run", "--repetitions", "3")
        return harness

    def test_interrupted_once_it_finishes_the_group_and_keeps_everything(self) -> None:
        total = self.prepare()
        harness = self.spawn(self.words("--rounds", "4"))
        self.await_runs(1)
        harness.send_signal(signal.SIGINT)
        stdout, stderr = harness.communicate(timeout=120)
        self.assertEqual((harness.returncode, stdout), (130, f"{self.out}\n"), stderr)
        runs = self.runs()
        self.assertLess(len(runs), total)
        self.assertEqual(len(runs) % 3, 0, "a group was left unfinished")
        analysis = analyse(self.out)
        self.assertTrue(analysis.interrupted)
        self.assertTrue(any("interrupted after" in warning for warning in analysis.warnings))
        resumed = self.resume()
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertEqual(sorted(r["run"] for r in self.runs()), list(range(total)))
        self.assertFalse(analyse(self.out).interrupted)

    def test_interrupted_twice_it_stops_at_once(self) -> None:
        harness = self.hanging()
        harness.send_signal(signal.SIGINT)
        assert harness.stderr is not None
        while "once more stops now" not in harness.stderr.readline():
            self.assertIsNone(harness.poll())
        harness.send_signal(signal.SIGINT)
        harness.communicate(timeout=120)
        self.assertEqual(harness.returncode, 130)
        self.assertEqual(self.runs(), [])
        self.assertFalse(self.running())

    def test_the_second_harness_on_the_same_folder_is_told(self) -> None:
        total = self.prepare()
        harness = self.spawn(self.words("--rounds", "4"))
        self.await_runs(1)
        second = self.resume()
        self.assertEqual(second.returncode, 2)
        self.assertIn("another harness is at work", second.stderr)
        harness.communicate(timeout=240)
        self.assertEqual(harness.returncode, 0)
        self.assertEqual(sorted(r["run"] for r in self.runs()), list(range(total)))

    def test_a_program_that_was_built_again_cannot_be_resumed(self) -> None:
        self.prepare()
        self.assertEqual(self.call(self.words("--rounds", "1")).status, 0)
        self.add_contender("other", "good")
        resumed = self.resume()
        self.assertEqual(resumed.returncode, 2)
        self.assertIn("the program of other was built again", resumed.stderr)

    def test_a_folder_that_is_in_use_is_not_overwritten(self) -> None:
        self.prepare()
        self.assertEqual(self.call(self.words("--rounds", "1")).status, 0)
        again = self.call(self.words("--rounds", "1"))
        self.assertEqual(again.status, 2)
        self.assertIn("is not empty", again.stderr)

    def test_stopped_by_a_program_it_stops_at_once(self) -> None:
        harness = self.hanging()
        harness.terminate()
        harness.communicate(timeout=120)
        self.assertEqual((harness.returncode, self.runs()), (130, []))
        self.assertFalse(self.running())

    def test_interrupted_before_there_is_a_plan_it_says_that_nothing_can_be_resumed(self) -> None:
        self.add_spec(run="operations = 1\ntime_limit_s = 60")
        self.add_contender("late", "hang")
        harness = self.spawn(self.words("--rounds", "1"))
        self.await_running(harness, "run", "--warmup", "0")
        harness.send_signal(signal.SIGINT)
        harness.send_signal(signal.SIGTERM)
        stdout, _ = harness.communicate(timeout=120)
        self.assertEqual((harness.returncode, stdout), (130, f"{self.out}\n"))
        found = analyse(self.out)
        self.assertEqual((found.interrupted, found.runs_planned), (True, 0))
        resumed = self.resume()
        self.assertEqual(resumed.returncode, 2)
        self.assertIn("ended before its plan was written: start a new run", resumed.stderr)

    def test_the_port_of_a_daemon_is_free_before_the_next_run(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        (self.folder / "port").write_text(str(port))
        self.add_spec(run="operations = 1")
        for name in ("first", "second"):
            self.add_contender(name, "port")
        output = self.call(self.words("--rounds", "2"))
        self.assertEqual(output.status, 0, output.stderr)
        self.assertEqual([(r["status"], r["left_behind"]) for r in self.runs()], 4 * [("ok", 1)])
        socket.create_server(("127.0.0.1", port)).close()


class NeighbourTest(Bed):
    def test_the_second_on_the_machine_is_told_who_the_first_is(self) -> None:
        name = f"harness-test-{os.getpid()}"
        with Sign(name) as first:
            self.assertIsNone(first.other)
            with Sign(name) as second:
                self.assertIn(f"another harness (process {os.getpid()})", second.other or "")
        with Sign(name) as third:
            self.assertIsNone(third.other)

    def test_a_run_beside_another_says_so_and_keeps_that_with_its_figures(self) -> None:
        self.add_spec(run="operations = 1")
        self.add_contender("weft")
        with Sign():  # or somebody else has it, which is the same to the run
            output = self.call(self.words("--rounds", "1"))
        self.assertEqual(output.status, 0)
        self.assertRegex(output.stderr, r"warning: another harness .* is measuring")
        self.assertTrue(any("another harness" in w for w in analyse(self.out).warnings))


def _mounted(folder: Path, size: str, *options: str) -> str | None:
    """A small disk in memory at a folder; why there is none, where there is none."""
    words = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "none"]
    try:
        done = subprocess.run([*words, str(folder)], capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip()


class FullDiskTest(Bed):
    def test_a_disk_that_fills_up_ends_the_run_and_a_larger_one_lets_it_go_on(self) -> None:
        self.out.mkdir()
        refused = _mounted(self.out, "96k")
        if refused is not None:
            self.skipTest(f"a small disk needs mount(8) and its rights: {refused}")
        self.addCleanup(lambda: subprocess.run(["umount", str(self.out)], check=True))
        self.add_spec(sizes="[8, 128]", run="operations = 1")
        for name in ("weft", "other"):
            self.add_fast_contender(name)
        full = self.call(self.words("--rounds", "20"))
        self.assertEqual((full.status, full.stdout), (70, ""))
        self.assertIn("the disk is full; what was recorded before is kept", full.stderr)
        recorded = (self.out / "raw" / "runs.jsonl").read_bytes()
        kept = recorded.count(b"\n")
        self.assertTrue(recorded.endswith(b"\n"), "a part of a line was left")
        self.assertIn(kept, range(1, 80))
        self.assertEqual(self.call(["run", "--resume", str(self.out)]).status, 70)
        self.assertIsNone(_mounted(self.out, "4m", "remount"))
        resumed = self.call(["run", "--resume", str(self.out), "--no-report"])
        self.assertEqual(resumed.status, 0, resumed.stderr)
        self.assertTrue((self.out / "raw" / "runs.jsonl").read_bytes().startswith(recorded))
        self.assertEqual([r["run"] for r in self.runs()], list(range(80)))
