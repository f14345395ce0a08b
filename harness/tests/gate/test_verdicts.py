"""Each rule of a verdict: what it says, and what would be said without it."""

from __future__ import annotations

import unittest
from dataclasses import replace
from typing import Any

from harness.gate.arithmetic import lag_one, log_effect
from harness.gate.model import Bar, Judgement, Sample, Standing, Subject, Verdict
from harness.gate.verdicts import judge_cells
from harness.tests.gate.samples import BAR, RULES, cell, sample


def judged(
    decider: Sample | None, subject: Subject | None = None, router: Sample | None = None
) -> Judgement:
    subject = subject or cell()
    first = router or sample(0, n=8)
    second = {} if decider is None else {subject.id: decider}
    (found,) = judge_cells([subject], {subject.id: first}, second, RULES)
    return found


class VerdictTest(unittest.TestCase):
    def check(self, verdict: Verdict, words: str, *arguments: Any, **named: Any) -> None:
        found = judged(*arguments, **named)
        self.assertEqual(found.verdict, verdict, found.words)
        self.assertIn(words, found.words)

    def test_worse_by_more_than_matters_is_a_regression(self) -> None:
        self.check(Verdict.REGRESSION, "beyond the noise's floor of 1.0 %", sample(10))

    def test_what_matters_is_a_regression_though_it_is_not_gross(self) -> None:
        floored = cell(bar=Bar(log_effect(3), log_effect(5), measured=True))
        self.check(Verdict.REGRESSION, "floor of 3.0 %", sample(7), floored)

    def test_worse_by_less_than_matters_is_suspected(self) -> None:
        self.check(Verdict.SUSPECTED, "by less than the 5.0 %", sample(4.8, spread=0.02))

    def test_better_by_more_than_matters_is_an_improvement(self) -> None:
        self.check(Verdict.IMPROVEMENT, "", sample(-10))

    def test_better_by_chance_or_by_too_little_is_no_improvement(self) -> None:
        chance = Sample((-0.1, -0.1, 0.1, -0.1, 0.1) * 4, 20)
        self.assertNotEqual(judged(chance).verdict, Verdict.IMPROVEMENT)
        self.assertNotEqual(judged(sample(-4.5, spread=0.005)).verdict, Verdict.IMPROVEMENT)

    def test_what_excludes_both_directions_is_equivalent(self) -> None:
        self.check(Verdict.EQUIVALENT, "a change of 5.0 % is excluded", sample(0))

    def test_what_excludes_only_worse_is_not_worse(self) -> None:
        self.check(Verdict.NOT_WORSE, "a regression of 5.0 % is excluded", sample(-4, 0.06))

    def test_what_excludes_nothing_is_inconclusive_and_says_what_it_could_have_seen(self) -> None:
        found = judged(sample(4, spread=0.06))
        self.assertEqual(found.verdict, Verdict.INCONCLUSIVE)
        assert found.visible is not None
        self.assertGreater(found.visible, BAR.effect)

    def test_the_router_alone_accuses_nobody(self) -> None:
        found = judged(None, router=sample(30, n=8))
        self.assertEqual(found.verdict, Verdict.INCONCLUSIVE)
        self.assertIsNone(found.p)
        self.check(Verdict.EQUIVALENT, "", None, router=sample(0, n=8))

    def test_the_floor_counts_and_not_zero(self) -> None:
        floored = cell(bar=Bar(log_effect(8), log_effect(5), measured=True))
        found = judged(sample(7, spread=0.03), floored)
        self.assertNotIn(found.verdict, (Verdict.REGRESSION, Verdict.SUSPECTED))
        # 12 of 20 are beyond the floor of 8 % and all beyond zero; what matters here is 12 %.
        either = tuple(log_effect(percent) for percent in [13, 13, 13, 1, 1] * 4)
        for sign in (1, -1):
            found = judged(Sample(tuple(sign * d for d in either), 20), floored)
            self.assertNotIn(found.verdict, (Verdict.REGRESSION, Verdict.IMPROVEMENT))

    def test_the_effect_grows_with_the_noise(self) -> None:
        noisy = judged(sample(7), router=sample(0, 0.12, n=8))
        self.assertGreater(noisy.bar.effect, BAR.effect)
        self.assertNotEqual(noisy.verdict, Verdict.REGRESSION)
        self.assertEqual(judged(sample(7)).verdict, Verdict.REGRESSION)

    def test_the_family_is_corrected_for(self) -> None:
        # 15 of 20 above the floor: p = 0.021 alone, and more than 0.05 among three.
        weak = Sample(tuple([0.1, 0.1, 0.1, -0.1] * 5), 20)
        self.assertEqual(judged(weak).verdict, Verdict.REGRESSION)
        subjects = [cell("a"), cell("b"), cell("c")]
        decider = {"a": weak, "b": sample(0), "c": sample(0)}
        found = judge_cells(subjects, {s.id: sample(0, n=8) for s in subjects}, decider, RULES)
        self.assertEqual(found[0].verdict, Verdict.INCONCLUSIVE)

    def test_the_family_is_corrected_for_in_the_other_direction_too(self) -> None:
        weak = Sample(tuple([-0.1, -0.1, -0.1, 0.1] * 5), 20)
        self.assertEqual(judged(weak).verdict, Verdict.IMPROVEMENT)
        subjects = [cell("a"), cell("b"), cell("c")]
        decider = {"a": weak, "b": sample(0), "c": sample(0)}
        found = judge_cells(subjects, {s.id: sample(0, n=8) for s in subjects}, decider, RULES)
        self.assertNotEqual(found[0].verdict, Verdict.IMPROVEMENT)

    def test_what_broke_is_no_member_of_the_family(self) -> None:
        weak = Sample(tuple([0.1, 0.1, 0.1, -0.1] * 5), 20)
        subjects = [cell("a"), cell("b"), cell("c")]
        decider = {name: Sample(planned=20, broken_head="crashed") for name in "bc"} | {"a": weak}
        found = judge_cells(subjects, {s.id: sample(0, n=8) for s in subjects}, decider, RULES)
        self.assertEqual(found[0].verdict, Verdict.REGRESSION)

    def test_half_the_time_is_work_that_was_not_done(self) -> None:
        self.check(Verdict.SUSPICIOUS, "cannot have done the same work", sample(-60))

    def test_too_few_valid_pairs_are_inconclusive(self) -> None:
        few = replace(sample(0, n=15), planned=20, dropped={"steal": 5})
        self.check(Verdict.INCONCLUSIVE, "15 of 20 pairs", few)

    def test_without_an_interval_nothing_is_excluded(self) -> None:
        four = replace(sample(0, n=4), planned=4)
        self.check(Verdict.INCONCLUSIVE, "too few pairs for an interval", four)

    def test_ties_are_inconclusive(self) -> None:
        tied = Sample((0.0,) * 3 + sample(0, n=18).differences[:17], 20)
        self.check(Verdict.INCONCLUSIVE, "3 of 20 pairs are ties", tied)

    def test_noise_beyond_a_tenth_is_unstable(self) -> None:
        loud = cell(bar=Bar(log_effect(11), log_effect(20), log_effect(11), measured=True))
        self.check(Verdict.UNSTABLE, "hides 11.0 %", sample(0), loud)

    def test_pairs_that_remember_are_unstable(self) -> None:
        ordered = Sample(tuple(sorted(sample(0).differences)), 20)
        self.check(Verdict.UNSTABLE, "resembles the one before", ordered)

    def test_pairs_that_resemble_one_another_by_chance_are_not(self) -> None:
        values = sample(0).differences
        ordered = Sample((*sorted(values[:13]), *values[13:]), 20)
        self.assertTrue(0.4 < lag_one(ordered.differences) < 0.5)
        self.check(Verdict.EQUIVALENT, "", ordered)

    def test_a_gross_effect_does_not_hide_behind_noise(self) -> None:
        ordered = Sample(tuple(sorted(sample(40).differences)), 20)
        self.check(Verdict.REGRESSION, "", ordered)
        loud = cell(bar=Bar(log_effect(11), log_effect(20), log_effect(11), measured=True))
        self.check(Verdict.UNSTABLE, "", sample(25), loud)
        self.check(Verdict.REGRESSION, "", sample(50), loud)

    def test_what_broke_never_passes(self) -> None:
        self.check(Verdict.BROKEN, "crashed", sample(0, broken_head="crashed"))
        both = sample(0, broken_head="crashed", broken_base="crashed too")
        self.check(Verdict.BROKEN, "crashed", both)
        self.check(Verdict.FIXED, "base: crashed", sample(0, broken_base="crashed"))
        self.check(Verdict.BROKEN, "has no figures", Sample(planned=20))
        self.check(Verdict.INCONCLUSIVE, "disturbed", Sample(planned=20, dropped={"steal": 20}))

    def test_other_work_is_not_comparable(self) -> None:
        self.check(Verdict.NOT_COMPARABLE, "size", sample(0, mismatch="size is 127"))

    def test_a_standing_needs_no_figures(self) -> None:
        same = cell(standing=Standing(Verdict.IDENTICAL, "the same program"))
        self.check(Verdict.IDENTICAL, "the same program", None, same)

    def test_an_accepted_regression_is_accepted_up_to_its_size(self) -> None:
        accepted = cell(accepted_up_to=log_effect(12))
        self.check(Verdict.ACCEPTED, "up to 12.0 %", sample(10), accepted)
        self.check(Verdict.REGRESSION, "worse than the 12.0 %", sample(15), accepted)
        self.check(Verdict.EQUIVALENT, "", sample(0), accepted)


class PropertyTest(unittest.TestCase):
    def test_exchanging_the_sides_turns_the_verdict_round(self) -> None:
        turned = {Verdict.REGRESSION: Verdict.IMPROVEMENT, Verdict.EQUIVALENT: Verdict.EQUIVALENT}
        for percent in (0, 10, 20):
            forward = sample(percent)
            backward = replace(forward, differences=tuple(-d for d in forward.differences))
            self.assertEqual(turned[judged(forward).verdict], judged(backward).verdict)

    def test_another_cell_never_makes_a_gross_regression_pass(self) -> None:
        for others in range(6):
            subjects = [cell(str(number)) for number in range(others + 1)]
            decider = {s.id: sample(0) for s in subjects} | {"0": sample(20)}
            router = {s.id: sample(0, n=8) for s in subjects}
            found = judge_cells(subjects, router, decider, RULES)
            self.assertEqual(found[0].verdict, Verdict.REGRESSION)
