"""A test bed: a folder of specs and a build folder whose contenders are stand-ins."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, ClassVar, Mapping, Sequence
from unittest import mock

from harness import settling, sums
from harness.cli import ROOT, main
from harness.disturbance import Around
from harness.tests.stand_in import describe, list_entries

STAND_IN = Path(__file__).parent / "stand_in.py"
FAST_STAND_IN = Path(__file__).parent / "fast_stand_in.sh"
PYTHON = [sys.executable, "-I", "-S"]

SPEC = """
id = "{id}"
version = 1
title = "A title"
question = "A question?"
operation = "one operation"
stresses = "nothing"
check = "none"
metric = "real_time"
unit = "ns"
direction = "lower"
{head}
{parameters}
[sizes.quick]
workers = [1]
{sweep}
[sizes.standard]
workers = [1, "max"]
{sweep}
[sizes.full]
workers = [1, "max", "2max"]
{sweep}
[run]
{run}
"""


@dataclass(frozen=True)
class Output:
    """What one call of the harness left behind."""

    status: int
    stdout: str
    stderr: str


def spec_text(
    workload: str = "alpha/first",
    sizes: str | None = "[8]",
    run: str = 'operations = "calibrated"\noperations_min = 100\ntime_limit_s = 30',
    head: str = "",
) -> str:
    parameters = '[parameters.size]\ntitle = "size"' if sizes else ""
    sweep = f"size = {sizes}" if sizes else ""
    return SPEC.format(id=workload, head=head, parameters=parameters, sweep=sweep, run=run)


class Bed(unittest.TestCase):
    """A test with a bed of its own, which is gone afterwards."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="harness-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.suites = self.folder / "suites"
        self.build = self.folder / "build"
        self.out = self.folder / "out"
        (self.build / "contenders").mkdir(parents=True)
        # Whatever else this machine does, a test makes the runs that it says and does not wait.
        self.enter(mock.patch.object(settling, "LIMIT_S", 0.0))
        self.causes = self.enter(mock.patch.object(Around, "causes", return_value=[]))

    def enter(self, patch: Any) -> Any:
        """Puts something in the place of something else until the test ends."""
        self.addCleanup(patch.stop)
        return patch.start()

    def add_spec(self, workload: str = "alpha/first", **changes: Any) -> None:
        path = self.suites / f"{workload}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spec_text(workload, **changes))

    def add_contender(self, name: str, behaviour: str = "good") -> None:
        program = self.build / "contenders" / name
        words = " ".join([*PYTHON, str(STAND_IN), str(self.folder), name, behaviour])
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
        self.add_manifest(name, status="built", program=f"contenders/{name}")

    def add_fast_contender(self, name: str) -> None:
        """A good one for a test that makes very many runs."""
        for verb, answer in (
            ("describe", describe(name, "good")),
            ("list", list_entries(name, "good")),
        ):
            (self.folder / f"{name}.{verb}").write_text(json.dumps(answer) + "\n")
        program = self.build / "contenders" / name
        program.write_text(f'#!/bin/sh\nexec {FAST_STAND_IN} {self.folder} {name} "$@"\n')
        program.chmod(0o755)
        self.add_manifest(name, status="built", program=f"contenders/{name}")

    def add_manifest(self, name: str, **fields: Any) -> None:
        manifest = {"schema": "weft.contender/1", "name": name, "title": name.title(), **fields}
        (self.build / "contenders" / f"{name}.json").write_text(json.dumps(manifest))

    def words(self, *words: str) -> list[str]:
        """A `run` of this bed, as command line words."""
        bed = ["--suites", str(self.suites), "--build", str(self.build), "--out", str(self.out)]
        return ["run", "--quick", *bed, "--no-report", "--seed", "7", *words]

    def call(self, words: Sequence[str]) -> Output:
        """The harness in this process."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with redirect_stdout(stdout), redirect_stderr(stderr):
            try:
                status = main(words)
            except SystemExit as error:
                status = int(error.code or 0)
        return Output(status, stdout.getvalue(), stderr.getvalue())

    def spawn(self, words: Sequence[str]) -> subprocess.Popen[str]:
        """The harness in a process of its own, in a group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def runs(self) -> list[dict[str, Any]]:
        """The whole lines of the run's file, as they are, without the harness's own reader."""
        data = (self.out / "raw" / "runs.jsonl").read_bytes()
        return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]

    def plan(self) -> list[dict[str, Any]]:
        lines = (self.out / "plan.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def await_runs(self, number: int, limit_s: float = 120.0) -> None:
        """Waits until so many runs are recorded."""
        deadline = time.monotonic() + limit_s
        path = self.out / "raw" / "runs.jsonl"
        while not path.exists() or path.read_bytes().count(b"\n") < number:
            self.assertLess(time.monotonic(), deadline, f"{number} runs took too long")
            time.sleep(0.005)

    def await_running(self, harness: subprocess.Popen[str], *words: str) -> None:
        """Waits until the harness has started a stand-in with these words."""
        while not self.running(*words):
            self.assertIsNone(harness.poll(), "the harness ended before")
            time.sleep(0.05)  # a look through /proc takes time that the harness needs

    def running(self, *words: str) -> bool:
        """Whether a stand-in of this bed with these words on its command line is alive."""
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found = entry.read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if str(STAND_IN) in found and {str(self.folder), *words} <= set(found):
                return True
        return False


class RecordedBed(Bed):
    """A bed with a finished run in `out`, recorded once for the class; each test has a copy."""

    CONTENDERS: ClassVar[Mapping[str, str]] = {"weft": "good", "other": "good"}  # with behaviours
    ROUNDS: ClassVar[int] = 2
    STATUS: ClassVar[int] = 0  # of the session that records it
    recorded: ClassVar[Path | None] = None

    def setUp(self) -> None:
        super().setUp()
        self.add_spec()
        for name, behaviour in self.CONTENDERS.items():
            self.add_contender(name, behaviour)
        cls = type(self)
        if cls.recorded is None:
            output = self.call(self.words("--rounds", str(self.ROUNDS)))
            self.assertEqual(output.status, self.STATUS, output.stderr)
            cls.recorded = Path(tempfile.mkdtemp(prefix="harness-test-"))
            self.addClassCleanup(shutil.rmtree, cls.recorded)
            shutil.copytree(self.out, cls.recorded, dirs_exist_ok=True)
        else:
            shutil.copytree(cls.recorded, self.out)

    def change_runs(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Rewrites every recorded run after `change` has had it."""
        runs = self.runs()
        for run in runs:
            change(run)
        self.write_lines("raw/runs.jsonl", runs)

    def change_json(self, name: str, **values: Any) -> None:
        """Gives a document of the run other values at its top."""
        document = json.loads((self.out / name).read_text())
        (self.out / name).write_text(json.dumps({**document, **values}))

    def write_lines(self, name: str, documents: Sequence[Any]) -> None:
        text = "".join(json.dumps(document) + "\n" for document in documents)
        (self.out / name).write_text(text)

    def seal(self) -> None:
        """Makes the sums of what is there now, as if nobody had touched it."""
        (self.out / sums.NAME).write_text(sums.text(self.out))
