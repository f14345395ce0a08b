"""Which visits are made again because something from outside disturbed them, and which count.

A visit is the runs of one group in one round. It is made again whole and in the same order, since
its cells are compared with each other: what is dropped is dropped from every pair at once. At most
a fifth of a group's rounds is made again, so a machine that is never quiet cannot choose the
figures; what is disturbed beyond that counts, and is told.

A repeated run has a number of its own after those of the plan, and says which run it repeats. A run
that failed is never dropped: a crash on a busy machine is a crash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from harness.plan import Planned, again_most
from harness.record import Status
from harness.store import read_cell

Run = Mapping[str, Any]
Visit = tuple[int, str]  # a round and a group


def _visit(planned: Planned) -> Visit:
    return planned.round, planned.cell.group


@dataclass(frozen=True)
class Again:
    """The runs of a visit that are to be made for an attempt after its first."""

    visit: Visit
    attempt: int
    runs: tuple[Planned, ...]

    @property
    def estimate_s(self) -> float:
        return sum(planned.estimate_s for planned in self.runs)


class Ledger:
    """The visits of a plan with what is recorded of them."""

    def __init__(self, plan: Sequence[Planned]) -> None:
        self._visits: dict[Visit, list[Planned]] = {}
        self._planned = {planned.run: planned for planned in plan}
        for planned in plan:
            self._visits.setdefault(_visit(planned), []).append(planned)
        self._left: dict[str, int] = {}
        for _, group in self._visits:
            self._left[group] = self._left.get(group, 0) + 1
        self._left = {group: again_most(rounds) for group, rounds in self._left.items()}
        self._next = len(plan)
        self._made: dict[Visit, dict[int, set[int]]] = {}
        self._disturbed: set[tuple[Visit, int]] = set()
        self._closed: set[tuple[Visit, int]] = set()

    def planned(self, run: Run) -> Planned:
        """The planned run that a recorded one is, or repeats."""
        return self._planned[run.get("repeats", run["run"])]

    def record(self, run: Run) -> None:
        planned, attempt = self.planned(run), run.get("attempt", 0)
        visit = _visit(planned)
        attempts = self._made.setdefault(visit, {})
        if attempt > max(attempts, default=0):
            self._left[planned.cell.group] -= 1
        attempts.setdefault(attempt, set()).add(planned.run)
        if run.get("disturbed"):
            self._disturbed.add((visit, attempt))
        self._next = max(self._next, run["run"] + 1)

    def due(self) -> Again | None:
        """What is to be made again next, in the plan's order, or None."""
        for visit, attempts in self._made.items():
            last = max(attempts)
            rest = tuple(p for p in self._visits[visit] if p.run not in attempts[last])
            if last and rest and (visit, last) not in self._closed:
                return Again(visit, last, rest)  # an interruption came between
            disturbed = (visit, last) in self._disturbed and self._left[visit[1]] > 0
            if disturbed and (visit, last + 1) not in self._closed:
                return Again(visit, last + 1, tuple(self._visits[visit]))
        return None

    def close(self, again: Again) -> None:
        """Says that this attempt is made now, whatever comes of it."""
        self._closed.add((again.visit, again.attempt))

    @property
    def next_number(self) -> int:
        """What the next repeated run is recorded under."""
        return self._next


def _chosen(attempts: Mapping[int, Mapping[str, Run]]) -> int:
    """The last attempt that has every cell which the first one has a figure of."""
    figures = {
        cell for cell, run in attempts.get(0, {}).items() if run["status"] == Status.OK.value
    }
    whole = [a for a, cells in attempts.items() if a and figures <= cells.keys()]
    return max(whole, default=0)


def counting(runs: Iterable[Run], first: bool = False) -> list[Run]:
    """The runs without those with figures whose visit was made again, in their order.

    `first` keeps the first attempts instead, to see what the repetitions changed.
    """
    attempts: dict[Visit, dict[int, dict[str, Run]]] = {}
    places: list[tuple[Run, Visit, int]] = []
    for run in runs:
        cell, attempt = read_cell(run["cell"]), run.get("attempt", 0)
        visit = (run["round"], cell.group)
        attempts.setdefault(visit, {}).setdefault(attempt, {})[cell.id] = run
        places.append((run, visit, attempt))
    chosen = {visit: 0 if first else _chosen(made) for visit, made in attempts.items()}
    return [
        run
        for run, visit, attempt in places
        if run["status"] != Status.OK.value or attempt == chosen[visit]
    ]
