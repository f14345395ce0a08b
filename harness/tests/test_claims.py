"""A claim's verdict follows from the figure, and from nothing where there is none."""

from __future__ import annotations

import unittest
from dataclasses import replace
from typing import Any, Sequence

from harness import stats
from harness.claims import Arithmetic, Article, Claim, Finding, Judged, Place, Verdict, judge
from harness.model import Analysis, CellResult, Gap, Interval, Metric
from harness.report.tests import analyses

ARTICLE = Article("A", "A title", "a.txt")
PLACE = Place(
    workload="channel/ping_pong",
    parameters={"capacity": 0},
    workers="max",
    metric=Metric("real_time", "ns", "lower"),
    divisor=1,
    contender=None,
    race_detector=False,
    sizes=("standard", "full"),
)
SPREAD = [90.0, 95.0, 100.0, 105.0, 110.0, 115.0]  # six runs, whose interval is all of them


def claim(**changes: Any) -> Claim:
    fields: dict[str, Any] = {"place": PLACE, "at_least": 50, "at_most": 150, **changes}
    return Claim("a_claim", "Time", (ARTICLE,), "it takes 100 ns", None, ("go", "weft"), **fields)


def analysis(*results: CellResult, parameters: dict[str, int | str] | None = None) -> Analysis:
    """One group of ping-pong on two CPUs."""
    found = parameters or {"capacity": 0}
    workload = analyses.workload("channel/ping_pong")
    group = analyses.group_of(workload, found, 2, results)
    return replace(analyses.ordinary(), groups=(group,), environment={"cpu": {"usable": 2}})


def measured(row: str, values: Sequence[float], **metrics: Interval) -> CellResult:
    workload = analyses.workload("channel/ping_pong")
    result = analyses.measured(analyses.cell_of(workload, {"capacity": 0}, 2, row), values)
    return replace(result, metrics={**result.metrics, **metrics})


def gap(row: str, kind: Gap) -> CellResult:
    workload = analyses.workload("channel/ping_pong")
    return analyses.missing(analyses.cell_of(workload, {"capacity": 0}, 2, row), kind, "because")


def first(asked: Claim, found: Analysis) -> Finding:
    (judged,) = judge([asked], found)
    assert judged.verdict is judged.findings[0].verdict
    return judged.findings[0]


class BoundsTest(unittest.TestCase):
    def verdict(self, values: Sequence[float], **bounds: float | None) -> Verdict:
        return first(claim(**bounds), analysis(measured("go:default", values))).verdict

    def test_an_interval_within_the_bounds_holds(self) -> None:
        self.assertIs(self.verdict(SPREAD), Verdict.HOLDS)
        self.assertIs(self.verdict(SPREAD, at_least=90, at_most=115), Verdict.HOLDS)
        self.assertIs(self.verdict(SPREAD, at_least=None), Verdict.HOLDS)
        self.assertIs(self.verdict(SPREAD, at_most=None), Verdict.HOLDS)

    def test_an_interval_outside_does_not(self) -> None:
        found = analysis(measured("go:default", SPREAD))
        for bounds, words in (({"at_most": 89}, "it is more"), ({"at_least": 116}, "it is less")):
            finding = first(claim(**bounds), found)
            self.assertEqual((finding.verdict, finding.reason), (Verdict.FAILS, words))

    def test_an_interval_across_a_bound_settles_nothing(self) -> None:
        for bounds in ({"at_most": 100.0}, {"at_least": 100.0}, {"at_most": 91.0}):
            self.assertIs(self.verdict(SPREAD, **bounds), Verdict.UNSETTLED)

    def test_without_an_interval_the_median_decides(self) -> None:
        self.assertIs(self.verdict([90.0, 100.0, 200.0]), Verdict.HOLDS)
        self.assertIs(self.verdict([90.0, 200.0, 200.0]), Verdict.FAILS)

    def test_each_contender_is_judged_by_its_own_figure(self) -> None:
        found = analysis(measured("weft:default", [10.0] * 6), measured("go:default", SPREAD))
        (judged,) = judge([claim()], found)
        verdicts = [(finding.contender, finding.verdict) for finding in judged.findings]
        self.assertEqual(verdicts, [("go", Verdict.HOLDS), ("weft", Verdict.FAILS)])

    def test_a_figure_may_be_divided_and_be_another_metric(self) -> None:
        cpu = Metric("cpu_time", "ns", "lower")
        place = replace(PLACE, metric=cpu, divisor=4)
        found = analysis(measured("go:default", SPREAD, cpu_time=stats.interval([400.0] * 6)))
        figure = first(claim(place=place), found).figure
        assert figure is not None
        self.assertEqual((figure.low, figure.median, figure.high), (100.0, 100.0, 100.0))

    def test_a_setting_has_no_scatter(self) -> None:
        place = replace(PLACE, metric=Metric("effective.stack_bytes", "B", "lower"))
        finding = first(claim(place=place, at_most=65536), analysis(measured("go:default", SPREAD)))
        self.assertIs(finding.verdict, Verdict.HOLDS)
        assert finding.figure is not None
        self.assertEqual(finding.figure.confidence, 1.0)


