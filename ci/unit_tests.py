"""The Python tests: a process for each file, several at once, since they wait for programs."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from runner import NOTHING, Counts, Failed, Shell

AT_ONCE = 2 * len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Outcome:
    """What a file's process said, after the command that began it, and how it ended."""

    said: str
    output: str
    status: int


def run(shell: Shell) -> Counts:
    """The step. What failed stands at the end of the log, of which a person sees the end."""
    harness, ci = shell.top / "harness", shell.top / "ci"
    tests = [*harness.rglob("test_*.py"), *ci.glob("test_*.py")]
    # The longest first: a file that nobody timed is as long as its text.
    tests.sort(key=lambda path: -path.stat().st_size)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda path: outcome(shell.top, path), tests))
    for each in sorted(outcomes, key=lambda each: each.status != 0):
        shell.note(each.said)
    return sum((counts(each.output, each.status) for each in outcomes), NOTHING)


def outcome(top: Path, path: Path) -> Outcome:
    """Runs a file's tests. The folder ci/ is no package, the harness is one."""
    folder = path.parent if path.parent == top / "ci" else top
    module = ".".join(path.relative_to(folder).with_suffix("").parts)
    with tempfile.TemporaryDirectory() as scratch:
        own = Shell(folder, Path(scratch, "log"))
        output, status = own.attempt(sys.executable, "-m", "unittest", module)
        return Outcome(own.log.read_text(encoding="utf-8"), output, status)


def counts(output: str, status: int) -> Counts:
    """What unittest's last lines say. Raises `Failed` where they and the status disagree."""
    ran = re.search(r"^Ran (\d+) tests?", output, re.MULTILINE)
    if ran is None or int(ran[1]) == 0:
        raise Failed("no test was run")
    verdict = output.strip().splitlines()[-1]
    numbers = {word: int(number) for word, number in re.findall(r"(\w+)=(\d+)", verdict)}
    failed = numbers.get("failures", 0) + numbers.get("errors", 0)
    if status != 0 and not failed:
        raise Failed(f"unittest ended with status {status}")
    skipped = numbers.get("skipped", 0)
    return Counts(int(ran[1]) - failed - skipped, failed, skipped)
