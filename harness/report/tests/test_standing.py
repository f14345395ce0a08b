"""How rows stand to the reference, and what is summed over them."""

from __future__ import annotations

import unittest
from dataclasses import replace

from harness.model import Gap, Metric
from harness.report import heatmap, overview, standing
from harness.report.standing import Anchors, Standing, Standings
from harness.report.tests import analyses


def judged_rates(direction: str) -> Standings:
    """One group with weft at 2000, go at 1000 and tbb at 8000 of something."""
    analysis = analyses.higher_is_better()
    spec = analyses.workload("fanout/echo", metric=Metric("rate", "1/s", direction))
    group = analyses.group_of(spec, {"connections": 4}, 2, analysis.groups[0].results)
    changed = replace(analysis, groups=(group,), workloads=(spec,))
    return standing.judge(changed, Anchors())[0]


class FactorTest(unittest.TestCase):
    def test_above_one_means_that_the_reference_is_better_in_either_direction(self) -> None:
        for direction, go, tbb in (("higher", 2.0, 0.25), ("lower", 0.5, 4.0)):
            rows = {row.name: row for row in judged_rates(direction).rows}
            for name, expected in (("go", go), ("tbb", tbb)):
                factor = rows[name].factor
                assert factor is not None and factor.low is not None and factor.high is not None
                self.assertAlmostEqual(factor.median, expected)
                self.assertLessEqual(factor.low, factor.median)
                self.assertGreaterEqual(factor.high, factor.median)
                better = Standing.BETTER if expected > 1 else Standing.WORSE
                self.assertIs(rows[name].standing, better)

    def test_too_few_runs_are_neither_a_win_nor_a_tie(self) -> None:
        found = standing.judge(analyses.interrupted(), Anchors())
        kinds = {row.standing for group in found for row in group.rivals}
        self.assertEqual(kinds, {Standing.UNDECIDED})

    def test_figures_without_a_reference_have_no_ratio(self) -> None:
        found = standing.judge(analyses.full_of_gaps(), Anchors())
        alone = [group for group in found if group.reference is None]
        self.assertTrue(alone)
        kinds = {row.standing for group in alone for row in group.rows}
        self.assertEqual(kinds, {Standing.UNRELATED, Standing.MISSING})


class NameTest(unittest.TestCase):
    def test_the_default_profile_is_the_plain_name(self) -> None:
        self.assertEqual(
            standing.row_order(analyses.ordinary()),
            ["weft", "boost_fiber", "boost_fiber:round_robin", "tbb", "std_thread", "go"],
        )

    def test_another_profile_of_the_reference_is_no_rival(self) -> None:
        analysis = analyses.ordinary()
        group = analysis.groups[0]
        base = group.results[0]
        cell = replace(base.cell, profile="no_guard")
        twin = analyses.measured(cell, [value / 2 for value in base.values])
        results = (*group.results, twin)
        group = analyses.group_of(group.workload, dict(group.parameters), 2, results)
        found = standing.judge(replace(analysis, groups=(group,)), Anchors())[0]
        self.assertEqual(found.rows[1].name, "weft:no_guard")
        self.assertIs(found.rows[1].standing, Standing.WORSE)
        self.assertNotIn(found.rows[1], found.rivals)

    def test_anchors_are_unique_and_without_white_space(self) -> None:
        anchors = Anchors()
        self.assertEqual(anchors.claim("cell", "a b\n@c"), "cell=a_b_@c")
        self.assertEqual(anchors.claim("cell", "a b @c"), "cell=a_b_@c~2")


