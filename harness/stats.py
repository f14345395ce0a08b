"""Medians, order-statistic intervals and paired ratios: the arithmetic behind every figure.

The interval of a median is the pair of order statistics whose coverage follows from the binomial
distribution alone: exact for every distribution without ties, and needing no random numbers. Below
six values no pair reaches 95 %, so there is no interval, and none is made up.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import median
from typing import Mapping, Sequence

from harness.model import Interval

CONFIDENCE_MIN = 0.95


@lru_cache(maxsize=None)
def interval_rank(n: int, confidence: float = CONFIDENCE_MIN) -> tuple[int, float]:
    """The largest k whose interval [k-th smallest, k-th largest] covers enough, and its coverage.

    k is 0, with coverage 0, where n values cannot support the confidence.
    """
    tail = 0
    best = (0, 0.0)
    for k in range(1, n // 2 + 1):
        tail += math.comb(n, k - 1)
        coverage = 1 - 2 * tail / 2**n
        if coverage < confidence:
            break
        best = (k, coverage)
    return best


def interval(values: Sequence[float], confidence: float = CONFIDENCE_MIN) -> Interval:
    """The median of at least one value with its interval, if n allows one."""
    ordered = sorted(values)
    n = len(ordered)
    rank, coverage = interval_rank(n, confidence)
    if rank == 0:
        return Interval(n, median(ordered), None, None, None)
    return Interval(n, median(ordered), ordered[rank - 1], ordered[n - rank], coverage)


def ratio(base: Mapping[int, float], other: Mapping[int, float]) -> Interval | None:
    """`other / base` from the values of the same rounds, through the logarithms of the ratios.

    None where no round has both, or where a value is not positive and so has no ratio.
    """
    rounds = sorted(base.keys() & other.keys())
    if not rounds or any(base[r] <= 0 or other[r] <= 0 for r in rounds):
        return None
    logs = interval([math.log(other[r]) - math.log(base[r]) for r in rounds])
    if logs.low is None or logs.high is None:
        return Interval(logs.n, math.exp(logs.median), None, None, None)
    bounds = math.exp(logs.low), math.exp(logs.high)
    return Interval(logs.n, math.exp(logs.median), *bounds, logs.confidence)


def separable(ratio_interval: Interval) -> bool:
    """Whether the ratio's interval exists and leaves 1 out."""
    low, high = ratio_interval.low, ratio_interval.high
    return low is not None and high is not None and (low > 1 or high < 1)


def geometric_mean(values: Sequence[float]) -> float:
    """Of positive values; for ratios over the same cells, shown and never judged by."""
    if not values or any(value <= 0 for value in values):
        raise ValueError("a geometric mean needs positive values")
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))
