"""Looks whether the repetitions that were timed came after the warm-up, instead of trusting it.

Over a cell's runs the first timed repetition is compared with the rest of the same run. Where it is
slower or faster by more than chance and by more than a few per cent, the warm-up was too short.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Any, Mapping, Sequence

from harness import stats
from harness.record import repetitions_of

DIFFERENCE_MIN = 0.05  # less than that hardly moves the median of the repetitions
REPETITIONS_MIN = 3


def note(records: Sequence[Mapping[str, Any]]) -> str | None:
    """What the records of a cell's runs say about its warm-up; None where that is nothing bad."""
    firsts, rests = {}, {}
    for index, record in enumerate(records):
        times = [float(each["real_time"]) for each in repetitions_of(record["benchmarks"])]
        if len(times) >= REPETITIONS_MIN:
            firsts[index], rests[index] = times[0], median(times[1:])
    ratio = stats.ratio(rests, firsts)
    if ratio is None or ratio.low is None or ratio.high is None or not stats.separable(ratio):
        return None
    if abs(math.log(ratio.median)) < math.log1p(DIFFERENCE_MIN):
        return None
    return (
        f"the first timed repetition takes {ratio.median:.2f} times as long as the rest of its run"
        f" ({ratio.low:.2f} to {ratio.high:.2f}): the warm-up does not cover everything"
    )
