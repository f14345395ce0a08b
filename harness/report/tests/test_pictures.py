"""Axes, colours and what becomes of matplotlib's SVG."""

from __future__ import annotations

import math
import re
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from harness.report import axis, forest, palette, standing, svg
from harness.report.canvas import Canvas
from harness.report.pictures import Gallery
from harness.report.standing import Anchors
from harness.report.tests import analyses


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


class PaletteTest(unittest.TestCase):
    def test_light_colours_are_unique_since_each_names_its_variable(self) -> None:
        self.assertEqual(len({pair[0] for pair in palette.TOKENS.values()}), len(palette.TOKENS))

    def test_text_and_marks_stand_out_in_light_and_in_dark(self) -> None:
        for mode in (0, 1):
            colour = {name: pair[mode] for name, pair in palette.TOKENS.items()}
            fields = [n for n in colour if n.startswith(("better", "worse")) or n == "alike"]
            for field in (*fields, "page", "surface", "band"):
                self.assertGreaterEqual(contrast(colour["ink"], colour[field]), 4.5, field)
            for paper in ("page", "surface", "band", "alike"):
                for text in ("muted", "link", "alert"):
                    self.assertGreaterEqual(contrast(colour[text], colour[paper]), 4.5, text)
            for series in (*palette.SERIES, "series-rest"):
                self.assertGreaterEqual(contrast(colour[series], colour["page"]), 3, series)

    def test_rows_of_a_contender_share_a_colour_and_differ_in_shape(self) -> None:
        marks = palette.marks(["a", "b", "b:x"], ["a", "b"])
        self.assertEqual(marks["b"].token, marks["b:x"].token)
        self.assertEqual(len({mark.shape for mark in marks.values()}), 3)

    def test_contenders_past_the_palette_are_grey(self) -> None:
        names = [f"c{at}" for at in range(9)]
        self.assertEqual(palette.marks(names, names)["c8"].token, "series-rest")

    def test_steps_are_symmetric_around_one(self) -> None:
        for factor, size in ((1.1, 1), (1.5, 2), (3.0, 3), (50.0, 4)):
            self.assertEqual(palette.step(factor), f"better-{size}")
            self.assertEqual(palette.step(1 / factor), f"worse-{size}")


class AxisTest(unittest.TestCase):
    def test_ticks_are_few_inside_and_include_one(self) -> None:
        cases: list[list[float]] = [
            [1.0],
            [0.97, 1.02],
            [0.03, 144],
            [1e-9, 3],
            [1e300, 1e-300],
            [],
        ]
        for factors in cases:
            found = axis.axis_for(factors, 100, 500)
            ticks = found.ticks()
            self.assertIn((1.0, "1×"), ticks)
            self.assertLessEqual(len(ticks), axis.TICKS_MAX)
            for factor, _ in ticks:
                self.assertTrue(100 <= found.place(factor) <= 500)

    def test_halves_stand_as_far_from_one_as_doubles(self) -> None:
        found = axis.axis_for([0.25, 4], 0, 100)
        self.assertAlmostEqual(found.place(1) - found.place(0.5), found.place(2) - found.place(1))

    def test_what_is_beyond_a_double_stands_at_the_edge(self) -> None:
        found = axis.axis_for([1e305, 1e-305], 0, 100)
        self.assertEqual(found.place(1e305), 100)


class SvgTest(unittest.TestCase):
    def setUp(self) -> None:
        canvas = Canvas(100, 50)
        canvas.text(5, 10, "<b> $x^2$ & \x00", bold=True)
        canvas.mark(20, 20, "o", "series-0", filled=False)
        canvas.line((0, 1), (9, 1), token="alert", dash=(3, 2))
        canvas.box((1, 1), (5, 5), "better-1")
        self.source = canvas.svg()

    def test_text_stays_text_and_never_becomes_mathematics(self) -> None:
        sheet = svg.StyleSheet()
        picture = ElementTree.fromstring(svg.inline(self.source, self._caption(), sheet))
        words = [element.text for element in picture.iter("text")]
        self.assertEqual(words, ["<b> $x^2$ & \ufffd"])

    def test_nothing_needs_an_inline_style_an_id_or_another_file(self) -> None:
        text = svg.inline(self.source, self._caption(), svg.StyleSheet())
        self.assertNotRegex(text, r"style=|href=|url\(|<style|<defs|#")
        self.assertEqual(re.findall(r' id="([^"]*)"', text), ["c-title", "c-about"])

    def test_every_colour_is_a_variable(self) -> None:
        sheet = svg.StyleSheet()
        svg.inline(self.source, self._caption(), sheet)
        self.assertNotIn("#", sheet.css())
        for name in ("ink", "series-0", "page", "alert", "better-1"):
            self.assertIn(f"var(--{name})", sheet.css())

    def test_a_file_of_its_own_brings_both_modes(self) -> None:
        text = svg.standalone(self.source, self._caption())
        self.assertEqual(ElementTree.fromstring(text).tag, "{http://www.w3.org/2000/svg}svg")
        self.assertIn("prefers-color-scheme:dark", text)
        self.assertNotIn("\x1b", text)

    def _caption(self) -> svg.Caption:
        return svg.Caption("c", "A <title>\x1b", "About & so on")


class GalleryTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "run" / "charts"

    def test_no_id_leads_a_file_out_of_the_folder_or_over_another(self) -> None:
        rows = ["weft:default", "go:default"]
        gallery = Gallery(self.folder, palette.marks(rows, ["weft", "go"]), rows[0])
        for name in ("../../etc/x", "a/b", "a-b", "\x00", ""):
            spec = analyses.workload(name)
            cells = [analyses.cell_of(spec, {}, 1, row) for row in ("weft:default", "go:default")]
            results = [analyses.measured(cell, [1.0, 2.0]) for cell in cells]
            group = analyses.group_of(spec, {}, 1, results)
            analysis = replace(analyses.empty(), groups=(group,))
            found = standing.judge(analysis, Anchors())
            gallery.workload(found)
        names = sorted(path.name for path in self.folder.parent.rglob("*.svg"))
        self.assertEqual(len(names), 5)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), names)

    def test_without_any_ratio_there_is_no_picture(self) -> None:
        found = standing.judge(analyses.full_of_gaps(), Anchors())
        alone = [group for group in found if group.reference is None]
        self.assertEqual(Gallery(self.folder, {}, "weft").workload(alone), [])

    def test_many_groups_go_on_several_sheets_with_one_axis(self) -> None:
        group = standing.judge(analyses.ordinary(), Anchors())[0]
        many = [group] * (forest.PANELS_MAX + 1)
        self.assertEqual([len(sheet) for sheet in forest.sheets(many)], [forest.PANELS_MAX, 1])

    def test_the_floor_is_placed_by_the_quotient_of_medians(self) -> None:
        found = standing.judge(analyses.ordinary(), Anchors())[0]
        own, floor = found.reference, found.group.floor
        assert own is not None and own.result.interval is not None and floor is not None
        expected = floor.median / own.result.interval.median
        factor = forest.floor_factor(found)
        assert factor is not None
        self.assertTrue(math.isclose(factor, expected))


if __name__ == "__main__":
    unittest.main()
