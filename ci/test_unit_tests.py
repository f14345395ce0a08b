"""Every file of Python tests is run, counted and, where it failed, shown."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import unit_tests
from runner import Counts, Failed, Shell


class Reports(unittest.TestCase):
    def test_the_counts_of_unittest(self) -> None:
        self.assertEqual(unit_tests.counts("Ran 7 tests in 0.1s\n\nOK", 0), Counts(7))
        self.assertEqual(
            unit_tests.counts("Ran 7 tests in 1s\n\nFAILED (failures=1, errors=2)", 1),
            Counts(4, 3),
        )
        self.assertEqual(
            unit_tests.counts("Ran 7 tests in 1s\n\nOK (skipped=2)", 0), Counts(5, 0, 2)
        )

    def test_no_tests_is_a_failure(self) -> None:
        for output in ("", "Ran 0 tests in 0.0s\n\nOK"):
            with self.assertRaises(Failed):
                unit_tests.counts(output, 0)

    def test_a_status_without_a_failed_test_is_a_failure(self) -> None:
        with self.assertRaises(Failed):
            unit_tests.counts("Ran 7 tests in 0.1s\n\nOK", 1)


class Files(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        self.shell = Shell(self.top, self.top / "log")

    def add(self, path: str, body: str) -> None:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"import unittest\nclass T(unittest.TestCase):\n{body}", encoding="utf-8")

    def test_all_files_count_and_what_failed_is_said_last(self) -> None:
        self.add("ci/test_a.py", "    def test_a(self): import beside\n")
        self.add("ci/beside.py", "    pass\n")
        self.add("harness/deep/test_b.py", "    def test_b(self): self.fail('so')\n")
        self.add("harness/deep/test_c.py", "    def test_c(self): self.skipTest('no')\n")
        self.add("build/test_d.py", "    def test_d(self): self.fail('generated')\n")
        self.assertEqual(unit_tests.run(self.shell), Counts(1, 1, 1))
        log = self.shell.log.read_text(encoding="utf-8")
        self.assertGreater(log.index("AssertionError: so"), log.index("skipped=1"))

    def test_a_file_that_cannot_be_imported_fails(self) -> None:
        self.add("harness/test_e.py", "    import nothing_of_this_name\n")
        self.assertEqual(unit_tests.run(self.shell), Counts(0, 1))


if __name__ == "__main__":
    unittest.main()
