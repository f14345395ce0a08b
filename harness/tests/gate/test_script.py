"""What a machine calls is what a person types: ci/gate.sh, with options that it knows."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unittest
from contextlib import redirect_stdout
from pathlib import Path

from harness.cli import ROOT, main

SCRIPT = ROOT / "ci" / "gate.sh"
WORKFLOWS = ("github_gate.yml", "gitlab_gate.yml")


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *words],
        env={"PATH": "/usr/bin:/bin", "WEFT_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class ScriptTest(unittest.TestCase):
    def test_help_names_every_status(self) -> None:
        found = call("--help")
        self.assertEqual(found.returncode, 0)
        for status in (0, 1, 2, 3, 4, 5, 70, 124, 130):
            self.assertRegex(found.stdout, rf"\b{status}\s\w")

    def test_the_gate_s_status_is_the_script_s(self) -> None:
        found = call("--base", "no-such-revision")
        self.assertEqual((found.returncode, found.stdout), (2, ""))
        self.assertIn("git rev-parse", found.stderr)

    def test_without_a_base_there_is_no_gate(self) -> None:
        self.assertEqual(call("--head", "HEAD").returncode, 2)

    def test_the_workflows_call_it_with_options_that_it_has(self) -> None:
        offered = set(re.findall(r"--[\w-]+", help_of("gate")))
        for name in WORKFLOWS:
            text = Path(ROOT, "ci", name).read_text()
            (line,) = re.findall(r"ci/gate\.sh --.*", text)
            options = set(re.findall(r"--[\w-]+", line))
            self.assertLessEqual({"--base", "--head", "--time-budget", "--out"}, options)
            self.assertLessEqual(options, offered, name)

    def test_the_script_s_help_has_options_that_the_verb_has(self) -> None:
        options = set(re.findall(r"--[\w-]+", call("--help").stdout))
        self.assertLessEqual(options, set(re.findall(r"--[\w-]+", help_of("gate"))))


def help_of(verb: str) -> str:
    """The text of a verb's --help."""
    text = io.StringIO()
    with redirect_stdout(text):
        try:
            main([verb, "--help"])
        except SystemExit:
            pass
    return text.getvalue()
