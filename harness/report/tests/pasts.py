"""Earlier runs of an analysis, made up: the same cells at other times, with other luck."""

from __future__ import annotations

import random
from dataclasses import replace

from harness import summary
from harness.beside import Earlier
from harness.model import Analysis, Interval
from harness.summary import Figure, GroupSummary, Summary


def scaled(found: Interval, factor: float) -> Interval:
    """An interval, multiplied."""
    low = None if found.low is None else found.low * factor
    high = None if found.high is None else found.high * factor
    return replace(found, median=found.median * factor, low=low, high=high)


def _moved(group: GroupSummary, source: random.Random, machine: float) -> GroupSummary:
    luck = source.lognormvariate(0, 0.03)
    rows = {
        row: Figure(
            scaled(figure.own, machine * (luck if figure.ratio is None else 1.0)),
            None if figure.ratio is None else scaled(figure.ratio, 1 / luck),
        )
        for row, figure in group.rows.items()
    }
    return replace(group, rows=rows)


def run(analysis: Analysis, number: int, machine: float = 1.0) -> Summary:
    """An earlier run on a machine that was so much slower."""
    source = random.Random(number)
    whole = summary.of(analysis)
    groups = {id: _moved(group, source, machine) for id, group in whole.groups.items()}
    return replace(
        whole,
        started=f"2026-01-{number + 1:02}T00:00:00Z",
        commit=f"{number:07x}",
        seed=number,
        groups=groups,
    )


def earlier(analysis: Analysis, number: int) -> Earlier:
    """So many of them, on a machine that has good days and bad ones."""
    return Earlier(tuple(run(analysis, at, 1 + 0.15 * (at % 3)) for at in range(number)))
