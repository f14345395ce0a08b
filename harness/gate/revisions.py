"""The revisions that a gate compares: commits, and the work tree as it is.

The work tree becomes a commit that nothing refers to, through an index of its own: the user's
index, stash and branches stay as they are, and git itself removes the commit in time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InputError

WORK_TREE = "."
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "gate"), ("EMAIL", "gate@localhost"))
}
_SUBMODULE = "160000"


@dataclass(frozen=True)
class Revision:
    """What is checked out, and what it is called."""

    commit: str
    name: str


def git(root: Path, *words: str, **variables: str) -> str:
    """What a git command prints. Raises InputError with git's own words."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            errors="replace",
            env=os.environ | variables,
            check=False,
        )
    except OSError as error:
        raise InputError(f"git: {error.strerror}") from error
    if done.returncode != 0:
        raise InputError(f"git {words[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()


def find(root: Path, name: str) -> Revision:
    """The revision of that name; `WORK_TREE` is no commit's. Raises InputError."""
    if name == WORK_TREE:
        return _snapshot(root)
    commit = git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return Revision(commit, commit)


def _snapshot(root: Path) -> Revision:
    """The tracked files as they are, and the others that git does not ignore."""
    head = find(root, "HEAD")
    git(root, "rev-parse", "--show-toplevel")  # says so where there is no work tree
    with tempfile.TemporaryDirectory(prefix="gate-index-") as scratch:
        index = {"GIT_INDEX_FILE": f"{scratch}/index"}
        own = root / git(root, "rev-parse", "--git-path", "index")
        if own.is_file():
            # With its times: by them git knows which files may have changed since.
            shutil.copy2(own, index["GIT_INDEX_FILE"])
        git(root, "add", "--all", ":/", **index)
        _refuse_submodules(root, index)
        tree = git(root, "write-tree", **index)
    if tree == git(root, "rev-parse", f"{head.commit}^{{tree}}"):
        return head
    words = ("commit-tree", tree, "-p", head.commit, "-m", "The work tree as it is")
    return Revision(git(root, *words, **_IDENTITY), f"{head.commit} with uncommitted changes")


def _refuse_submodules(root: Path, index: dict[str, str]) -> None:
    """A repository inside of this one would be an empty folder in the snapshot."""
    for entry in git(root, "ls-files", "--stage", "-z", ":/", **index).split("\0"):
        if entry.startswith(_SUBMODULE):
            _, _, path = entry.partition("\t")
            raise InputError(
                f"{path}: is a repository of its own, whose files a snapshot of the work tree"
                " would lack: move it, or have git ignore it"
            )
