"""The whole page: complete, self-contained, deterministic, and proof against what it is told."""

from __future__ import annotations

import re
import tempfile
import time
import unittest
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from harness.model import Analysis, Gap
from harness.report import render, standing
from harness.report.check import check
from harness.report.tests import analyses

SIZE_MAX_BYTES = 3 << 20
TIME_MAX_S = 30.0


def expected_rows(analysis: Analysis) -> dict[str, set[str]]:
    """Each group with its contenders."""
    return {
        group.id: {result.cell.contender for result in group.results} for group in analysis.groups
    }


class PageTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def page(self, analysis: Analysis) -> str:
        return render(analysis, self.folder).read_text(encoding="utf-8")

    def test_the_same_analysis_gives_the_same_bytes(self) -> None:
        first = self.page(analyses.higher_is_better())
        pictures = {path.name: path.read_bytes() for path in (self.folder / "charts").iterdir()}
        self.assertEqual(self.page(analyses.higher_is_better()), first)
        again = {path.name: path.read_bytes() for path in (self.folder / "charts").iterdir()}
        self.assertEqual(pictures, again)

    def test_an_earlier_report_is_replaced_and_nothing_partial_is_left(self) -> None:
        self.page(analyses.higher_is_better())
        text = self.page(analyses.empty())
        self.assertEqual(check(text), [])
        self.assertIn("There is no verdict", text)
        self.assertEqual([path.name for path in self.folder.glob("report*")], ["report.html"])

    def test_a_reason_is_beside_each_gap_and_once_more_below(self) -> None:
        analysis = analyses.full_of_gaps()
        text = self.page(analysis)
        self.assertEqual(check(text, expected_rows(analysis)), [])
        trust = text[text.index('<section id="trust"') :]
        for gap in Gap:
            self.assertRegex(text, f"<em>{gap.value}</em> because of")
            self.assertIn(f"<td>{gap.value}</td>", trust)
        self.assertIn("libtbb-dev is missing", trust)

    def test_a_failed_run_is_told_although_its_cell_has_figures(self) -> None:
        analysis = analyses.interrupted()
        text = self.page(analysis)
        self.assertEqual(check(text, expected_rows(analysis)), [])
        self.assertIn("1 failed</span>", text)
        self.assertIn("round 3: did not finish within 60 s", text)


class OrdinaryTest(unittest.TestCase):
    scratch: tempfile.TemporaryDirectory[str]
    folder: Path
    analysis: Analysis
    text: str
    took_s: float

    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = Path(cls.scratch.name)
        cls.analysis = analyses.ordinary()
        started = time.process_time()  # other people's work on the machine is not its fault
        cls.text = render(cls.analysis, cls.folder).read_text(encoding="utf-8")
        cls.took_s = time.process_time() - started

    def test_the_page_is_sound_and_whole(self) -> None:
        self.assertEqual(check(self.text, expected_rows(self.analysis)), [])

    def test_rendering_is_quick_and_the_page_small(self) -> None:
        self.assertLess(self.took_s, TIME_MAX_S)
        self.assertLess(len(self.text.encode("utf-8")), SIZE_MAX_BYTES)

    def test_sections_come_in_the_order_of_reading(self) -> None:
        text = self.text
        ids = ("verdict", "overview", "suite=spawn", "suite=fanout", "trust", "methods")
        places = [text.index(f'<section id="{identity}"') for identity in ids]
        self.assertEqual(places, sorted(places))

    def test_each_workload_has_two_pictures_its_facts_and_its_table(self) -> None:
        articles = re.findall(r"<article.*?</article>", self.text, re.DOTALL)
        self.assertEqual(len(articles), len(self.analysis.workloads))
        for article, workload in zip(articles, self.analysis.workloads):
            self.assertEqual(article.count("<svg"), 2)
            self.assertIn(workload.question, unescape(article))
            self.assertIn(workload.operation, unescape(article))
            self.assertIn(workload.metric.direction + " is better", article)
            self.assertIn("n = 9 processes per cell", article)

    def test_each_measured_cell_has_its_source_and_its_command(self) -> None:
        text = unescape(self.text)
        for group in self.analysis.groups:
            for result in group.results:
                if result.command:
                    self.assertIn(f">{result.command}</pre>", text)
                    self.assertIn(f"<code>{result.cell.source}</code>", text)

    def test_pictures_are_files_too(self) -> None:
        files = {path.name for path in (self.folder / "charts").iterdir()}
        self.assertLessEqual({"overview.svg", "overview.png", "channel-ping_pong-1.svg"}, files)
        for path in (self.folder / "charts").glob("*.svg"):
            ElementTree.fromstring(path.read_text(encoding="utf-8"))
        png = (self.folder / "charts" / "overview.png").read_bytes()
        self.assertTrue(png.startswith(b"\x89PNG"))


class HostileTest(unittest.TestCase):
    scratch: tempfile.TemporaryDirectory[str]
    folder: Path
    text: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = Path(cls.scratch.name) / "inner"
        cls.folder.mkdir()
        cls.text = render(analyses.hostile(), cls.folder).read_text(encoding="utf-8")

    def test_the_page_is_sound(self) -> None:
        self.assertEqual(check(self.text), [])

    def test_no_string_becomes_an_element_or_an_expression(self) -> None:
        self.assertEqual(self.text.count("<script>"), 1)
        self.assertEqual(self.text.count("</script>"), 1)
        self.assertIn("{{ 7 * 7 }}", unescape(self.text))
        self.assertIn("$x_1$", self.text)

    def test_no_control_character_is_left(self) -> None:
        texts = [self.text]
        texts += [p.read_text(encoding="utf-8") for p in (self.folder / "charts").glob("*.svg")]
        for text in texts:
            self.assertEqual(re.findall("[\x00-\x08\x0b-\x1f\x7f]", text), [])

    def test_cells_of_one_name_keep_places_of_their_own(self) -> None:
        cells = [r for group in analyses.hostile().groups for r in group.results]
        self.assertEqual(self.text.count('<tr id="cell='), len(cells))

    def test_no_file_is_written_outside_the_folder(self) -> None:
        outside = [path for path in self.folder.parent.iterdir() if path != self.folder]
        self.assertEqual(outside, [])

    def test_no_row_is_lost(self) -> None:
        names = standing.row_order(analyses.hostile())
        self.assertEqual(len(names), 5)


if __name__ == "__main__":
    unittest.main()
