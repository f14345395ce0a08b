"""The words on stderr are few, honest about time, and never a reason to fail."""

from __future__ import annotations

import io
import unittest

from harness.progress import Estimate, Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


class ProgressTest(unittest.TestCase):
    def test_a_terminal_s_line_is_redrawn_and_makes_room_for_words(self) -> None:
        stream = Terminal()
        progress = Progress(stream)
        progress.show(1, 4, "first", 61.0)
        progress.show(2, 4, "x" * 500, None)
        progress.say("words")
        drawn = stream.getvalue().split("\r\x1b[K")
        self.assertEqual(drawn[1], "[1/4 25%] first  about 1 min 1 s left")
        self.assertLessEqual(len(drawn[2]), 110)
        self.assertEqual(drawn[3], "words\n")
        self.assertNotIn("\n", "".join(drawn[:3]))

    def test_elsewhere_lines_are_plain_and_sparse(self) -> None:
        stream = io.StringIO()
        progress = Progress(stream)
        for index in range(100):
            progress.show(index, 100, "x", 1.0)
        progress.say("words")
        self.assertEqual(stream.getvalue(), "[0/100 0%] x  about 1 s left\nwords\n")

    def test_a_reader_that_left_is_no_error(self) -> None:
        progress = Progress(Gone())
        progress.say("words")
        progress.show(0, 0, "x", None)

    def test_lengths_of_time_are_said_as_people_do(self) -> None:
        found = [duration(s) for s in (0.2, 59.4, 59.6, 3599, 7500)]
        self.assertEqual(found, ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "2 h 5 min"])


class EstimateTest(unittest.TestCase):
    def test_at_first_it_is_the_plan(self) -> None:
        self.assertEqual(Estimate(100.0).left_s, 100.0)

    def test_it_learns_how_wrong_the_plan_is(self) -> None:
        estimate = Estimate(100.0)
        for _ in range(50):
            estimate.done(1.0, 2.0)
        self.assertAlmostEqual(estimate.left_s, 100.0, delta=1.0)

    def test_one_run_that_hangs_does_not_frighten(self) -> None:
        estimate = Estimate(100.0)
        for actual_s in (1.0, 60.0, 1.0, 1.0):
            estimate.done(1.0, actual_s)
        self.assertLess(estimate.left_s, 200.0)

    def test_it_ends_at_nothing(self) -> None:
        estimate = Estimate(10.0)
        estimate.done(10.0, 3.0)
        self.assertEqual(estimate.left_s, 0.0)
