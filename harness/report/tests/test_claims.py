"""The claims as the page shows them: all of them, with their figures' cells, and escaped."""

from __future__ import annotations

import re
import tempfile
import unittest
from dataclasses import replace
from html import unescape
from pathlib import Path

from harness import claims_file
from harness.claims import Arithmetic, Article, Claim, Judged, Place, Verdict, judge
from harness.model import Analysis, Metric
from harness.report import claims, render, standing
from harness.report.check import check
from harness.report.standing import Anchors
from harness.report.tests import analyses

ARTICLE = Article("A", "A title", "a.txt")
PLACE = Place(
    workload="channel/ping_pong",
    parameters={"capacity": 0},
    workers=2,
    metric=Metric("real_time", "ns", "lower"),
    divisor=4,
    contender=None,
    race_detector=False,
    sizes=("full",),
)
PING_PONG = Claim(
    id="hop",
    topic="Time",
    articles=(ARTICLE,),
    says="a hop takes 50 to 150 ns",
    reading=None,
    contenders=("go", "weft"),
    place=PLACE,
    at_least=50,
    at_most=150,
)


def analysis() -> Analysis:
    return replace(analyses.ordinary(), environment={"cpu": {"usable": 2}})


def part(*asked: Claim) -> claims.ClaimsPart:
    found = analysis()
    anchors = Anchors()
    standings = standing.judge(found, anchors)
    made = claims.part(judge(asked, found), standings, anchors)
    assert made is not None
    return made


class PartTest(unittest.TestCase):
    def entry(self, asked: Claim) -> claims.Entry:
        ((entry,),) = (topic.entries for topic in part(asked).topics)
        return entry

    def test_a_figure_has_its_interval_its_cell_and_its_verdict(self) -> None:
        entry = self.entry(PING_PONG)
        self.assertEqual(
            entry.asked, "channel/ping_pong: real time ÷ 4 from 50.0\u202fns to 150\u202fns"
        )
        go, weft = entry.lines
        self.assertRegex(go.figure, r"^(99|10\d)[.\d]*\u202fns$")
        self.assertRegex(go.interval, r"^[\d.]+ – [\d.]+ at 96\u202f%, n = 9$")
        self.assertEqual(
            go.cells,
            (
                (
                    "capacity 0 · workers 2",
                    "#cell=channel/ping_pong/capacity=0/workers=2@go:default",
                ),
            ),
        )
        self.assertEqual((go.verdict, weft.verdict), ("✓ holds", "✗ does not hold here"))

    def test_both_cells_of_a_quotient_are_named(self) -> None:
        over = replace(PLACE, contender="std_thread", divisor=1)
        entry = self.entry(replace(PING_PONG, over=over, at_least=None, at_most=0.5))
        self.assertEqual(entry.asked, "channel/ping_pong: real time ÷ 4 up to 0.500×")
        words = [words for words, _ in entry.lines[0].cells]
        self.assertEqual(
            words, ["capacity 0 · workers 2", "over std_thread, capacity 0 · workers 2"]
        )
        self.assertTrue(entry.lines[0].figure.endswith("×"))

    def test_what_arithmetic_excludes_says_so(self) -> None:
        sums = Arithmetic(1e6, 1e9, "ten times 100 ms")
        asked = replace(PING_PONG, at_least=None, at_most=None, arithmetic=sums)
        entry = self.entry(asked)
        self.assertEqual(entry.asked, "at least 1.00\u202fs: ten times 100 ms")

    def test_one_line_says_what_is_so_for_all(self) -> None:
        bare = {"place": None, "at_least": None, "at_most": None}
        (line,) = self.entry(replace(PING_PONG, **bare, unmeasured="a constant")).lines
        self.assertEqual((line.contender, line.words), ("go and weft", "a constant"))
        self.assertEqual(line.verdict, "– not measured in this run")

    def test_the_summary_counts_each_claim_once_by_its_subject(self) -> None:
        other = replace(PING_PONG, id="other", contenders=("weft", "go"))
        self.assertEqual(
            part(PING_PONG, other).summary,
            "Of 2 claims, each judged by what it is about, 1 holds and 1 does not hold here.",
        )

    def test_every_verdict_has_a_sign_and_words(self) -> None:
        for verdict in Verdict:
            judged = Judged(
                PING_PONG,
                (replace(judge([PING_PONG], analysis())[0].findings[0], verdict=verdict),),
            )
            self.assertIn("1 ", claims.summary([judged]))

    def test_without_claims_there_is_no_part(self) -> None:
        self.assertIsNone(claims.part((), (), Anchors()))


class PageTest(unittest.TestCase):
    def page(self, *asked: Claim) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            found = analysis()
            return render(found, Path(scratch), judge(asked, found)).read_text(encoding="utf-8")

    def test_every_claim_of_the_repository_is_between_the_suites_and_the_trust(self) -> None:
        asked = claims_file.load()
        text = self.page(*asked)
        self.assertEqual(check(text), [])
        places = [text.index(f'<section id="{at}"') for at in ("suite=fanout", "claims", "trust")]
        self.assertEqual(places, sorted(places))
        words = unescape(text)
        for claim in asked:
            self.assertIn(f'id="claim={claim.id}"', text)
            self.assertIn(claim.says, words)
        for article in {article for claim in asked for article in claim.articles}:
            self.assertIn(article.file, text)

    def test_hostile_words_stay_words(self) -> None:
        bad = analyses.HOSTILE
        asked = replace(
            PING_PONG,
            articles=(Article("A", bad, bad),),
            says=bad,
            reading=bad,
            topic=bad,
            contenders=(bad, "go"),
        )
        text = self.page(asked)
        self.assertEqual(check(text), [])
        self.assertEqual(text.count("<script>"), 1)
        self.assertEqual(re.findall("[\x00-\x08\x0b-\x1f\x7f]", text), [])

    def test_without_claims_nothing_links_to_them(self) -> None:
        text = self.page()
        self.assertEqual(check(text), [])
        self.assertNotIn("#claims", text)


if __name__ == "__main__":
    unittest.main()
