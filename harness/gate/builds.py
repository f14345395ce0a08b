"""The programs that a gate measures: built in two work trees, or found in two build folders.

Every side's program is copied to a path of one length below one folder, so that neither the command
line nor the place on disk is a difference. The folder goes when the gate ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, Sequence

from harness import build as build_facts
from harness import contenders, spec
from harness.contenders import Candidate
from harness.errors import HarnessError
from harness.gate import programs
from harness.gate.revisions import Revision, git
from harness.progress import Progress
from harness.session import Bench
from harness.spec import Spec

_PRESET = "release"
_BUILD_LIMIT_S = 3600.0
_SLOW_DOWN = (sys.executable, "-I", "-S", str(Path(__file__).with_name("slow_down.py")))
SIDES = ("base", "head", "copy", "link", "slow", "hurt")  # of one length


class BuildError(HarnessError):
    """A revision cannot be built; nothing is said about its speed."""

    exit_status = 3


@dataclass(frozen=True)
class Tree:
    """A built revision: its sources, its build folder and its name."""

    root: Path
    build: Path
    suites: Path
    revision: str


@dataclass(frozen=True)
class Built:
    """A revision's contender and specs, ready to run."""

    tree: Tree
    candidate: Candidate
    specs: dict[str, Spec]
    digest: str | None
    settings: dict[str, str]


def _run(words: Sequence[str], root: Path, log: Path) -> None:
    with log.open("ab") as stream:
        try:
            done = subprocess.run(
                words,
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                timeout=_BUILD_LIMIT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BuildError(f"{' '.join(words)}: {error}") from error
    if done.returncode != 0:
        last = log.read_text(errors="replace").splitlines()[-12:]
        raise BuildError("\n".join([f"{' '.join(words)} in {root} failed:", *last]))


def check_out(root: Path, work: Path, side: str, revision: Revision) -> Tree:
    """A revision in a work tree of its own, not built yet."""
    tree = work / side
    git(root, "worktree", "add", "--detach", "--quiet", str(tree), revision.commit)
    return Tree(tree, tree / "build" / _PRESET, tree / "suites", revision.name)


def make(tree: Tree, target: str) -> None:
    """Builds a tree as it is measured. Raises BuildError."""
    log = tree.root.with_suffix(".log")
    _run(["cmake", "--preset", _PRESET], tree.root, log)
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(len(os.sched_getaffinity(0)))
    words = ["cmake", "--build", "--preset", _PRESET, "--parallel", jobs, "--target", target]
    _run(words, tree.root, log)


def build(
    root: Path, work: Path, side: str, revision: Revision, target: str, progress: Progress
) -> Tree:
    """A revision in a work tree of its own, built. Raises BuildError."""
    tree = check_out(root, work, side, revision)
    progress.say(f"building {side}, {revision.name}, in {tree.root}")
    make(tree, target)
    return tree


@contextmanager
def work_folder(beside: Path, root: Path, keep: bool) -> Iterator[Path]:
    """A folder for the trees and the programs; work trees in it are unknown to git afterwards."""
    beside.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="gate-", dir=beside))
    try:
        yield work
    finally:
        if not keep:
            shutil.rmtree(work, ignore_errors=True)
            # Two builds that were there already are compared without git.
            if (git := shutil.which("git")) is not None:
                words = [git, "-C", str(root), "worktree", "prune"]
                subprocess.run(words, capture_output=True, check=False)


def look_at(tree: Tree, contender: str) -> Built:
    """Asks a built contender what it can do."""
    (candidate,) = [
        c
        for c in contenders.load(tree.build, tree.root, [contender])
        if c.contender.name == contender
    ]
    specs = {s.workload.id: s for s in spec.load(tree.suites, tree.root)}
    digest = None
    if candidate.program is not None and candidate.program.is_file():
        digest = programs.digest(candidate.program, tree.root)
    return Built(tree, candidate, specs, digest, build_facts.settings(tree.build))


class Sides:
    """The programs of all sides below one folder, and the bench of each."""

    def __init__(self, work: Path, base: Built) -> None:
        self._work = work / "sides"
        self._base = base

    def path(self, side: str) -> Path:
        assert side in SIDES
        folder = self._work / side / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "contender"

    def add(self, side: str, built: Built) -> Bench:
        """A revision's own program, or base's once more."""
        if built.candidate.program is None:
            return self.bench(side, built)
        shutil.copy2(built.candidate.program, self.path(side))
        return self.bench(side, built)

    def add_slowed(self, side: str, kind: str, amount: float) -> Bench:
        """Base's program, stopped now and then; a later call replaces the earlier amount."""
        script = self.path(side)
        words = [*_SLOW_DOWN, kind, f"{amount:.6f}"]
        script.write_text(f'#!/bin/sh\nexec {" ".join(words)} {self.path("base")} "$@"\n')
        script.chmod(0o755)
        return self.bench(side, self._base)

    def add_relinked(self, target: str, seed: int) -> Bench | str:
        """Base linked in another order, or why that is not possible."""
        program = self._base.candidate.program
        if program is None:
            return "there is no program"
        problem = programs.relink(self._base.tree.build, target, program, self.path("link"), seed)
        return problem if problem is not None else self.bench("link", self._base)

    def bench(self, side: str, built: Built) -> Bench:
        """Services are base's for all sides: they are no part of what is compared."""
        program = None if built.candidate.program is None else self.path(side)
        candidate = replace(built.candidate, program=program)
        name = candidate.contender.name
        root = self.path(side).parent.parent
        return Bench(built.specs, {name: candidate}, self._base.tree.build, root)
