"""What is said about a cell. The order of the rules is one of them.

A row that crashed must not pass, one that is gross must not hide behind its noise, and one that
was measured too little must not be called equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import Mapping, Sequence

from harness import stats
from harness.gate.arithmetic import (
    holm,
    lag_one,
    log_effect,
    mirrored,
    percent,
    sign_p,
    smallest_visible,
)
from harness.gate.model import Bar, Judgement, Rules, Sample, Subject, Verdict
from harness.gate.routing import EQUIVALENCE_CONFIDENCE, bar_of, shortage
from harness.model import Interval

SUSPICIOUS_RATIO = 0.5  # a head that takes less than this of base's time did not do the work
GROSS_NOISES = 3.0
UNSTABLE_NOISE_PERCENT = 10.0
_LAG_MIN = 0.3
_LAG_NORMAL_99 = 2.33  # above it by chance in 1 of 100 independent series


@dataclass(frozen=True)
class _Tested:
    """A sample with its p, adjusted for the family, in both directions."""

    subject: Subject
    sample: Sample
    bar: Bar
    stage: int
    family: int = 1
    worse: float = 1.0
    better: float = 1.0


def _measured(sample: Sample) -> bool:
    broken = sample.broken_base or sample.broken_head or sample.mismatch
    return broken is None and bool(sample.differences)


def family_p(samples: Sequence[tuple[Sample, Bar]]) -> list[tuple[float, float]]:
    """The p of worse and of better for each, adjusted within their direction."""
    worse = holm([sign_p(sample.differences, bar.floor) for sample, bar in samples])
    better = holm([sign_p(mirrored(sample.differences), bar.floor) for sample, bar in samples])
    return list(zip(worse, better))


def _before_figures(subject: Subject, sample: Sample) -> tuple[Verdict, str] | None:
    """The verdicts that no figure can change."""
    if subject.standing is not None:
        return subject.standing.verdict, subject.standing.reason
    if sample.broken_head is not None:
        return Verdict.BROKEN, sample.broken_head
    if sample.broken_base is not None:
        return Verdict.FIXED, f"base: {sample.broken_base}"
    if sample.mismatch is not None:
        return Verdict.NOT_COMPARABLE, sample.mismatch
    if not sample.differences:
        if sample.dropped:
            return Verdict.INCONCLUSIVE, "every pair was disturbed from outside"
        return Verdict.BROKEN, "was expected and has no figures"
    return None


def _regression(tested: _Tested, middle: float, least: float, rules: Rules) -> bool:
    # What only the router saw has no p, and keeps the 1 that it began with.
    return tested.worse <= rules.alpha and middle >= least


def _unreliable(tested: _Tested) -> tuple[Verdict, str] | None:
    """Whether the sample is too small or too odd for anything but a gross effect."""
    sample = tested.sample
    lacking = shortage(sample)
    if lacking is not None:
        return Verdict.INCONCLUSIVE, lacking
    if tested.bar.noise > log_effect(UNSTABLE_NOISE_PERCENT):
        return Verdict.UNSTABLE, f"the noise here hides {percent(tested.bar.noise):.1f} %"
    lag = lag_one(sample.differences)
    if lag > max(_LAG_MIN, _LAG_NORMAL_99 / math.sqrt(len(sample.differences))):
        return Verdict.UNSTABLE, f"a pair resembles the one before it (correlation {lag:.2f})"
    return None


def _by_figures(tested: _Tested, rules: Rules) -> tuple[Verdict, str]:
    bar, differences = tested.bar, tested.sample.differences
    middle = median(differences)
    if middle < math.log(SUSPICIOUS_RATIO):
        return Verdict.SUSPICIOUS, "head takes less than half: it cannot have done the same work"
    found = f"beyond the noise's floor of {percent(bar.floor):.1f} %"
    if _regression(tested, middle, max(bar.effect, GROSS_NOISES * bar.noise), rules):
        return Verdict.REGRESSION, found
    unreliable = _unreliable(tested)
    if unreliable is not None:
        return unreliable
    if _regression(tested, middle, bar.effect, rules):
        return Verdict.REGRESSION, found
    if tested.better <= rules.alpha and middle <= -bar.effect:
        return Verdict.IMPROVEMENT, found
    interval = stats.interval(differences, EQUIVALENCE_CONFIDENCE)
    low, high = interval.low, interval.high
    limit = f"{percent(bar.effect):.1f} %"
    if low is None or high is None:
        return Verdict.INCONCLUSIVE, "too few pairs for an interval"
    if -bar.effect < low and high < bar.effect:
        return Verdict.EQUIVALENT, f"a change of {limit} is excluded"
    if _regression(tested, middle, -math.inf, rules):
        return Verdict.SUSPECTED, f"slower, but by less than the {limit} that matter"
    if high >= bar.effect:
        return Verdict.INCONCLUSIVE, f"a regression of {limit} is not excluded"
    return Verdict.NOT_WORSE, f"a regression of {limit} is excluded"


def _judgement(tested: _Tested, rules: Rules) -> Judgement:
    subject, sample = tested.subject, tested.sample
    early = _before_figures(subject, sample)
    if early is not None:
        return Judgement(subject, *early, tested.stage, tested.bar, sample)
    verdict, words = _by_figures(tested, rules)
    return Judgement(
        subject,
        *_accepted(subject, verdict, words, median(sample.differences)),
        tested.stage,
        tested.bar,
        sample,
        interval=stats.interval(sample.differences),
        p=tested.worse if tested.stage == 2 else None,
        visible=smallest_visible(
            sample.differences, tested.bar.floor, tested.bar.effect, rules.alpha / tested.family
        ),
    )


def _accepted(subject: Subject, verdict: Verdict, words: str, middle: float) -> tuple[Verdict, str]:
    limit = subject.accepted_up_to
    if verdict is not Verdict.REGRESSION or limit is None:
        return verdict, words
    if middle <= limit:
        return Verdict.ACCEPTED, f"a regression of up to {percent(limit):.1f} % was accepted"
    return verdict, f"worse than the {percent(limit):.1f} % that were accepted"


def judge_cells(
    subjects: Sequence[Subject],
    router: Mapping[str, Sample],
    decider: Mapping[str, Sample],
    rules: Rules,
) -> list[Judgement]:
    """The verdict on every cell; the family is what the decider measured."""
    tested = []
    for subject in subjects:
        first = router.get(subject.id, Sample(planned=rules.pairs[0]))
        bar = bar_of(subject, first, rules.pairs[1])
        second = decider.get(subject.id)
        stage, sample = (1, first) if second is None else (2, second)
        tested.append(_Tested(subject, sample, bar, stage))
    members = [i for i, t in enumerate(tested) if t.stage == 2 and _measured(t.sample)]
    ps = family_p([(tested[i].sample, tested[i].bar) for i in members])
    for i, (worse, better) in zip(members, ps):
        tested[i] = replace(tested[i], worse=worse, better=better, family=len(members))
    return [_judgement(t, rules) for t in tested]


def shown(interval: Interval) -> str:
    """A difference in per cent, with its interval if it has one."""
    text = f"{percent(interval.median):+.1f} %"
    if interval.low is None or interval.high is None:
        return text
    return f"{text} [{percent(interval.low):+.1f}, {percent(interval.high):+.1f}]"
