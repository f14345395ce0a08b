"""The router: which cells go on to the decider. It can clear a cell and may never accuse one.

It is generous on purpose: what it passes on is measured afresh, so a cell that is routed for
nothing costs time only, while one that is not routed is lost. A small fixed share of the cells
that it cleared is decided nevertheless, which shows what it misses.
"""

from __future__ import annotations

from statistics import median
from typing import Mapping, Sequence

from harness import stats
from harness.gate.arithmetic import noise_of_spread, mirrored, sign_p
from harness.gate.model import Bar, Kind, Rules, Sample, Subject
from harness.plan import draw

ROUTE_P = 0.11
VALID_SHARE_MIN = 0.8
TIES_SHARE_MAX = 0.1
EQUIVALENCE_CONFIDENCE = 0.90  # two one-sided tests at 5 % each
_EFFECT_PER_NOISE = 1.5


def bar_of(subject: Subject, router: Sample, pairs: int) -> Bar:
    """The bar that the decider uses: where nobody measured the noise, the router's spread says it.

    The decider's data have no part in it, so it cannot be lowered for them.
    """
    bar = subject.bar
    noise = max(bar.floor, bar.noise)
    if not bar.measured and router.differences:
        noise = max(noise, noise_of_spread(router.differences, pairs))
    return Bar(bar.floor, max(bar.effect, _EFFECT_PER_NOISE * noise), noise, bar.measured)


def shortage(sample: Sample) -> str | None:
    """Why a sample is too small to clear a cell; None where it is not."""
    n = len(sample.differences)
    if n < VALID_SHARE_MIN * sample.planned:
        return f"only {n} of {sample.planned} pairs were undisturbed"
    ties = sum(difference == 0 for difference in sample.differences)
    if ties > TIES_SHARE_MAX * n:
        return f"{ties} of {n} pairs are ties: the run is too short"
    return None


def is_suspect(sample: Sample, effect: float) -> bool:
    """Whether a sample leaves room for a change that would matter."""
    differences = sample.differences
    if not differences:
        return False
    if sign_p(differences, 0.0) <= ROUTE_P or median(differences) >= effect / 2:
        return True
    high = stats.interval(differences, EQUIVALENCE_CONFIDENCE).high
    if high is None or high >= effect:
        return True
    better = mirrored(differences)
    return sign_p(better, 0.0) <= ROUTE_P and median(better) >= effect / 2


def route(
    subjects: Sequence[Subject], router: Mapping[str, Sample], rules: Rules
) -> tuple[list[Subject], list[Subject]]:
    """The cells to decide because of what they showed, and those that are audited."""
    suspects, audited = [], []
    for subject in subjects:
        sample = router.get(subject.id)
        if subject.kind is not Kind.CELL or subject.standing is not None or sample is None:
            continue
        if sample.broken_base or sample.broken_head or sample.mismatch:
            continue
        short = shortage(sample) is not None
        if short or is_suspect(sample, bar_of(subject, sample, rules.pairs[1]).effect):
            suspects.append(subject)
        elif draw(rules.seed, "audit", subject.id) < rules.audit_share:
            audited.append(subject)
    return suspects, audited
