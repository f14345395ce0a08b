"""Every rule of the verdict, taken out, makes a test fail: the tests are tested here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from harness.cli import ROOT
from harness.replacement import Replacement

FILE = Path(__file__).with_name("rules.toml")
LIMIT_S = 120
# The tests of what is pure; the whole gate's take a hundred times as long.
TESTS = tuple(
    f"harness.tests.gate.test_{name}"
    for name in (
        *("arithmetic", "config", "decision", "evidence"),
        *("noise", "pairs", "standing", "verdicts"),
    )
)


@dataclass(frozen=True)
class Rule(Replacement):
    """A rule and what the code is without it."""

    name: str


def rules() -> list[Rule]:
    with FILE.open("rb") as file:
        found = tomllib.load(file)["rule"]
    return [Rule(**{**each, "file": f"harness/gate/{each['file']}"}) for each in found]


def tested(top: Path) -> subprocess.CompletedProcess[str]:
    """The verdict's tests in a copy of the harness, up to the first that fails."""
    words = [sys.executable, "-B", "-m", "unittest", "--failfast", *TESTS]
    environment = {**os.environ, "PYTHONPATH": str(top)}
    return subprocess.run(
        words, cwd=top, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )


class RuleTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="harness-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.workers = len(os.sched_getaffinity(0))
        self.copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(self.workers):
            top = self.folder / str(number)
            shutil.copytree(
                ROOT / "harness", top / "harness", ignore=shutil.ignore_patterns("__pycache__")
            )
            for name in ("ci", "suites"):
                (top / name).symlink_to(ROOT / name)
            self.copies.put(top)

    def unnoticed(self, rule: Rule) -> str | None:
        """What is wrong with the tests of a rule; None where they fail without it."""
        top = self.copies.get()
        try:
            with rule.made(top):
                done = tested(top)
        finally:
            self.copies.put(top)
        if done.returncode == 0:
            return f"{rule.name}: no test fails without it"
        broken = any(word in done.stderr for word in ("SyntaxError", "ImportError", "NameError"))
        return f"{rule.name}: the code does not run without it: {done.stderr}" if broken else None

    def test_without_any_of_the_rules_a_test_fails(self) -> None:
        top = self.copies.get()
        done = tested(top)
        self.copies.put(top)
        self.assertEqual(done.returncode, 0, done.stderr)
        with ThreadPoolExecutor(self.workers) as pool:
            found = pool.map(self.unnoticed, rules())
            self.assertEqual([words for words in found if words is not None], [])

    def test_no_two_have_one_name(self) -> None:
        names = [rule.name for rule in rules()]
        self.assertEqual(sorted(set(names)), sorted(names))
