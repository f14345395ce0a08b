"""A change fits a file or is refused in words, and is taken back whatever happened meanwhile."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from harness.errors import InputError
from harness.replacement import Replacement


class ReplacementTest(unittest.TestCase):
    def setUp(self) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="harness-test-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.file = self.top / "file"
        self.file.write_text("left right", encoding="utf-8")
        self.change = Replacement("file", "right", "wrong")

    def test_it_is_made_and_taken_back(self) -> None:
        with self.change.made(self.top):
            self.assertEqual(self.file.read_text(encoding="utf-8"), "left wrong")
        self.assertEqual(self.file.read_text(encoding="utf-8"), "left right")

    def test_it_is_taken_back_after_a_failure(self) -> None:
        with self.assertRaises(ZeroDivisionError), self.change.made(self.top):
            raise ZeroDivisionError
        self.assertEqual(self.file.read_text(encoding="utf-8"), "left right")

    def test_what_does_not_fit_is_refused(self) -> None:
        for text, times in {"left": 0, "right right": 2}.items():
            self.file.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(InputError, f"file has {times} times"):
                with self.change.made(self.top):
                    self.fail("was made")
            self.assertEqual(self.file.read_text(encoding="utf-8"), text)

    def test_a_file_that_is_not_there_is_refused(self) -> None:
        with self.assertRaisesRegex(InputError, "none: cannot be read"):
            Replacement("none", "right", "wrong").changed(self.top)
