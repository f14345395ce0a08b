"""Routing, the controls and the exit status: what a gate says as a whole."""

from __future__ import annotations

import unittest
from dataclasses import replace

from harness.gate import decision
from harness.gate.controls import injected_bar
from harness.gate.decision import decide
from harness.gate.model import Decision, Health, Kind, Rules, Sample, Standing, Subject, Verdict
from harness.gate.routing import route
from harness.tests.gate.samples import BAR, CONTROLS, RULES, cell, control, sample

WELL = {
    kind.value: sample(8 if kind is Kind.POSITIVE else 0, first=(1.0,) * 20, second=(1.0,) * 20)
    for kind in CONTROLS
}


def decided(
    cells: dict[str, Sample],
    controls: dict[str, Sample] | None = None,
    subjects: list[Subject] | None = None,
) -> Decision:
    decider = {**WELL, **(controls or {}), **cells}
    everything = subjects or [cell(name) for name in cells]
    everything = everything + [control(kind) for kind in CONTROLS]
    router = {s.id: sample(8 if s.kind is Kind.POSITIVE else 0, n=8) for s in everything}
    return decide(everything, router, decider, RULES)


class StatusTest(unittest.TestCase):
    def test_each_verdict_has_its_status(self) -> None:
        noisy = sample(4, spread=0.06)
        known = {
            0: {"a": sample(0), "b": sample(-10), "c": sample(4.8, spread=0.02)},
            1: {"a": sample(0), "b": sample(10), "c": noisy},
            3: {"a": sample(10), "b": sample(0, broken_head="crashed")},
            4: {"a": sample(0), "b": noisy},
            5: {"a": sample(10), "b": sample(0, mismatch="size"), "c": Sample(planned=20)},
        }
        for status, cells in known.items():
            self.assertEqual(decided(cells).status, status)
        self.assertEqual(decided({"a": sample(-60)}).status, 3)

    def test_where_nothing_was_measured_the_controls_do_not_matter(self) -> None:
        same = cell(standing=Standing(Verdict.IDENTICAL, "the same"))
        blind = {"positive": sample(0)}
        self.assertEqual(decided({}, blind, [same]).status, 0)
        self.assertEqual(decided({"b": sample(0)}, blind, [same, cell("b")]).status, 4)

    def test_no_cell_at_all_is_broken(self) -> None:
        self.assertEqual(decided({}).status, 3)

    def test_the_sentence_says_what_to_do(self) -> None:
        self.assertEqual(
            decided({"a": sample(10), "b": sample(12), "c": sample(-9)}).sentence,
            "Fail: 2 confirmed regressions, 1 improvement; action needed.",
        )
        self.assertEqual(
            decided({"a": sample(0)}).sentence, "Pass: 1 equivalent; no action needed."
        )

    def test_what_is_not_gated_or_in_quarantine_is_shown_and_counts_not(self) -> None:
        for subject in (cell(gated=False), cell(quarantine="its noise is looked into")):
            found = decided({"a": sample(10)}, subjects=[subject])
            self.assertEqual(found.status, 0)
            self.assertEqual(found.judgements[0].verdict, Verdict.REGRESSION)


