"""The trend says what moved without calling it better or worse, and is proof against its past."""

from __future__ import annotations

import re
import tempfile
import unittest
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness import summary
from harness.beside import Earlier
from harness.model import Analysis
from harness.report import render, standing, trend
from harness.report.check import check
from harness.report.standing import Anchors
from harness.report.tests import analyses, pasts
from harness.report.tests.analyses import HOSTILE


class PageTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def section(self, analysis: Analysis, earlier: Earlier) -> str:
        page = render(analysis, self.folder, earlier=earlier).read_text(encoding="utf-8")
        self.assertEqual(check(page), [])
        start = page.index('<section id="trend"')
        return unescape(page[start : page.index('<section id="trust"')])

    def test_it_shows_a_strip_and_a_figure_for_each_run(self) -> None:
        text = self.section(analyses.ordinary(), pasts.earlier(analyses.ordinary(), 4))
        self.assertIn("4 earlier runs of this host lie beside this one", text)
        self.assertIn("against go", text)
        self.assertEqual(text.count("<svg"), 2 * 4)  # four suites without the control, two widths
        row = re.search(r"<tr><th scope=\"row\"><a[^>]*>Ping-pong.*?</tr>", text)
        assert row is not None
        self.assertEqual(row[0].count("<td>"), 5)
        for word in ("regress", "improve"):
            self.assertNotIn(word, text.lower())
        for path in self.folder.glob("charts/trend-*.svg"):
            ElementTree.fromstring(path.read_text(encoding="utf-8"))
        self.assertTrue((self.folder / "charts" / "trend-spawn.svg").is_file())

    def test_the_same_past_gives_the_same_bytes(self) -> None:
        analysis = analyses.higher_is_better()
        found = pasts.earlier(analysis, 3)
        self.assertEqual(self.section(analysis, found), self.section(analysis, found))

    def test_without_a_past_it_says_so(self) -> None:
        text = self.section(analyses.ordinary(), Earlier())
        self.assertIn("There is no earlier run of this host beside this one.", text)
        self.assertNotIn("<svg", text)
        text = self.section(analyses.ordinary(), Earlier(none="A merged run has none."))
        self.assertIn("A merged run has none.", text)

    def test_what_was_left_out_is_counted(self) -> None:
        found = Earlier(left_out={"could not be read": 2, "of another host": 1})
        text = self.section(analyses.ordinary(), found)
        self.assertIn("left out: 2 could not be read and 1 of another host", text)

    def test_a_run_that_recorded_nothing_has_a_trend_of_nothing(self) -> None:
        found = pasts.earlier(analyses.ordinary(), 2)
        self.assertIn("no workload has figures in both", self.section(analyses.empty(), found))

    def test_no_string_of_an_earlier_run_leaves_its_place(self) -> None:
        past = pasts.run(analyses.hostile(), 1)
        evil = replace(
            past,
            started=HOSTILE,
            commit=HOSTILE,
            size=HOSTILE,
            status=HOSTILE,
            software=HOSTILE,
            versions={"weft": HOSTILE, HOSTILE: HOSTILE},
        )
        found = Earlier((past, evil), left_out={HOSTILE: 1}, none="")
        self.section(analyses.hostile(), found)
        page = (self.folder / "report.html").read_text(encoding="utf-8")
        self.assertEqual(page.count("<script>"), 1)
        self.assertEqual(re.findall("[\x00-\x08\x0b-\x1f\x7f]", page), [])


class LineTest(unittest.TestCase):
    def lines(self, analysis: Analysis, *runs: summary.Summary) -> list[trend.Line]:
        return trend.lines(standing.judge(analysis, Anchors()), runs)

    def test_a_ratio_is_how_many_times_better_the_reference_is_either_way(self) -> None:
        analysis = analyses.higher_is_better()
        (line,) = self.lines(analysis, summary.of(analysis))
        self.assertEqual(line.peer, "go")
        self.assertAlmostEqual(line.before[0], 2.0)
        self.assertAlmostEqual(line.moved, 1.0)

    def test_another_version_of_a_workload_is_another_workload(self) -> None:
        analysis = analyses.higher_is_better()
        whole = summary.of(analysis)
        changes: list[dict[str, Any]] = [{"version": 2}, {"unit": "1/ms"}]
        changes += [{"metric": "x"}, {"direction": "lower"}]
        for change in changes:
            groups = {id: replace(group, **change) for id, group in whole.groups.items()}
            self.assertEqual(self.lines(analysis, replace(whole, groups=groups)), [])

    def test_a_ratio_to_another_base_is_not_compared(self) -> None:
        analysis = analyses.higher_is_better()
        whole = summary.of(analysis)
        groups = {id: replace(group, base="weft:other") for id, group in whole.groups.items()}
        (line,) = self.lines(analysis, replace(whole, groups=groups))
        self.assertEqual((line.peer, line.before), ("", []))

    def test_the_peer_is_not_chosen_by_its_figures(self) -> None:
        analysis = analyses.ordinary()
        for line in self.lines(analysis, summary.of(analysis)):
            self.assertEqual(line.peer, "go")
        past = summary.of(analysis)
        for group in past.groups.values():
            assert isinstance(group.rows, dict)
            group.rows.pop("go:default", None)
        peers = {line.peer for line in self.lines(analysis, past)}
        self.assertEqual(peers, {"boost_fiber", "std_thread"})

    def test_intervals_that_meet_none_before_are_apart(self) -> None:
        analysis = analyses.ordinary()
        near, far = pasts.run(analysis, 1), summary.of(analysis)
        self.assertFalse(any(line.apart for line in self.lines(analysis, near, far)))
        groups = {}
        for id, group in far.groups.items():
            rows = {
                row: replace(figure, ratio=figure.ratio and pasts.scaled(figure.ratio, 3.0))
                for row, figure in group.rows.items()
            }
            groups[id] = replace(group, rows=rows)
        lines = self.lines(analysis, replace(far, groups=groups))
        self.assertTrue(all(line.apart for line in lines))
        self.assertEqual(len(trend.furthest(lines)), trend.MOVED_MAX)

    def test_what_changed_between_runs_is_said(self) -> None:
        first = summary.of(analyses.ordinary())
        versions = {**first.versions, "go": "2.0"}
        second = replace(first, software="other", versions=versions, status="interrupted")
        one, other = trend.run_lines([first, second])
        self.assertEqual((one.number, other.number), ("1", "this run"))
        self.assertEqual(one.changes, "")
        for words in ("interrupted", "other software", "go 2.0, before 1.0"):
            self.assertIn(words, other.changes)


if __name__ == "__main__":
    unittest.main()