class ColumnTest(unittest.TestCase):
    ROWS = ["weft", "weft:no_guard", "boost_fiber", "boost_fiber:round_robin", "go"]

    def test_a_contender_has_one_column_and_its_further_profiles_others(self) -> None:
        self.assertEqual(heatmap.contender_columns(self.ROWS, "weft"), ["boost_fiber", "go"])
        self.assertEqual(
            heatmap.further_columns(self.ROWS, "weft"), ["weft:no_guard", "boost_fiber:round_robin"]
        )

    def test_another_profile_speaks_where_the_plain_one_has_no_figure(self) -> None:
        analysis = analyses.ordinary()
        group = analysis.groups[0]
        plain, other = group.results[1:3]
        gap = analyses.missing(plain.cell, Gap.NOT_EXPRESSIBLE, "one worker is another profile's")
        gaps = analyses.missing(other.cell, Gap.FAILED, "a crash")
        cases = {
            "boost_fiber": group.results,
            "boost_fiber:round_robin": (group.results[0], gap, other),
        }
        for name, results in cases.items():
            changed = analyses.group_of(group.workload, dict(group.parameters), 2, results)
            (judged,) = standing.judge(replace(analysis, groups=(changed,)), Anchors())
            (line,) = overview.heat(["boost_fiber"], "weft", [judged]).suites[0][1]
            row = heatmap.row_of_contender(judged, "boost_fiber")
            assert row is not None and line.cells[0] is not None
            self.assertEqual(row.name, name)
            self.assertEqual(line.cells[0].about.startswith(name + ": "), ":" in name)
        changed = analyses.group_of(
            group.workload, dict(group.parameters), 2, (group.results[0], gap, gaps)
        )
        (judged,) = standing.judge(replace(analysis, groups=(changed,)), Anchors())
        row = heatmap.row_of_contender(judged, "boost_fiber")
        assert row is not None
        self.assertEqual(row.gap, "not expressible")
        self.assertIsNone(heatmap.row_of_contender(judged, "go"))

    def test_a_further_row_without_any_ratio_is_not_counted(self) -> None:
        found = standing.judge(analyses.ordinary(), Anchors())
        rows = ["go", "boost_fiber:round_robin", "go:jemalloc"]
        self.assertEqual(standing.rows_with_a_ratio(rows, found), rows[:2])
        self.assertEqual(standing.rows_with_a_ratio(rows, []), rows[:1])

    def test_the_further_rows_are_shown_where_one_has_a_figure(self) -> None:
        found = standing.judge(analyses.ordinary(), Anchors())
        rows = standing.row_order(analyses.ordinary())[1:]
        further = overview.further_heat(rows, "weft", found)
        self.assertEqual(further.columns, ("boost_fiber:round_robin",))
        lines = [line for _, lines in further.suites for line in lines]
        self.assertLess(len(lines), len(found))
        for line in lines:
            assert line.cells[0] is not None
            self.assertNotEqual(line.cells[0].token, "gap")


class SumTest(unittest.TestCase):
    def test_a_mean_is_over_the_same_cells_or_not_at_all(self) -> None:
        found = standing.judge(analyses.ordinary(), Anchors())
        spawn = [group for group in found if group.group.workload.suite == "spawn"]
        means = {mean.row: mean for mean in standing.suite_means(["go", "tbb"], spawn)}
        self.assertEqual((means["go"].present, means["go"].cells), (6, 6))
        product = 1.0
        for group in spawn:
            go = next(row for row in group.rows if row.name == "go")
            assert go.factor is not None
            product *= go.factor.median
        self.assertAlmostEqual(means["go"].factor or 0, product ** (1 / 6))
        self.assertIsNone(means["tbb"].factor)
        self.assertEqual(means["tbb"].present, 3)

    def test_every_counted_group_is_in_one_column_of_each_line(self) -> None:
        for analysis in (analyses.ordinary(), analyses.full_of_gaps(), analyses.interrupted()):
            found = standing.judge(analysis, Anchors())
            controls = sum(group.group.workload.control for group in found)
            for line in overview.counts(standing.row_order(analysis)[1:], found):
                columns = line.better + line.alike + line.worse + line.undecided
                self.assertEqual(columns + line.without_ratio, len(found) - controls)

    def test_a_figure_without_a_ratio_is_shown_with_its_unit(self) -> None:
        found = standing.judge(analyses.full_of_gaps(), Anchors())
        for group in found:
            unit = group.group.workload.metric.unit
            for row in group.rows:
                if row.standing is Standing.UNRELATED:
                    self.assertRegex(
                        heatmap.cell_words(row, unit), r"^[\d\u202f.]+ ?(n|µ|m)?s$|iB$|B$"
                    )

    def test_a_gap_keeps_its_own_words(self) -> None:
        found = standing.judge(analyses.full_of_gaps(), Anchors())
        gaps = {row.gap for group in found for row in group.rows if row.result.gap}
        self.assertEqual(gaps, {gap.value for gap in Gap})


if __name__ == "__main__":
    unittest.main()
