"""A repository of its own for a test, with something in it that CMake builds at once."""

from __future__ import annotations

import shutil
import unittest
from pathlib import Path
from unittest import mock

from harness import cli
from harness.gate import revisions
from harness.gate.revisions import Revision
from harness.tests.gate.bed import GateBed

CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(tiny LANGUAGES NONE)
configure_file({source} contenders/{contender} COPYONLY)
{more}
add_custom_target(contender_{contender})
"""
PRESETS = """{"version": 4, "configurePresets": [
 {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/${presetName}"}],
 "buildPresets": [{"name": "release", "configurePreset": "release"}]}
"""


class Repository:
    """Files in a folder that git knows."""

    def __init__(self, root: Path) -> None:
        if shutil.which("git") is None:
            raise unittest.SkipTest("needs git")
        self.root = root
        root.mkdir()
        self.git("init", "--quiet")
        for key, value in (("name", "t"), ("email", "t@example.com")):
            self.git("config", f"user.{key}", value)

    def git(self, *words: str) -> str:
        return revisions.git(self.root, *words)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def write_build(self, contender: str, source: str, more: str = "") -> None:
        """What builds a contender by copying a file."""
        cmake = CMAKE.format(contender=contender, source=source, more=more)
        self.write("CMakeLists.txt", cmake)
        self.write("CMakePresets.json", PRESETS)

    def commit(self) -> Revision:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")
        return revisions.find(self.root, "HEAD")

    def worktrees(self) -> int:
        return len(self.git("worktree", "list").splitlines())


class RepositoryBed(GateBed):
    """A repository whose build is the stand-in; what it says of itself is in its source."""

    def setUp(self) -> None:
        super().setUp()
        self.repository = Repository(self.folder / "repository")
        built = self.folder / "base" / "contenders"
        self.write_build()
        self.repository.write("manifest.json", (built / "good.json").read_text())
        self.repository.write("good.sh", (built / "good").read_text())
        (self.repository.root / "good.sh").chmod(0o755)
        shutil.copytree(self.suites, self.repository.root / "suites")
        self.head = self.repository.commit()
        self.enter(mock.patch.object(cli, "ROOT", self.repository.root))

    def write_build(self, more: str = "") -> None:
        manifest = "configure_file(manifest.json contenders/good.json COPYONLY)\n"
        self.repository.write_build("good", "good.sh", manifest + more)

    def change(self, old: str, new: str) -> None:
        """The source in the work tree."""
        path = self.repository.root / "good.sh"
        path.write_text(path.read_text().replace(old, new))

    def places(self) -> list[str]:
        words = ["--config", str(self.config), "--out", str(self.out)]
        return [*words, "--work", str(self.folder / "work"), "--seed", "5"]
