"""The scripts refuse a wrong command line; bootstrap says what is missing before it acts."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


def run(script: str, *arguments: str, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [SCRIPTS / script, *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


class CommandLines(unittest.TestCase):
    def test_help_is_given(self) -> None:
        for script in ("bootstrap.sh", "run_all.sh", "test.sh"):
            status, out, _ = run(script, "--help")
            self.assertEqual(status, 0, script)
            self.assertTrue(out.startswith(f"usage: scripts/{script}"), script)

    def test_a_wrong_option_is_named(self) -> None:
        for script in ("bootstrap.sh", "run_all.sh", "test.sh"):
            status, _, err = run(script, "--no-such-option")
            self.assertEqual(status, 2, script)
            self.assertIn("--no-such-option", err, script)

    def test_an_option_without_its_value_is_refused(self) -> None:
        self.assertEqual(run("run_all.sh", "--out")[0], 2)
        self.assertEqual(run("test.sh", "--only")[0], 2)


class Missing(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.commands = Path(scratch.name)

    def give(self, name: str, program: str) -> None:
        """A stand-in for a command, found before the real one."""
        path = self.commands / name
        path.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        path.chmod(0o755)

    def bootstrap(self, *arguments: str, **variables: str) -> tuple[int, str]:
        path = f"{self.commands}:{os.environ['PATH']}"
        status, _, err = run("bootstrap.sh", *arguments, PATH=path, **variables)
        return status, err

    def test_what_is_required_is_listed_with_its_package(self) -> None:
        status, err = self.bootstrap("--no-install", CXX="false")
        self.assertEqual(status, 2)
        for words in ("C++20 compiler", "Boost.Fiber", "oneTBB", "g++", "libtbb-dev"):
            self.assertIn(words, err)

    def test_an_old_tool_counts_as_missing(self) -> None:
        self.give("cmake", "echo cmake version 3.18.4")
        status, err = self.bootstrap("--no-install")
        self.assertEqual(status, 2)
        self.assertIn("CMake 3.25", err)

    def test_what_is_missing_is_said_before_it_is_installed(self) -> None:
        self.give("cmake", "echo cmake version 3.18.4")
        for name in ("apt-get", "sudo"):
            self.give(name, 'echo "$0 $*"; [ "${0##*/}" = apt-get ] || "$@"')
        status, err = self.bootstrap()
        # The stand-in installs nothing, so that the second look finds the same again.
        self.assertEqual(status, 2)
        said, asked = err.index("installing with apt-get: cmake"), err.index("apt-get update")
        self.assertLess(said, asked)
        self.assertIn("install --yes --no-install-recommends cmake", err)

    def test_a_failing_package_manager_is_an_error(self) -> None:
        self.give("cmake", "echo cmake version 3.18.4")
        self.give("sudo", '"$@"')
        self.give("apt-get", "exit 100")
        self.assertEqual(self.bootstrap()[0], 1)


if __name__ == "__main__":
    unittest.main()
