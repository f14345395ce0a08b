"""The steps read the tools' own reports right, and miss no missing tool."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import steps
from runner import Counts, Failed, Shell, Skip


class Reports(unittest.TestCase):
    def test_the_counts_of_ctest(self) -> None:
        text = '<testsuite tests="10" failures="2" skipped="1" disabled="1"></testsuite>'
        self.assertEqual(steps.junit_counts(text), Counts(6, 2, 2))


class Sources(unittest.TestCase):
    def test_the_library_s_files_are_read_from_its_cmake_file(self) -> None:
        text = "add_library(weft\n    src/a.cpp\n    src/b.cpp)\nadd_library(weft::weft ALIAS weft)"
        self.assertEqual(steps.library_sources(text), ["src/a.cpp", "src/b.cpp"])
        with self.assertRaises(Failed):
            steps.library_sources("")


class BuildFolders(unittest.TestCase):
    def configuration(self, settings: str | None) -> str:
        """What CMake is told for a folder with these settings, or for a fresh one."""
        with tempfile.TemporaryDirectory() as scratch:
            top = Path(scratch)
            if settings is not None:
                folder = top / "build" / "release"
                folder.mkdir(parents=True)
                (folder / "CMakeCache.txt").write_text(settings, encoding="utf-8")
            with mock.patch.object(Shell, "run") as run:
                steps.configure(Shell(top, top / "log"), "release")
            return " ".join(run.call_args.args)

    def test_a_launcher_comes_to_no_folder_that_was_made_without(self) -> None:
        without = self.configuration("CMAKE_BUILD_TYPE:STRING=Release")
        self.assertEqual(without, "cmake --preset release -DCMAKE_CXX_COMPILER_LAUNCHER=")
        for settings in (None, "CMAKE_CXX_COMPILER_LAUNCHER:STRING=ccache"):
            self.assertEqual(self.configuration(settings), "cmake --preset release")


class Tools(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        self.shell = Shell(self.top, self.top / "log")
        self.shell.log.touch()

    def test_nginx_is_required_where_bootstrap_installs_it(self) -> None:
        absent = mock.patch("shutil.which", return_value=None)
        for in_ci, services, outcome in (
            (True, "none", Failed),
            (True, ".", Skip),
            (False, "none", Skip),
        ):
            where = mock.patch.multiple(steps, IN_CI=in_ci, SERVICES_START=self.top / services)
            with absent, where, self.assertRaises(outcome):
                steps.other_server(self.shell)

    def pretend_tool(self, version: str) -> str:
        path = self.top / "pretend"
        path.write_text(f"#!/bin/sh\necho pretend {version}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def test_a_missing_tool_is_skipped_by_a_developer_and_failed_in_ci(self) -> None:
        with mock.patch.object(steps, "IN_CI", False), self.assertRaises(Skip):
            steps.tool("no-such-tool-anywhere")
        with mock.patch.object(steps, "IN_CI", True), self.assertRaises(Failed):
            steps.tool("no-such-tool-anywhere")

    def test_another_version_of_a_tool_is_not_used(self) -> None:
        for version, usable in (("14.0.6", True), ("19.1.7", False), ("", False)):
            path = self.pretend_tool(version)
            with (
                mock.patch("shutil.which", lambda _, path=path: path),
                mock.patch.dict(steps.REFERENCE, {"pretend": "14."}),
            ):
                if usable:
                    self.assertEqual(steps.reference_tool(self.shell, "pretend"), path)
                else:
                    with self.assertRaises(Skip):
                        steps.reference_tool(self.shell, "pretend")

    def test_generated_files_are_not_looked_at(self) -> None:
        for folder in ("runtime", "build/release"):
            (self.top / folder).mkdir(parents=True)
            (self.top / folder / "a.cpp").touch()
        self.assertEqual(steps.files(self.top, ".cpp"), [self.top / "runtime" / "a.cpp"])

    def test_without_history_nothing_is_guessed(self) -> None:
        with mock.patch.object(Shell, "attempt", lambda *_, **__: ("", 128)):
            with self.assertRaises(Skip):
                steps.changed(self.shell, [self.top / "a.cpp"])

    def test_a_changed_header_brings_its_source(self) -> None:
        def answer(_: Shell, *command: str, **__: object) -> tuple[str, int]:
            answers = {"merge-base": "abc\n", "diff": "a.hpp\n", "ls-files": "c.cpp\n"}
            return answers[command[1]], 0

        sources = [self.top / name for name in ("a.cpp", "b.cpp", "c.cpp")]
        with mock.patch.object(Shell, "attempt", answer):
            self.assertEqual(steps.changed(self.shell, sources), [sources[0], sources[2]])


if __name__ == "__main__":
    unittest.main()
