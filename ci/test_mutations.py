"""The mutations fit the sources as they are, and one that is made is noticed and taken back."""

from __future__ import annotations

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import mutations

ALL = mutations.read(mutations.TOP / "ci" / "mutations.toml")
ONE = mutations.Mutation("file", "right", "wrong", "one", command=("check.py",))
CHECK = 'import sys; sys.exit("wrong" in open("file").read())'


class Sources(unittest.TestCase):
    def test_each_can_be_made(self) -> None:
        for each in ALL:
            with self.subTest(each.name):
                before = (mutations.TOP / each.file).read_text(encoding="utf-8")
                self.assertNotEqual(each.changed(mutations.TOP), before)

    def test_each_names_a_test_that_there_is(self) -> None:
        listed = (mutations.TOP / "runtime" / "cmake" / "tests.cmake").read_text(encoding="utf-8")
        for each in ALL:
            with self.subTest(each.name):
                self.assertTrue(each.command or f"/{each.test}.cpp" in listed)

    def test_no_name_stands_twice(self) -> None:
        self.assertEqual(len({each.name for each in ALL}), len(ALL))


class Noticing(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        self.file = self.top / "file"
        self.file.write_text("right", encoding="utf-8")
        self.write_check(CHECK)
        without_builds = mock.patch.object(mutations, "build")
        self.addCleanup(without_builds.stop)
        without_builds.start()

    def write_check(self, text: str) -> None:
        (self.top / "check.py").write_text(text, encoding="utf-8")

    def test_what_the_check_sees_is_noticed_and_taken_back(self) -> None:
        self.assertTrue(mutations.noticed(ONE, self.top))
        self.assertEqual(self.file.read_text(encoding="utf-8"), "right")

    def test_what_no_check_sees_is_not_noticed(self) -> None:
        self.write_check("")
        self.assertFalse(mutations.noticed(ONE, self.top))

    def test_a_check_that_always_fails_proves_nothing(self) -> None:
        self.write_check("import sys; sys.exit(1)")
        with self.assertRaises(mutations.Unusable):
            mutations.noticed(ONE, self.top)

    def test_what_does_not_fit_the_file_is_unusable(self) -> None:
        self.file.write_text("right right", encoding="utf-8")
        said = io.StringIO()
        pretend = mock.patch.multiple(
            mutations, read=lambda _: [ONE], copy_of_repository=lambda _: None
        )
        in_bed = mock.patch("tempfile.TemporaryDirectory")
        with pretend, in_bed as made, contextlib.redirect_stdout(said):
            made.return_value.__enter__.return_value = str(self.top)
            self.assertEqual(mutations.main([]), 2)
        self.assertEqual(said.getvalue().split(":")[:2], ["one", " unusable"])

    def test_the_list_is_printed(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(mutations.main(["--list", "--only", "errno"]), 0)
        self.assertEqual(said.getvalue(), "errno stays behind\n")


if __name__ == "__main__":
    unittest.main()
