"""The revisions that a gate measures: built in two work trees, or found in two build folders.

The work trees lie in one folder, which goes when the gate ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from harness import build as build_facts
from harness import contenders, spec
from harness.contenders import Candidate
from harness.errors import HarnessError
from harness.gate import programs
from harness.gate.revisions import Revision, git
from harness.progress import Progress
from harness.spec import Spec

_PRESET = "release"
_BUILD_LIMIT_S = 3600.0


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