class QuotientTest(unittest.TestCase):
    def test_its_bounds_are_the_worst_of_both(self) -> None:
        over = replace(PLACE, contender="std_thread")
        found = analysis(
            measured("go:default", SPREAD), measured("std_thread:default", [10 * v for v in SPREAD])
        )
        finding = first(claim(over=over, at_least=0.01, at_most=0.5), found)
        assert finding.figure is not None and finding.figure.low is not None
        assert finding.figure.high is not None and finding.figure.confidence is not None
        self.assertAlmostEqual(finding.figure.median, 0.1)
        self.assertAlmostEqual(finding.figure.low, 90 / 1150)
        self.assertAlmostEqual(finding.figure.high, 115 / 900)
        self.assertAlmostEqual(finding.figure.confidence, 1 - 2 * (2 / 64))
        self.assertEqual(len(finding.cells), 2)
        self.assertIs(finding.verdict, Verdict.HOLDS)

    def test_without_one_of_the_two_there_is_none(self) -> None:
        over = replace(PLACE, contender="std_thread")
        finding = first(claim(over=over), analysis(measured("go:default", SPREAD)))
        self.assertIs(finding.verdict, Verdict.NOT_MEASURED)
        self.assertIn("std_thread was not among the contenders", finding.reason or "")


class EndTest(unittest.TestCase):
    def verdict(self, result: CellResult, finishes: bool) -> Verdict:
        asked = claim(at_least=None, at_most=None, finishes=finishes)
        return first(asked, analysis(result)).verdict

    def test_ending_well_is_all_that_is_asked(self) -> None:
        self.assertIs(self.verdict(measured("go:default", [1.0]), True), Verdict.HOLDS)
        self.assertIs(self.verdict(measured("go:default", [1.0]), False), Verdict.FAILS)

    def test_only_a_defeat_says_that_it_cannot_be_done(self) -> None:
        for kind in Gap:
            defeat = kind in (Gap.DID_NOT_FINISH, Gap.FAILED, Gap.WRONG_RESULT)
            result = gap("go:default", kind)
            expected = (Verdict.FAILS, Verdict.HOLDS) if defeat else (Verdict.NOT_MEASURED,) * 2
            found = self.verdict(result, True), self.verdict(result, False)
            self.assertEqual(found, expected, kind)


class ArithmeticTest(unittest.TestCase):
    asked = claim(at_least=None, at_most=None, arithmetic=Arithmetic(10, 80, "8 of 10 ns each"))

    def test_it_cannot_hold_whatever_is_measured(self) -> None:
        finding = first(self.asked, analysis(measured("go:default", SPREAD)))
        self.assertIs(finding.verdict, Verdict.IMPOSSIBLE)
        self.assertIsNotNone(finding.figure)
        finding = first(self.asked, analysis(gap("go:default", Gap.NOT_RUN)))
        self.assertIs(finding.verdict, Verdict.IMPOSSIBLE)
        self.assertEqual(finding.reason, "not run: because")

    def test_a_figure_that_arithmetic_excludes_is_a_doubt(self) -> None:
        finding = first(self.asked, analysis(measured("go:default", [20.0] * 6)))
        self.assertIs(finding.verdict, Verdict.UNSETTLED)


