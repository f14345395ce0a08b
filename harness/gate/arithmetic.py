"""The arithmetic behind every verdict: exact, deterministic, free of assumptions on the noise.

A difference is the logarithm of a ratio and positive where the head is worse. The sign test asks
how many of them do not exceed a floor: under the null hypothesis that their median is at or below
it, that number is no smaller than a binomial one with probability one half.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import fmean, median
from typing import Callable, Sequence

POWER_ASKED = 0.80
_BISECTIONS = 60
_NORMAL_99 = 2.576  # two-sided
# The standard deviation of a normal sample's median, in those of its mean.
_MEDIAN_FACTOR = 1.2533
_MAD_FACTOR = 1.4826


def log_effect(percent: float) -> float:
    """A change in per cent as a difference of logarithms."""
    return math.log1p(percent / 100)


def percent(difference: float) -> float:
    """The inverse of `log_effect`."""
    return 100 * math.expm1(difference)


def binomial_at_most(successes: int, n: int, probability: float) -> float:
    """P(X <= successes) of n trials."""
    if successes >= n:
        return 1.0
    if successes < 0:
        return 0.0
    if probability <= 0:
        return 1.0
    if probability >= 1:
        return 0.0
    logs = math.log(probability), math.log1p(-probability)
    terms = (
        math.exp(_log_comb(n, k) + k * logs[0] + (n - k) * logs[1]) for k in range(successes + 1)
    )
    return min(1.0, math.fsum(terms))


def _log_comb(n: int, k: int) -> float:
    return math.log(math.comb(n, k))


def sign_p(differences: Sequence[float], floor: float) -> float:
    """The one-sided p of "the median is above the floor"; a tie counts against it."""
    return _tail(len(differences), sum(not difference > floor for difference in differences))


@lru_cache(maxsize=None)
def _tail(n: int, at_most: int) -> float:
    total = sum(math.comb(n, k) for k in range(at_most + 1))
    return math.ldexp(total, -n)


def mirrored(differences: Sequence[float]) -> list[float]:
    """The differences with base and head exchanged."""
    return [-difference for difference in differences]


def holm(ps: Sequence[float]) -> list[float]:
    """The p adjusted for their number, in the order given."""
    adjusted = [0.0] * len(ps)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        running = max(running, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = running
    return adjusted


def pairs_min(alpha: float, family: int) -> int:
    """The fewest pairs with which a sign test can reject in a family of so many."""
    return math.ceil(math.log2(max(1, family) / alpha))


def _bisect(holds: Callable[[float], bool]) -> float:
    """Where in [0, 1] a claim that holds at 0 ceases to."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def clopper_pearson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a probability from `hits` in n trials."""
    tail = (1 - confidence) / 2
    low, high = 0.0, 1.0
    if hits > 0:
        low = _bisect(lambda p: 1 - binomial_at_most(hits - 1, n, p) < tail)
    if hits < n:
        high = _bisect(lambda p: binomial_at_most(hits, n, p) > tail)
    return low, high


def failures_allowed(n: int, alpha: float) -> int | None:
    """How many of n pairs may stay at or below the floor in a test that rejects; None: none can."""
    found = [k for k in range(n + 1) if _tail(n, k) <= alpha]
    return found[-1] if found else None


def _share(n: int, allowed: int) -> float:
    return _bisect(lambda p: binomial_at_most(allowed, n, p) >= POWER_ASKED)


@lru_cache(maxsize=None)
def _failing_share(n: int, alpha: float) -> float | None:
    """How often a pair may stay at or below the floor so that the test still rejects."""
    allowed = failures_allowed(n, alpha)
    return None if allowed is None else _share(n, allowed)


def smallest_visible(
    differences: Sequence[float], floor: float, effect: float, alpha: float
) -> float | None:
    """The smallest change that this many pairs, spread like these, would have shown.

    So large that the test rejects with `POWER_ASKED`, and no smaller than the minimum effect; None
    where no change would have been enough.
    """
    n = len(differences)
    failing = _failing_share(n, alpha)
    if failing is None:
        return None
    ordered = sorted(differences)
    weakest = ordered[max(0, math.floor(failing * n) - 1)]
    return max(effect, floor + median(ordered) - weakest)


def lag_one(values: Sequence[float]) -> float:
    """The correlation of a series with itself one step later; 0 where it has none."""
    if len(values) < 3:
        return 0.0
    mean = fmean(values)
    around = [value - mean for value in values]
    power = math.fsum(value * value for value in around)
    if power == 0:
        return 0.0
    return math.fsum(a * b for a, b in zip(around, around[1:])) / power


def spread(values: Sequence[float]) -> float:
    """The standard deviation that the median absolute deviation of normal values would mean."""
    middle = median(values)
    return _MAD_FACTOR * median(abs(value - middle) for value in values)


def noise_of_spread(differences: Sequence[float], pairs: int) -> float:
    """What the median of so many equal pairs stays below in 99 of 100 cases, if they are normal."""
    return _NORMAL_99 * _MEDIAN_FACTOR * spread(differences) / math.sqrt(pairs)
