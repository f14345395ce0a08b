"""Each rule of the checker accepts a real report and refuses one in which just that is broken."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from harness.model import Cell
from harness.report.check import check, expected, main
from harness.report.page import render
from harness.report.tests import analyses
from harness.store import cell_document

_ROW = '<tr id="cell='


class CheckTest(unittest.TestCase):
    scratch: tempfile.TemporaryDirectory[str]
    report: Path
    text: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.report = render(analyses.full_of_gaps(), Path(cls.scratch.name))
        cls.text = cls.report.read_text(encoding="utf-8")

    def assert_refused(self, old: str, new: str, complaint: str) -> None:
        """Breaks the page in one place and expects to hear of it."""
        self.assertIn(old, self.text)
        problems = check(self.text.replace(old, new, 1))
        self.assertTrue(any(complaint in problem for problem in problems), problems)

    def test_a_real_report_has_no_problem(self) -> None:
        self.assertEqual(check(self.text), [])

    def test_structure(self) -> None:
        self.assert_refused("<!DOCTYPE html>", "", "no <!doctype>")
        self.assert_refused("</table>", "", "closes <table>")
        self.assert_refused("</body>\n</html>", "", "never closed: html, body")
        self.assert_refused("<h1", "<h2", "no <h1>")

    def test_nothing_outside_the_file(self) -> None:
        link = '<link rel="icon" href="data:,">'
        for new in (
            '<link rel="icon" href="https://example.org/i.png">',
            '<img src="https://example.org/i.png">',
            '<img src="charts/overview.png">',
            '<img srcset="//example.org/i.png 2x">',
            '<svg><image xlink:href="file:///i.png"></image></svg>',
        ):
            self.assert_refused(link, new, "leaves the file")
        self.assert_refused(link, "<iframe></iframe>", "<iframe> has no place")
        self.assert_refused(link, '<meta http-equiv="refresh">', "<meta http-equiv=refresh>")
        self.assert_refused("<main", '<a href="javascript:x">x</a><main', "leaves the file")
        self.assert_refused("*{box-sizing", '@import "x.css";*{box-sizing', "outside the file")
        self.assert_refused("*{box-sizing", "i{background:url(x)}*{box-sizing", "outside the file")

    def test_a_plain_link_may_lead_to_the_web(self) -> None:
        linked = self.text.replace("<main", '<a href="https://example.org/">x</a><main', 1)
        self.assertEqual(check(linked), [])

    def test_the_policy(self) -> None:
        start = self.text.index("<meta http-equiv")
        tag = self.text[start : self.text.index(">", start) + 1]
        self.assert_refused(tag, "", "no content security policy")
        self.assert_refused("default-src &#39;none&#39;", "default-src &#39;self&#39;", "'none'")
        self.assert_refused("script-src ", "script-src &#39;unsafe-inline&#39; ", "admits")
        self.assert_refused("img-src data:", "img-src https:", "img-src admits https:")
        self.assert_refused('"use strict";', "", "blocks the page's own <script>")
        self.assert_refused("*{box-sizing", "p{box-sizing", "blocks the page's own <style>")
        moved = tag + "<style>x</style>"
        self.assert_refused(tag, "<style>x</style>" + tag, "before the content policy")
        self.assert_refused(tag, moved, "blocks the page's own <style>")

    def test_no_inline_style_or_handler(self) -> None:
        self.assert_refused("<main", '<main style="color:red"', "attribute style")
        self.assert_refused("<main", '<main onclick="x()"', "attribute onclick")

    def test_ids_are_unique_and_links_resolve(self) -> None:
        self.assert_refused('id="trust"', 'id="methods"', "the id methods is there twice")
        self.assert_refused('id="trust"', 'id=""', "is empty")
        self.assert_refused('id="trust"', 'id="elsewhere"', "a link to #trust goes nowhere")
        self.assert_refused('aria-labelledby="trust-title"', 'aria-labelledby="no"', "#no goes")

    def test_a_cell_says_something(self) -> None:
        start = self.text.index(_ROW)
        row = self.text[start : self.text.index("</tr>", start)]
        first = row.index("<td")
        self.assert_refused(row, row[:first] + "<td></td>", "says nothing")

    def test_every_expected_row_is_there(self) -> None:
        group = analyses.full_of_gaps().groups[0].id
        self.assertEqual(check(self.text, {group: ["weft", "go"]}), [])
        self.assertEqual(
            check(self.text, {group: ["rust"], "no/group": []}),
            [f"rust has no row in {group}", "the group no/group is missing"],
        )
        self.assertEqual(check(self.text, {group: ["boost"]}), [f"boost has no row in {group}"])


class CommandLineTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.analysis = analyses.higher_is_better()
        self.report = render(self.analysis, self.folder)
        cells = [result.cell for group in self.analysis.groups for result in group.results]
        floor = replace(cells[0], contender="floors", profile="epoll_loop")
        self._write([*cells, floor])

    def _write(self, cells: list[Cell]) -> None:
        entries = [{"cell": cell_document(cell), "gap": None} for cell in cells]
        text = json.dumps({"expected": entries})
        (self.folder / "manifest.json").write_text(text, encoding="utf-8")

    def _main(self, *arguments: str) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main([str(self.report), *arguments])
        return status, said.getvalue()

    def test_the_manifest_says_what_is_expected_and_floors_are_no_rows(self) -> None:
        self.assertEqual(expected(self.folder), {self.analysis.groups[0].id: {"weft", "go", "tbb"}})
        self.assertEqual(self._main("--run", str(self.folder)), (0, ""))

    def test_a_missing_contender_is_a_failure(self) -> None:
        cell = self.analysis.groups[0].results[0].cell
        self._write([replace(cell, contender="rust")])
        status, said = self._main("--run", str(self.folder))
        self.assertEqual(status, 1)
        self.assertIn("rust has no row in", said)

    def test_nothing_to_check_is_no_success(self) -> None:
        self._write([])
        self.assertEqual(self._main("--run", str(self.folder))[0], 2)
        self.report.unlink()
        self.assertEqual(self._main()[0], 2)


if __name__ == "__main__":
    unittest.main()
