"""Runs named steps one after the other, times them, and counts what passed.

A step is a function that runs commands through its `Shell` and says by its `Counts` how many tests
were in it; an exception of `Shell` makes it failed, `Skip` skipped. Nothing is passed over in
silence: the last line has the counts, and every skipped step its reason.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LOG_LINES_SHOWN = 400
NOT_FOUND = 127


class Skip(Exception):
    """The step cannot be done here; the argument says why."""


class Failed(Exception):
    """The step found a fault; the argument says which."""


@dataclass(frozen=True)
class Counts:
    """Tests in a step. A step that is one test is `Counts()`."""

    passed: int = 1
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        words = f"{self.passed} passed, {self.failed} failed"
        return f"{words}, {self.skipped} skipped" if self.skipped else words


NOTHING = Counts(passed=0)


@dataclass(frozen=True)
class Shell:
    """Runs a step's commands in the repository's top folder, their words kept in the step's log."""

    top: Path
    log: Path

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 1200,
    ) -> str:
        """Runs a command to its end and returns what it said; `Failed` when it did not end well."""
        output, status = self.attempt(*command, cwd=cwd, env=env, timeout_s=timeout_s)
        if status != 0:
            raise Failed(f"{Path(command[0]).name} ended with status {status}")
        return output

    def attempt(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 1200,
    ) -> tuple[str, int]:
        """As `run`, for a caller that judges the status itself."""
        words = [str(word) for word in command]
        self.note("$ " + " ".join(words))
        # A file of its own, because steps may run several commands at once.
        with tempfile.TemporaryFile() as said:
            try:
                status = _run_in_group(words, said, cwd or self.top, env or {}, timeout_s)
            except FileNotFoundError as error:
                self.note(str(error))
                status = NOT_FOUND
            finally:
                said.seek(0)
                output = said.read().decode(errors="replace")
                self.note(output)
        return output, status

    def note(self, words: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(words.rstrip("\n") + "\n")


def _run_in_group(
    words: Sequence[str], said: IO[bytes], cwd: Path, env: Mapping[str, str], timeout_s: float
) -> int:
    """Runs a command in a process group, so that nothing of one that is stopped lives on."""
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(timeout_s)
    except BaseException as stopped:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(stopped, subprocess.TimeoutExpired):
            raise Failed(f"{words[0]} did not end within {timeout_s:.0f} s") from stopped
        raise


@dataclass(frozen=True)
class Step:
    name: str
    question: str
    run: Callable[[Shell], Counts]


def run_steps(steps: Sequence[Step], top: Path, logs: Path) -> Counts:
    """Runs every step, whatever the ones before it found; prints a line for each."""
    logs.mkdir(parents=True, exist_ok=True)
    total = NOTHING
    for step in steps:
        shell = Shell(top, logs / f"{step.name}.log")
        shell.log.write_text("", encoding="utf-8")
        total += run_step(step, shell)
    return total


def run_step(step: Step, shell: Shell) -> Counts:
    print(f"== {step.name}: {step.question}", flush=True)
    began = time.monotonic()
    reason = ""
    try:
        counts = step.run(shell)
    except Skip as skip:
        counts, reason = Counts(passed=0, skipped=1), str(skip)
    except Failed as fault:
        counts, reason = Counts(passed=0, failed=1), str(fault)
    except Exception as error:
        # One broken step must not hide what the others would find.
        shell.note(traceback.format_exc())
        counts, reason = Counts(passed=0, failed=1), f"the step itself is broken: {error!r}"
    if counts.failed:
        show_log(shell.log)
    verdict = "FAILED" if counts.failed else "skipped" if not counts.passed else "ok"
    words = f": {reason}" if reason else f" ({counts})"
    print(f"   {verdict} in {time.monotonic() - began:.1f} s{words}", flush=True)
    return counts


def show_log(log: Path) -> None:
    """The log's end on stderr, where a reader of a failed run looks first."""
    lines = log.read_text(encoding="utf-8").splitlines()
    if len(lines) > LOG_LINES_SHOWN:
        print(f"   ... the whole log is {log}", file=sys.stderr)
    print("\n".join(lines[-LOG_LINES_SHOWN:]), file=sys.stderr, flush=True)