class NotMeasuredTest(unittest.TestCase):
    def reason(self, asked: Claim, found: Analysis) -> str:
        finding = first(asked, found)
        self.assertIs(finding.verdict, Verdict.NOT_MEASURED)
        self.assertIsNone(finding.figure)
        return finding.reason or ""

    def test_every_way_to_have_no_figure_says_why(self) -> None:
        whole = analysis(measured("go:default", SPREAD))
        absent = replace(PLACE, workload="idle/cpu")
        unknown = replace(PLACE, metric=Metric("p99_ns", "ns", "lower"))
        elsewhere = replace(PLACE, workers=7)
        self.assertIn("no such cell of idle/cpu", self.reason(claim(place=absent), whole))
        self.assertIn("one of size standard or full has", self.reason(claim(place=absent), whole))
        self.assertIn("no such cell", self.reason(claim(place=elsewhere), whole))
        self.assertIn("has no p99_ns", self.reason(claim(place=unknown), whole))
        only_weft = analysis(measured("weft:default", SPREAD))
        self.assertIn("go was not among", self.reason(claim(), only_weft))
        broken = analysis(gap("go:default", Gap.FAILED))
        self.assertEqual(self.reason(claim(), broken), "failed: because")
        self.assertIn("no such cell", self.reason(claim(), analyses.empty()))

    def test_what_no_cell_measures_has_its_reason(self) -> None:
        asked = claim(place=None, at_least=None, at_most=None, unmeasured="a constant")
        self.assertEqual(self.reason(asked, analyses.empty()), "a constant")

    def test_another_profile_is_not_the_contender(self) -> None:
        found = analysis(measured("go:tuned", SPREAD))
        self.assertIn("go was not among", self.reason(claim(), found))
        tuned = replace(claim(), contenders=("go:tuned",))
        self.assertIs(first(tuned, found).verdict, Verdict.HOLDS)


class RaceTest(unittest.TestCase):
    """A figure of instrumented programs, divided by that of the programs themselves."""

    asked = claim(place=replace(PLACE, race_detector=True), over=PLACE, at_least=5, at_most=20)

    def finding(self, race: Analysis | None) -> Finding:
        plain = analysis(measured("go:default", SPREAD))
        return judge([self.asked], plain, race)[0].findings[0]

    def test_it_is_taken_from_the_run_beside_this_one(self) -> None:
        finding = self.finding(analysis(measured("go:default", [10 * v for v in SPREAD])))
        self.assertIs(finding.verdict, Verdict.HOLDS)
        assert finding.figure is not None
        self.assertAlmostEqual(finding.figure.median, 10.0)
        self.assertEqual(len(finding.cells), 1, "the other cell is not on this page")

    def test_without_one_or_from_another_machine_there_is_none(self) -> None:
        race = analysis(measured("go:default", SPREAD))
        foreign = replace(race, environment={**race.environment, "fingerprint": "another"})
        for beside, words in ((None, "no folder 'race'"), (foreign, "is of another machine")):
            finding = self.finding(beside)
            self.assertIs(finding.verdict, Verdict.NOT_MEASURED)
            self.assertIn(words, finding.reason or "")


class ExampleTest(unittest.TestCase):
    def test_it_shows_or_refutes(self) -> None:
        asked = claim(place=None, at_least=None, at_most=None, example="runtime/examples/a.cpp")
        for refutes, expected in ((False, Verdict.SHOWN), (True, Verdict.FAILS)):
            judged = judge([replace(asked, refutes=refutes)], analyses.empty())
            self.assertEqual([one.verdict for one in judged], [expected])
            self.assertIsInstance(judged[0], Judged)
            self.assertEqual(judged[0].findings[0].reason, "runtime/examples/a.cpp")


class CpusTest(unittest.TestCase):
    def test_max_among_the_parameters_is_the_number_of_cpus(self) -> None:
        workload = analyses.workload("channel/ping_pong")
        cell = analyses.cell_of(workload, {"tasks": 2}, 2, "go:default")
        found = analysis(analyses.measured(cell, SPREAD), parameters={"tasks": 2})
        asked = claim(place=replace(PLACE, parameters={"tasks": "max"}))
        self.assertIs(first(asked, found).verdict, Verdict.HOLDS)


if __name__ == "__main__":
    unittest.main()
