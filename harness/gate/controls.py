"""The gate's test of itself, in every run: can it see, and does it see what is not there?

Null controls are base against its own copy and against itself linked in another order. The positive
control is base against itself slowed down. The canaries are fixed programs without any of the code
under test: what moves them is the machine.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import Mapping, Sequence

from harness import stats
from harness.gate.arithmetic import mirrored, noise_of_spread, percent, sign_p, spread
from harness.gate.canary import WAKE
from harness.gate.model import Bar, Control, Health, Kind, Rules, Sample, Subject, Verdict
from harness.gate.routing import bar_of, is_suspect
from harness.gate.verdicts import judge_cells, shown

NULL_ALPHA = 0.01
NULL_NOISES_MAX = 2.0
LEVEL_SPREADS_MAX = 3.0
# Pairs take turns, so only a great change of the level is in their differences. What a wake-up
# takes is half or twice as much on a shared machine whenever its neighbours come or go.
LEVEL_SHIFT_MAX = 0.25
LEVEL_SHIFT_MAX_WAKE = 1.0
_NULLS = (Kind.NULL_COPY, Kind.NULL_RELINK)


def _null(differences: Sequence[float], bar: Bar) -> str | None:
    """What is wrong with a control whose two sides are alike; None where nothing is."""
    middle = median(differences)
    # The few pairs of the router may have met layouts that were much alike.
    noise = max(bar.noise, noise_of_spread(differences, len(differences)))
    if abs(middle) > NULL_NOISES_MAX * noise:
        return (
            f"the same program differs from itself by {percent(middle):+.1f} %,"
            f" the noise is {percent(noise):.1f} %"
        )
    p = min(sign_p(differences, bar.floor), sign_p(mirrored(differences), bar.floor))
    if p <= NULL_ALPHA:
        return f"the same program differs from itself (p = {p:.2g})"
    return None


def _level(sample: Sample, most: float) -> str | None:
    """Whether the canary ended at another level than it began with."""
    values = [*sample.first, *sample.second]
    if len(sample.first) < 4 or min(values) <= 0:
        return None
    half = len(sample.first) // 2
    early = [*sample.first[:half], *sample.second[:half]]
    late = [*sample.first[half:], *sample.second[half:]]
    before = median(early)
    shift = abs(median(late) / before - 1)
    usual = max(spread(early), spread(late)) / before
    if shift > LEVEL_SPREADS_MAX * usual and shift > most:
        return f"the machine's own speed moved by {100 * shift:.0f} % during the gate"
    return None


def injected_bar(
    subject: Subject, subjects: Sequence[Subject], router: Mapping[str, Sample], rules: Rules
) -> Bar:
    """The bar of a positive control; what is injected in the decider is a multiple of its effect.

    Its own spread has the injection in it, so the noise is that of the null controls of its cell.
    """
    around = []
    for other in subjects:
        if other.kind in _NULLS and other.cell == subject.cell and other.id in router:
            differences = router[other.id].differences
            around += [d - median(differences) for d in differences]
    found = bar_of(subject, Sample(tuple(around)), rules.pairs[1])
    return replace(found, measured=True)


def _positive(
    subject: Subject, router: Mapping[str, Sample], decider: Mapping[str, Sample], rules: Rules
) -> str | None:
    (judgement,) = judge_cells([subject], router, decider, rules)
    if judgement.verdict is not Verdict.REGRESSION:
        return f"the slowdown that was injected is called {judgement.verdict.value}"
    return None


def _without(sample: Sample) -> str:
    """Why no pair of a control that ran as it should counts."""
    causes = ", ".join(f"{cause}: {number}" for cause, number in sample.dropped.items())
    return f"every pair was disturbed from outside ({causes})" if causes else "it was not measured"


def judge_control(
    subject: Subject,
    subjects: Sequence[Subject],
    router: Mapping[str, Sample],
    decider: Mapping[str, Sample],
    rules: Rules,
) -> Control:
    """What one control says. A control without figures says that the gate cannot be trusted."""
    sample = decider.get(subject.id, Sample(planned=rules.pairs[1]))
    blind = subject.kind is Kind.POSITIVE
    bad = Health.BLIND if blind else Health.CONTAMINATED
    first = router.get(subject.id, Sample())
    # By the bar that the router's injection was sized by, before any noise was seen.
    noticed = not blind or is_suspect(first, subject.bar.effect)
    broken = sample.broken_base or sample.broken_head or sample.mismatch
    if broken is not None or not sample.differences:
        return Control(subject, bad, f"has no figures: {broken or _without(sample)}", sample)
    bar = bar_of(subject, first, rules.pairs[1])
    if not noticed:
        problem: str | None = "the router did not notice the slowdown that was injected"
    elif blind:
        sized = replace(subject, bar=injected_bar(subject, subjects, router, rules))
        problem = _positive(sized, router, decider, rules)
    else:
        problem = _null(sample.differences, bar)
    if problem is None and subject.kind is Kind.DRIFT:
        most = LEVEL_SHIFT_MAX_WAKE if subject.cell == WAKE else LEVEL_SHIFT_MAX
        problem = _level(sample, most)
    interval = stats.interval(sample.differences)
    well = "found" if blind else "no difference"
    words = f"{shown(interval)}: {problem or well}"
    return Control(subject, bad if problem else Health.HEALTHY, words, sample, interval)


def overall(controls: Sequence[Control]) -> Health:
    """Contaminated before blind; a gate that lacks a control is blind."""
    found = {control.health for control in controls}
    kinds = {control.subject.kind for control in controls}
    if Health.CONTAMINATED in found:
        return Health.CONTAMINATED
    complete = {Kind.POSITIVE, Kind.DRIFT} <= kinds and any(kind in kinds for kind in _NULLS)
    return Health.HEALTHY if complete and Health.BLIND not in found else Health.BLIND
