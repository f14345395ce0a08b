"""A harness that is killed at any point and resumed has every finished run exactly once.

WEFT_KILL_POINTS says how many points are drawn (12), WEFT_KILL_SEED which ones (1). A point is a
call that one of the modules below makes, so a seed draws the same ones each time, those between a
write and its sync among them; a line that is torn within a write is test_store.py's.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Any, Sequence

from harness import campaign, process, session, store
from harness.cli import main
from harness.tests.bed import PYTHON, Bed

_POINTS = int(os.environ.get("WEFT_KILL_POINTS", "12"))
_SEED = int(os.environ.get("WEFT_KILL_SEED", "1"))
_MODULES = frozenset(module.__file__ for module in (campaign, process, session, store))


class _Countdown:
    """A profile function that kills its process at the n-th call that the modules make."""

    def __init__(self, point: int | None) -> None:
        self.calls = 0
        self._point = point

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename in _MODULES:
            self.calls += 1
            if self.calls == self._point:
                os.kill(os.getpid(), signal.SIGKILL)


class KilledTest(Bed):
    def setUp(self) -> None:
        super().setUp()
        # This process may be a reaper: what a killed harness leaves becomes its own child.
        self.addCleanup(process.kill_orphans, process.children())

    def harness(self, words: Sequence[str], point: int | None) -> int:
        """The harness in a fork of this process, killed at a point; as subprocess's returncode."""
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                with open(self.folder / "words", "w") as said:
                    os.dup2(said.fileno(), 1)
                    os.dup2(said.fileno(), 2)
                    sys.stdout = sys.stderr = said
                    countdown = _Countdown(point)
                    sys.setprofile(countdown)
                    status = main(words)
                    sys.setprofile(None)
                (self.folder / "calls").write_text(str(countdown.calls))
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)

    def said(self) -> str:
        return (self.folder / "words").read_text()

    def recorded(self) -> bytes:
        """The whole lines of the run's file, which whatever comes later has to keep."""
        path = self.out / "raw" / "runs.jsonl"
        data = path.read_bytes() if path.exists() else b""
        return data[: data.rfind(b"\n") + 1]

    def check_complete(self, total: int) -> None:
        self.assertEqual(
            [json.loads(x)["run"] for x in self.recorded().splitlines()], [*range(total)]
        )
        words = ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"]
        sums = subprocess.run(words, cwd=self.out, capture_output=True, text=True)
        self.assertEqual((sums.returncode, sums.stderr), (0, ""))
        self.assertEqual(list(self.out.rglob(".*.new")), [])

    def begin_or_resume(self, number: int) -> list[str]:
        """Goes on in the folder at hand, or takes a new one where that is complete or hopeless."""
        if (self.out / "plan.jsonl").exists() and not (self.out / "SHA256SUMS").exists():
            return ["run", "--resume", str(self.out), "--no-report"]
        if (self.out / "manifest.json").exists() and not (self.out / "plan.jsonl").exists():
            self.assertEqual(self.recorded(), b"")
        self.out = self.folder / f"out-{number}"
        return self.words("--rounds", "3")

    def test_every_finished_run_is_there_exactly_once(self) -> None:
        self.add_spec(sizes="[8, 128]", run="operations = 1")
        for name in ("weft", "other"):
            self.add_fast_contender(name)
        total = 3 * 2 * 2
        self.assertEqual(self.harness(self.words("--rounds", "3"), None), 0, self.said())
        calls = int((self.folder / "calls").read_text())
        draw = random.Random(_SEED)
        kills = number = 0
        while kills < _POINTS:
            number += 1
            words = self.begin_or_resume(number)
            before, point = self.recorded(), draw.randrange(1, calls)
            status = self.harness(words, point)
            with self.subTest(seed=_SEED, number=number, point=point, words=words[:2]):
                self.assertIn(status, (0, -signal.SIGKILL), self.said())
                self.assertTrue(self.recorded().startswith(before), "a recorded run was lost")
                if status == 0:
                    self.check_complete(total)
            kills += status == -signal.SIGKILL
        if (self.out / "plan.jsonl").exists():
            words = ["run", "--resume", str(self.out), "--no-report"]
            self.assertEqual(self.harness(words, None), 0, self.said())
            self.check_complete(total)

    def test_the_contender_dies_with_the_harness(self) -> None:
        self.add_spec(run="operations = 1\ntime_limit_s = 60")
        self.add_contender("late", "hang_when_measured")
        harness = self.spawn(self.words("--rounds", "1"))
        self.await_running(harness, "run", "--repetitions", "3")
        harness.kill()
        harness.communicate()
        deadline = time.monotonic() + 120
        while self.running():
            self.assertLess(time.monotonic(), deadline, "the contender outlived the harness")
            time.sleep(0.01)

    def test_a_contender_does_not_begin_once_its_harness_is_dead(self) -> None:
        """Killed between the fork and the wish to die with it, which then comes too late."""
        process.become_reaper()
        before, begun = process.children(), self.folder / "begun"
        harness = os.fork()
        if harness == 0:
            prctl, own = process._LIBC.prctl, os.getpid()

            def late(*words: int) -> None:
                os.kill(own, signal.SIGKILL)
                while os.getppid() == own:
                    time.sleep(0.001)
                prctl(*words)

            setattr(process._LIBC, "prctl", late)
            try:
                process.start([*PYTHON, "-c", f"open({str(begun)!r}, 'w')"], None)
            finally:
                os._exit(1)
        os.waitpid(harness, 0)
        for orphan in process.children() - before:
            os.waitpid(orphan, 0)
        self.assertFalse(begun.exists())
