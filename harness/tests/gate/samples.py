"""Samples with a known median, spread and order."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

from harness.gate.arithmetic import log_effect
from harness.gate.model import Bar, Kind, Rules, Sample, Subject

RULES = Rules((8, 20))
BAR = Bar(log_effect(1), log_effect(5))


def sample(percent: float, spread: float = 0.01, n: int = 20, **changes: Any) -> Sample:
    """A normal sample's quantiles around a change in per cent, in an order without memory."""
    shift = log_effect(percent)
    quantiles = [NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)]
    step = next(s for s in (7, 5, 3, 1) if n % s)
    differences = tuple(shift + spread * quantiles[i * step % n] for i in range(n))
    return replace(Sample(differences, n), **changes)


def cell(name: str = "a", **changes: Any) -> Subject:
    return replace(Subject(name, Kind.CELL, name, BAR), **changes)


def control(kind: Kind) -> Subject:
    return Subject(kind.value, kind, "a", BAR)


CONTROLS = (Kind.NULL_COPY, Kind.NULL_RELINK, Kind.POSITIVE, Kind.DRIFT)
