"""How often the gate is wrong: counts of gates whose truth was known, with exact intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Sequence

from harness.gate.arithmetic import clopper_pearson
from harness.gate.model import Decision, Health, Verdict


@dataclass(frozen=True)
class Rate:
    """So many of so many, and the exact 95 % interval of the probability behind them."""

    hits: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        return clopper_pearson(self.hits, self.n) if self.n else (0.0, 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        share = 100 * self.hits / self.n if self.n else 0.0
        return f"{self.hits} of {self.n} = {share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


@dataclass
class Tally:
    """Gates of one kind: the same slowdown, or none, in one cell or in none."""

    slowdown: str
    target: str | None
    gates: int = 0
    found: int = 0
    alarms: int = 0  # gates that accused a cell which nothing was done to
    statuses: Counter[int] = field(default_factory=Counter)
    unhealthy: int = 0

    def add(self, decision: Decision) -> None:
        accused = {j.subject.cell for j in decision.judgements if j.verdict is Verdict.REGRESSION}
        self.gates += 1
        self.found += self.target in accused
        self.alarms += bool(accused - {self.target})
        self.statuses[decision.status] += 1
        self.unhealthy += decision.health is not Health.HEALTHY

    @property
    def power(self) -> Rate | None:
        return None if self.target is None else Rate(self.found, self.gates)

    @property
    def false_alarms(self) -> Rate:
        return Rate(self.alarms, self.gates)


def table(tallies: Sequence[Tally]) -> str:
    """What a person reads."""
    head = ["slowdown", "found", "false alarms", "exit statuses", "controls failed"]
    rows = [head]
    for tally in tallies:
        statuses = ", ".join(f"{s}: {n}" for s, n in sorted(tally.statuses.items()))
        power = "-" if tally.power is None else str(tally.power)
        rows.append([tally.slowdown, power, str(tally.false_alarms), statuses])
        rows[-1].append(str(Rate(tally.unhealthy, tally.gates)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(w.ljust(width) for w, width in zip(row, widths)).rstrip() for row in rows
    )


def document(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """The same for programs."""

    def rate(found: Rate | None) -> dict[str, Any] | None:
        if found is None:
            return None
        return {"hits": found.hits, "n": found.n, "interval": list(found.interval)}

    return [
        {
            "slowdown": tally.slowdown,
            "cell": tally.target,
            "found": rate(tally.power),
            "false_alarms": rate(tally.false_alarms),
            "exit_statuses": {str(s): n for s, n in sorted(tally.statuses.items())},
            "controls_failed": rate(Rate(tally.unhealthy, tally.gates)),
        }
        for tally in tallies
    ]
