"""A drawing without matplotlib is the page's SVG: classes, variables, and text that stays text."""

from __future__ import annotations

import unittest
from xml.etree import ElementTree

from harness.report import svg
from harness.report.drawing import Drawing
from harness.report.tests.analyses import HOSTILE

CAPTION = svg.Caption("a", HOSTILE, HOSTILE)


def drawn() -> Drawing:
    drawing = Drawing(100, 20.126)
    drawing.box((0, 0), (100, 20), "band")
    drawing.line(((1, 2), (3, 4.5), (5, 6)), token="rule", dash="2 3")
    drawing.mark(5, 6, "series-0", filled=False)
    drawing.mark(5, 6, "series-0", filled=True)
    drawing.text(1, 10, HOSTILE, size=10, align="right", bold=True)
    return drawing


class DrawingTest(unittest.TestCase):
    def test_it_has_classes_of_the_sheet_and_no_style_of_its_own(self) -> None:
        sheet = svg.StyleSheet()
        picture = ElementTree.fromstring(drawn().inline(CAPTION, sheet))
        self.assertEqual(picture.get("viewBox"), "0 0 100 20.13")
        self.assertEqual([e.tag for e in picture][2:], ["rect", "path", "circle", "circle", "text"])
        for element in list(picture)[2:]:
            self.assertIn(f".{element.get('class')}{{", sheet.css())
            self.assertIsNone(element.get("style"))
        self.assertEqual(picture.findall("path")[0].get("d"), "M1 2 L3 4.5 L5 6")
        self.assertEqual(picture.findall("text")[0].get("y"), "13.5")

    def test_what_it_is_told_stays_text(self) -> None:
        for text in (drawn().inline(CAPTION, svg.StyleSheet()), drawn().standalone(CAPTION)):
            self.assertNotIn("<script", text)
            self.assertNotIn("\x1b", text)
            self.assertEqual(ElementTree.fromstring(text).tag.rpartition("}")[2], "svg")


if __name__ == "__main__":
    unittest.main()
