"""Commits by their names, and the work tree, which is looked at and left alone."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from harness.errors import InputError
from harness.gate import revisions
from harness.tests.gate.repository import Repository


class RevisionTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="harness-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.repository = Repository(self.folder / "repository")
        self.repository.write(".gitignore", "ignored\n")
        self.repository.write("changed", "before")
        self.repository.write("gone", "gone")
        self.head = self.repository.commit()

    def find(self, name: str = revisions.WORK_TREE) -> revisions.Revision:
        return revisions.find(self.repository.root, name)

    def files(self, commit: str) -> set[str]:
        return set(self.repository.git("ls-tree", "-r", "--name-only", commit).split())

    def state(self) -> list[str]:
        """All of the repository that a user would miss."""
        git = self.repository.git
        index = (self.repository.root / ".git" / "index").read_bytes().hex()
        return [git("status", "--porcelain"), git("show-ref"), git("stash", "list"), index]

    def test_a_commit_is_called_by_its_full_name(self) -> None:
        self.assertEqual(self.find("HEAD"), self.head)
        self.assertEqual(self.head.name, self.head.commit)

    def test_a_commit_that_is_not_there_is_the_caller_s_mistake(self) -> None:
        with self.assertRaises(InputError):
            self.find("no-such-revision")

    def test_the_work_tree_is_what_git_would_add(self) -> None:
        self.repository.write("changed", "after")
        self.repository.write("fresh", "fresh")
        self.repository.write("ignored", "ignored")
        (self.repository.root / "gone").unlink()
        found = self.find()
        self.assertEqual(found.name, f"{self.head.commit} with uncommitted changes")
        self.assertEqual(
            self.files(found.commit), self.files(self.head.commit) - {"gone"} | {"fresh"}
        )
        self.assertEqual(self.repository.git("show", f"{found.commit}:changed"), "after")
        parent = self.repository.git("rev-parse", f"{found.commit}^")
        self.assertEqual(parent, self.head.commit)

    def test_what_is_staged_counts_as_it_is_in_the_work_tree(self) -> None:
        self.repository.write("changed", "staged")
        self.repository.write("removed", "")
        self.repository.git("add", "--all")
        self.repository.write("changed", "after")
        (self.repository.root / "removed").unlink()
        found = self.find()
        self.assertEqual(self.repository.git("show", f"{found.commit}:changed"), "after")
        self.assertNotIn("removed", self.files(found.commit))

    def test_neither_index_nor_stash_nor_branches_change(self) -> None:
        self.repository.write("changed", "staged")
        self.repository.write("fresh", "fresh")
        self.repository.git("add", "changed")
        self.repository.write("changed", "after")
        before = self.state()
        self.find()
        self.assertEqual(self.state(), before)

    def test_a_work_tree_without_changes_is_its_commit(self) -> None:
        self.repository.write("ignored", "ignored")
        (self.repository.root / "changed").touch()
        self.assertEqual(self.find(), self.head)

    def test_nobody_has_to_have_told_git_who_he_is(self) -> None:
        self.repository.git("config", "--unset", "user.name")
        self.repository.git("config", "--unset", "user.email")
        self.repository.git("config", "user.useConfigOnly", "true")
        self.repository.write("changed", "after")
        nobody = {"HOME": str(self.folder), "GIT_CONFIG_GLOBAL": "/dev/null"}
        with mock.patch.dict("os.environ", nobody):
            self.assertNotEqual(self.find().commit, self.head.commit)

    def test_a_repository_inside_is_refused_unless_it_is_ignored(self) -> None:
        inside = Repository(self.repository.root / "inside")
        inside.write("file", "text")
        inside.commit()
        with self.assertRaisesRegex(InputError, "^inside: is a repository of its own"):
            self.find()
        self.repository.write(".gitignore", "inside\n")
        self.assertNotIn("inside", self.files(self.find().commit))

    def test_where_there_is_nothing_to_compare_git_says_why(self) -> None:
        empty = Repository(self.folder / "empty")
        with self.assertRaises(InputError):
            revisions.find(empty.root, revisions.WORK_TREE)
        self.repository.git("clone", "--quiet", "--bare", ".", str(self.folder / "bare"))
        with self.assertRaisesRegex(InputError, "must be run in a work tree"):
            revisions.find(self.folder / "bare", revisions.WORK_TREE)
        outside = {"GIT_CEILING_DIRECTORIES": str(self.folder)}
        with mock.patch.dict("os.environ", outside):
            with self.assertRaisesRegex(InputError, "not a git repository"):
                revisions.find(self.folder, revisions.WORK_TREE)

    def test_without_git_it_is_git_that_is_missing(self) -> None:
        with mock.patch.dict("os.environ", {"PATH": "/nonexistent"}):
            with self.assertRaisesRegex(InputError, "^git: No such file"):
                self.find("HEAD")