class ControlTest(unittest.TestCase):
    def check(self, health: Health, words: str, controls: dict[str, Sample]) -> None:
        found = decided({"a": sample(0)}, controls)
        self.assertEqual((found.health, found.status), (health, 4))
        self.assertIn(health.value, found.sentence)
        self.assertTrue(any(words in control.words for control in found.controls), found.controls)

    def test_a_slowdown_that_is_not_found_is_blindness(self) -> None:
        self.check(Health.BLIND, "is called EQUIVALENT", {"positive": sample(0)})
        self.check(Health.BLIND, "has no figures", {"positive": Sample(planned=20)})

    def test_the_router_has_to_notice_it_too(self) -> None:
        subjects = [cell(), *(control(kind) for kind in CONTROLS)]
        router = {s.id: sample(0, n=8) for s in subjects}
        found = decide(subjects, router, {**WELL, "a": sample(0)}, RULES)
        self.assertEqual(found.health, Health.BLIND)

    def test_equal_programs_that_differ_are_contamination(self) -> None:
        for kind in (Kind.NULL_COPY, Kind.NULL_RELINK, Kind.DRIFT):
            for percent in (3, -3):
                self.check(
                    Health.CONTAMINATED, "differs from itself", {kind.value: sample(percent)}
                )
        for small_percent in (1.9, -1.9):
            small = sample(small_percent, spread=0.001)
            self.check(Health.CONTAMINATED, "p = ", {"null copy": small})

    def test_contamination_goes_before_blindness(self) -> None:
        both = {"null copy": sample(3), "positive": sample(0)}
        self.check(Health.CONTAMINATED, "is called EQUIVALENT", both)

    def test_a_machine_whose_speed_moved_is_contamination(self) -> None:
        level = (1.0,) * 10 + (1.4,) * 10
        values = tuple(value + 0.001 * (i % 3) for i, value in enumerate(level))
        moved = sample(0, first=values, second=values)
        self.check(Health.CONTAMINATED, "own speed moved by 40 %", {"drift": moved})

    def test_what_a_wake_up_takes_may_double(self) -> None:
        others = [control(kind) for kind in CONTROLS if kind is not Kind.DRIFT]
        subjects = [cell(), *others, replace(control(Kind.DRIFT), cell="wake")]
        router = {s.id: sample(8 if s.kind is Kind.POSITIVE else 0, n=8) for s in subjects}
        for level, health in ((1.8, Health.HEALTHY), (2.5, Health.CONTAMINATED)):
            values: tuple[float, ...] = (1.0,) * 10 + (level,) * 10
            moved = sample(0, first=values, second=values)
            found = decide(subjects, router, {**WELL, "a": sample(0), "drift": moved}, RULES)
            self.assertEqual(found.health, health)

    def test_a_median_far_beyond_the_noise_is_contamination_however_it_came_about(self) -> None:
        # 11 of 20 differ by 3 %: no small p, but twice the noise of 1 %.
        uneven = Sample((0.03,) * 11 + (-0.001,) * 9, 20)
        self.check(Health.CONTAMINATED, "the noise is", {"null copy": uneven})

    def test_a_median_that_its_own_spread_explains_is_none(self) -> None:
        # The router's pairs were alike by luck; these stray by 6 %, and so their median by some 4.
        loud = sample(3, spread=0.06)
        self.assertEqual(decided({"a": sample(0)}, {"null relink": loud}).status, 0)

    def test_a_small_or_a_usual_shift_of_the_machine_is_none(self) -> None:
        small = tuple([1.0] * 10 + [1.2] * 10)
        usual = tuple([0.6, 1.4, 0.8, 1.2, 1.0] * 2 + [0.9, 1.7, 1.1, 1.5, 1.3] * 2)
        for values in (small, usual):
            drift = sample(0, first=values, second=values)
            self.assertEqual(decided({"a": sample(0)}, {"drift": drift}).status, 0)

    def test_a_gate_without_controls_is_blind(self) -> None:
        for missing in ({Kind.POSITIVE}, {Kind.DRIFT}, {Kind.NULL_COPY, Kind.NULL_RELINK}):
            subjects = [cell(), *(control(kind) for kind in CONTROLS if kind not in missing)]
            router = {s.id: sample(8, n=8) for s in subjects}
            found = decide(subjects, router, {**WELL, "a": sample(0)}, RULES)
            self.assertEqual(found.health, Health.BLIND)

    def test_an_accusation_needs_controls_that_are_well(self) -> None:
        found = decided({"a": sample(10)}, {"null copy": sample(3)})
        self.assertEqual(found.judgements[0].verdict, Verdict.INCONCLUSIVE)
        self.assertIn("would be a regression", found.judgements[0].words)
        self.assertEqual(found.status, 4)

    def test_what_is_injected_grows_with_the_noise_of_the_null_controls(self) -> None:
        subjects = [control(kind) for kind in CONTROLS]
        quiet = {s.id: sample(0, n=8) for s in subjects}
        self.assertEqual(injected_bar(subjects[2], subjects, quiet, RULES).effect, BAR.effect)
        loud = {s.id: sample(0, 0.2, n=8) for s in subjects}
        self.assertGreater(injected_bar(subjects[2], subjects, loud, RULES).effect, BAR.effect)


class RouteTest(unittest.TestCase):
    def routed(self, first: Sample, subject: Subject | None = None) -> bool:
        subject = subject or cell()
        found, _ = route([subject], {subject.id: first}, replace(RULES, audit_share=0.0))
        return bool(found)

    def test_what_may_matter_is_routed(self) -> None:
        self.assertFalse(self.routed(sample(0, n=8)))
        consistent = Sample((0.001,) * 7 + (-0.001,), 8)
        self.assertTrue(self.routed(consistent), "seven of eight are worse")
        large = Sample((0.03, -0.01, 0.04, -0.01, 0.03, -0.01, 0.03, 0.03), 8)
        self.assertTrue(self.routed(large), "the median is more than half the effect")
        wide = Sample((0.2, -0.2, 0.15, -0.15, 0.1, -0.1, -0.01, 0.01), 8)
        measured = cell(bar=replace(BAR, measured=True))
        self.assertTrue(self.routed(wide, measured), "the interval does not exclude the effect")
        self.assertTrue(self.routed(sample(-10, n=8)), "better is decided too")

    def test_what_the_router_saw_too_little_of_is_routed(self) -> None:
        few = sample(0, n=6)
        self.assertFalse(self.routed(few))
        self.assertTrue(self.routed(replace(few, planned=8, dropped={"steal": 2})))
        self.assertTrue(self.routed(Sample(planned=8, dropped={"steal": 8})))
        self.assertTrue(self.routed(Sample((0.0, 0.0) + few.differences, 8)))

    def test_what_needs_no_figures_is_not(self) -> None:
        worse = sample(10, n=8)
        self.assertTrue(self.routed(worse))
        self.assertFalse(self.routed(worse, cell(standing=Standing(Verdict.NEW, "new"))))
        self.assertFalse(self.routed(replace(worse, broken_head="crashed")))
        self.assertFalse(self.routed(worse, control(Kind.POSITIVE)))

    def test_a_fixed_share_of_the_cleared_is_audited(self) -> None:
        subjects = [cell(str(number)) for number in range(400)]
        router = {s.id: sample(0, n=8) for s in subjects}
        suspects, audited = route(subjects, router, Rules((8, 20), audit_share=0.05))
        self.assertEqual(suspects, [])
        self.assertTrue(8 < len(audited) < 36, len(audited))
        again = route(subjects, router, Rules((8, 20), audit_share=0.05))[1]
        self.assertEqual(audited, again)


class OrderTest(unittest.TestCase):
    def test_the_order_of_the_statuses_is_the_documented_one(self) -> None:
        order = [status for status, _ in decision._STATUS_OF]
        self.assertEqual(order, [5, 3, 1, 4])
