"""How often the gate is wrong: counts of gates whose truth was known, with exact intervals.

`calibrate` leaves them in its host's folder, and what is made there publishes them from then on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Iterable, Mapping, Sequence

from harness.errors import InputError
from harness.gate.arithmetic import clopper_pearson, percent
from harness.gate.model import Decision, Health, Rules, Verdict
from harness.store import read_json

SCHEMA = "weft.error-rates/1"
NAME = "error-rates.json"
NOT_MEASURED = "Not measured on this host; python3 -m harness calibrate measures it."
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
NONE = "none"  # the slowdown of equal programs


@dataclass(frozen=True)
class Rate:
    """So many of so many, and the exact 95 % interval of the probability behind them."""

    hits: int
    n: int
    known: tuple[float, float] | None = None  # the interval, where it was computed before

    @property
    def interval(self) -> tuple[float, float]:
        if self.known is not None:
            return self.known
        return clopper_pearson(self.hits, self.n) if self.n else (0.0, 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        share = 100 * self.hits / self.n if self.n else 0.0
        return f"{self.hits} of {self.n} = {share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


@dataclass
class Tally:
    """Gates of one kind: the same slowdown, or none."""

    slowdown: str
    kind: str = "none"  # spin, tail or structural where there is one
    hurt: tuple[str, ...] = ()  # the cells that ought to show it
    touched: frozenset[str] = frozenset()  # those that may: to accuse them is not wrong
    gates: int = 0
    found: int = 0  # gates that accused one that ought to show it
    alarms: int = 0  # gates that accused one that has no part in it
    accused: Counter[str] = field(default_factory=Counter)
    effects: dict[str, list[float]] = field(default_factory=dict)  # of each gate, where it is hurt
    statuses: Counter[int] = field(default_factory=Counter)
    unhealthy: int = 0

    def add(self, decision: Decision) -> None:
        accused = {j.subject.cell for j in decision.judgements if j.verdict is Verdict.REGRESSION}
        self.gates += 1
        self.found += not accused.isdisjoint(self.hurt)
        self.alarms += bool(self._elsewhere(accused))
        self.accused.update(accused)
        for judgement in decision.judgements:
            cell, interval = judgement.subject.cell, judgement.interval
            if cell in self.hurt and interval is not None:
                self.effects.setdefault(cell, []).append(interval.median)
        self.statuses[decision.status] += 1
        self.unhealthy += decision.health is not Health.HEALTHY

    def _elsewhere(self, cells: Iterable[str]) -> set[str]:
        return set(cells) - self.touched - set(self.hurt)

    @property
    def power(self) -> Rate | None:
        return Rate(self.found, self.gates) if self.hurt else None

    @property
    def false_alarms(self) -> Rate:
        return Rate(self.alarms, self.gates)

    @property
    def accused_elsewhere(self) -> dict[str, int]:
        """How many gates accused each of the cells that have no part in it."""
        return {cell: self.accused[cell] for cell in sorted(self._elsewhere(self.accused))}

    def effect_percent(self, *cells: str) -> float | None:
        """The median of what the gates measured on these cells, or on all that are hurt."""
        values = [value for cell in cells or self.hurt for value in self.effects.get(cell, ())]
        return percent(median(values)) if values else None


def table(tallies: Sequence[Tally]) -> str:
    """What a person reads."""
    head = ["slowdown", "found", "effect", "false alarms", "exit statuses", "controls failed"]
    rows = [head]
    for tally in tallies:
        effect = tally.effect_percent()
        rows.append(
            [
                tally.slowdown,
                "-" if tally.power is None else str(tally.power),
                "-" if effect is None else f"{effect:+.1f} %",
                str(tally.false_alarms),
                ", ".join(f"{s}: {n}" for s, n in sorted(tally.statuses.items())),
                str(Rate(tally.unhealthy, tally.gates)),
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(w.ljust(width) for w, width in zip(row, widths)).rstrip() for row in rows
    )


def _rate(found: Rate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"hits": found.hits, "n": found.n, "interval": list(found.interval)}


def _rounded(effect_percent: float | None) -> float | None:
    return None if effect_percent is None else round(effect_percent, 3)


def document(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """The same for programs, and cell by cell."""
    return [
        {
            "slowdown": tally.slowdown,
            "kind": tally.kind,
            "found": _rate(tally.power),
            "effect_percent": _rounded(tally.effect_percent()),
            "cells": {
                cell: {
                    "found": _rate(Rate(tally.accused[cell], tally.gates)),
                    "effect_percent": _rounded(tally.effect_percent(cell)),
                }
                for cell in tally.hurt
            },
            "false_alarms": _rate(tally.false_alarms),
            "accused_elsewhere": tally.accused_elsewhere,
            "exit_statuses": {str(s): n for s, n in sorted(tally.statuses.items())},
            "controls_failed": _rate(Rate(tally.unhealthy, tally.gates)),
        }
        for tally in tallies
    ]


def host_document(
    tallies: Sequence[Tally], rules: Rules, fingerprint: str, today: date
) -> dict[str, Any]:
    """The file in the host's folder."""
    return {
        "schema": SCHEMA,
        "fingerprint": fingerprint,
        "made": today.isoformat(),
        "pairs": list(rules.pairs),
        "alpha": rules.alpha,
        "rates": document(tallies),
    }


@dataclass(frozen=True)
class Line:
    """The gates of one slowdown, as they are published."""

    slowdown: str
    found: Rate | None
    false_alarms: Rate
    controls_failed: Rate


@dataclass(frozen=True)
class Published:
    """A host's error rates."""

    made: str
    pairs: tuple[int, int]
    lines: tuple[Line, ...]

    @property
    def words(self) -> list[str]:
        """Them as sentences, the false alarms first."""
        words = []
        for line in self.lines:
            if line.found is None:
                words.append(f"False alarms between equal programs: {line.false_alarms}.")
            else:
                words.append(f"A slowdown of {line.slowdown} is found: {line.found}.")
        router, decider = self.pairs
        words.append(
            f"Counted on {self.made}, {router} pairs to route and {decider} to decide; in brackets"
            " Clopper and Pearson's exact 95 % interval."
        )
        return words


def _read(found: Mapping[str, Any]) -> Rate:
    hits, n = int(found["hits"]), int(found["n"])
    low, high = (float(bound) for bound in found["interval"])
    if not 0 <= hits <= n or not 0 <= low <= hits / max(n, 1) <= high <= 1:
        raise ValueError(f"{hits} of {n} in {low} to {high} is no rate")
    return Rate(hits, n, (low, high))


def parse(found: Mapping[str, Any]) -> Published:
    """What `host_document` made. Raises KeyError, TypeError or ValueError where it is not that."""
    router, decider = found["pairs"]
    lines = tuple(
        Line(
            str(rate["slowdown"]),
            None if rate["found"] is None else _read(rate["found"]),
            _read(rate["false_alarms"]),
            _read(rate["controls_failed"]),
        )
        for rate in found["rates"]
    )
    return Published(str(found["made"]), (int(router), int(decider)), lines)


def load(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """The file of a host's folder; None where nobody measured. Raises InputError."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        found = read_json(path)
        if found["schema"] != SCHEMA:
            raise ValueError("another schema")
        parse(found)
    except _BROKEN as error:
        raise InputError(f"{path}: has no error rates: {error!r}") from error
    return found if found.get("fingerprint") == fingerprint else None
