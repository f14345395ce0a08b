"""Shows a comparison of cells with their twins: a table for a person, a document for a program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Mapping, Sequence

from harness import stats
from harness.crosscheck import Outcome


def _side(values: Mapping[int, float]) -> str:
    if not values:
        return "-"
    found = stats.interval(list(values.values()))
    return f"{found.median:.4g}"


def _words(outcome: Outcome) -> list[str]:
    """A row of the table."""
    ratio = outcome.ratio
    shown = "-"
    if ratio is not None:
        bounds = "" if ratio.low is None else f" [{ratio.low:.3f}, {ratio.high:.3f}]"
        shown = f"{ratio.median:.3f}{bounds}"
    rounds = "0" if ratio is None else str(ratio.n)
    metric = outcome.pair.asked.metric
    sides = [_side(outcome.cell), _side(outcome.twin), metric.unit]
    return [outcome.pair.cell.id, rounds, *sides, shown, outcome.judgement.value]


def table(outcomes: Sequence[Outcome], facts: Mapping[str, Any]) -> str:
    """What a person reads: a row for each pair, below them what is to be said about some."""
    head = ["cell", "n", "suite", "by hand", "unit", "suite / by hand", "judgement"]
    rows = [head, *(_words(outcome) for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(w.ljust(width) for w, width in zip(row, widths)).rstrip() for row in rows]
    for outcome in outcomes:
        for reason in reasons(outcome):
            lines.append(f"{outcome.pair.cell.id}: {reason}")
    load = ", ".join(f"{value:g}" for value in facts["load"]["average"])
    lines.append(f"load averages at the start: {load}; {facts['cpu']['usable']} CPUs")
    return "\n".join(lines)


def reasons(outcome: Outcome) -> list[str]:
    """What is to be said about a pair besides its figures."""
    pair, found = outcome.pair, []
    if outcome.failure is not None:
        found.append(outcome.failure)
    if pair.gap is not None:
        found.append(f"{pair.gap.value}: {pair.reason}")
    tolerance = pair.twin.tolerance
    if tolerance is not None:
        found.append(f"may be {tolerance.low:g} to {tolerance.high:g}: {tolerance.reason}")
    return found


def document(outcomes: Sequence[Outcome], facts: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The same for programs, with every value and the commands that repeat them."""
    return {
        "schema": "weft.crosscheck/1",
        "seed": seed,
        "machine": {part: facts[part] for part in ("fingerprint", "nickname", "load")},
        "pairs": [_pair(outcome) for outcome in outcomes],
    }


def _pair(outcome: Outcome) -> dict[str, Any]:
    pair = outcome.pair
    return {
        "cell": pair.cell.id,
        "metric": asdict(pair.asked.metric),
        "commands": {"suite": list(pair.cell_command), "by_hand": list(pair.twin_command)},
        "values": {
            "suite": {str(number): value for number, value in sorted(outcome.cell.items())},
            "by_hand": {str(number): value for number, value in sorted(outcome.twin.items())},
        },
        "ratio": None if outcome.ratio is None else asdict(outcome.ratio),
        "judgement": outcome.judgement.value,
        "reasons": reasons(outcome),
    }
