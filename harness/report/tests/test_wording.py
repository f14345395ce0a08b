"""Figures and names as words."""

from __future__ import annotations

import unittest

from harness.report import wording


class SignificantTest(unittest.TestCase):
    def test_three_digits_carry_every_size(self) -> None:
        cases = {
            0.0: "0",
            1.0: "1.00",
            0.04567: "0.0457",
            12.345: "12.3",
            999.6: "1 000",
            123456.0: "123 000",
            -2.5: "-2.50",
            1e300: "1.00 × 10³⁰⁰",
            2.5e-7: "2.50 × 10⁻⁷",
        }
        for value, words in cases.items():
            self.assertEqual(wording.significant(value).replace("\u202f", " "), words)

    def test_infinity_is_said_and_not_printed_as_a_number(self) -> None:
        self.assertEqual(wording.significant(float("inf")), "not finite")

    def test_a_bound_beside_one_keeps_the_digit_that_tells_them_apart(self) -> None:
        self.assertEqual(wording.ratio(1.0031), "1.003")
        self.assertEqual(wording.ratio(1.0), "1.00")
        self.assertEqual(wording.ratio(1.00001), "1.00")

    def test_whole_counts_have_no_decimals(self) -> None:
        self.assertEqual(wording.count(12.0), "12")
        self.assertEqual(wording.count(12.5), "12.5")
        self.assertEqual(wording.count(12345.0), "12\u202f345")

    def test_confidence_is_never_rounded_up(self) -> None:
        self.assertEqual(wording.percent(0.9609375), "96\u202f%")
        self.assertEqual(wording.percent(0.95999), "95.9\u202f%")


class ScaleTest(unittest.TestCase):
    def test_a_block_of_figures_has_the_unit_of_its_smallest(self) -> None:
        self.assertEqual(wording.scale_for("ns", [5e3, 7e6]).unit, "µs")
        self.assertEqual(wording.scale_for("ns", [0.5, 7e6]).unit, "ns")
        self.assertEqual(wording.scale_for("B", [4096.0]).quantity(4096.0), "4.00\u202fKiB")

    def test_a_rate_is_stepped_before_its_slash(self) -> None:
        self.assertEqual(wording.scale_for("ns/s", [2e9]).quantity(2e9), "2.00\u202fs/s")
        self.assertEqual(wording.scale_for("ns/s", [1.5e5, 2e9]).quantity(1.5e5), "150\u202fµs/s")

    def test_a_foreign_unit_stays_as_it_is(self) -> None:
        self.assertEqual(wording.scale_for("1/s", [1e6]).quantity(10.0), "10.0\u202f1/s")

    def test_zero_and_nothing_are_no_reason_to_stop(self) -> None:
        self.assertEqual(wording.scale_for("ns", [0.0]).unit, "ns")
        self.assertEqual(wording.scale_for("B", []).unit, "B")


class TextTest(unittest.TestCase):
    def test_controls_and_lone_surrogates_become_visible(self) -> None:
        self.assertEqual(wording.printable("a\x00b\x1b[1m\ud800é\n"), "a\ufffdb\ufffd[1m\ufffdé\n")

    def test_a_cut_is_marked(self) -> None:
        self.assertEqual(wording.shortened("a name\nthat is long", 8), "a name…")
        self.assertEqual(wording.shortened("short", 8), "short")

    def test_lists_read_as_sentences(self) -> None:
        self.assertEqual(wording.listed([]), "")
        self.assertEqual(wording.listed(["a"]), "a")
        self.assertEqual(wording.listed(["a", "b", "c"]), "a, b and c")


if __name__ == "__main__":
    unittest.main()
