"""Finds out what a cell costs and freezes how much one repetition of each group does.

All contenders of a group do the same number of operations, chosen so that the slowest one's timed
repetition takes about the size's target: other counts would mean other caches, other allocators'
states and another share of warm-up. A contender that is slower than the fastest by more than
`SPREAD_MAX` would leave the others too little to time; it gets a count of its own, and is marked.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Callable, Mapping, Sequence

from harness.contenders import FLOORS
from harness.model import Cell
from harness.plan import (
    FAILURES_MAX,
    ROUNDS_PER_INTERVAL,
    Expected,
    Planned,
    cell_order,
    choose_rounds,
    group_order,
    padding,
    visits_expected,
)
from harness.record import Status
from harness.spec import Spec

SPREAD_MAX = 20.0  # the fastest is timed for at least this part of the target
TRIAL_LIMIT_S = 10.0  # for the short trials of a calibrated count
RUN_LIMIT_MIN_S = 10.0
RUN_LIMIT_FACTOR = 20.0  # how much slower than estimated a run may be before it counts as hanging
_TRIALS_MAX = 6
_GROWTH_MAX = 100
_LONG_TRIAL_S = 2.0  # a fixed workload this long is tried on one contender for all


@dataclass(frozen=True)
class Length:
    """How long a run is: what each of its repetitions aims at, and how many there are at most."""

    target_s: float
    repetitions: int


@dataclass(frozen=True)
class Pace:
    """The lengths of a size's runs, longest first: the budget may force a shorter one."""

    lengths: tuple[Length, ...]
    rounds_most: int


# More short runs say more than fewer long ones: without six rounds there is no interval.
_SHORT = (Length(0.1, 3), Length(0.07, 3), Length(0.05, 3), Length(0.03, 3))
PACES: Mapping[str, Pace] = {
    "quick": Pace(_SHORT, 10),
    "standard": Pace((Length(0.2, 5), Length(0.1, 5), *_SHORT), 20),
    "full": Pace((Length(0.5, 5), Length(0.2, 5), Length(0.1, 5), *_SHORT), 30),
}


@dataclass(frozen=True)
class Trial:
    """What one run for the calibration showed; `operation_ns` is None where it failed."""

    operations: int
    operation_ns: float | None
    wall_s: float
    status: Status
    reason: str | None
    disturbed: bool = False  # something from outside took a part of the machine


@dataclass(frozen=True)
class Cost:
    """What a cell costs: per operation, and around them (start, warm-up of the pool, checks)."""

    operation_ns: float | None
    overhead_s: float
    problem: str | None
    hangs: bool = False


@dataclass(frozen=True)
class Frozen:
    """What a run of one cell does, for all rounds."""

    operations: int
    repetitions: int
    warmup: int
    limit_s: float
    estimate_s: float
    own_count: bool  # it is so slow that it does fewer operations than the rest of its group


@dataclass(frozen=True)
class Calibrated:
    """What the trials of a session say about the rest of it."""

    costs: Mapping[Cell, Cost]
    visits_s: Mapping[str, float]  # of a group: what a visit takes besides its runs
    settle_s: float  # the wait before a round, as it was this time
    disturbed_share: float  # of the groups, and so to be expected of the visits


Try = Callable[[Cell, int, float], Trial]


def _cost(trial: Trial) -> Cost:
    if trial.operation_ns is None:
        hangs = trial.status is Status.DID_NOT_FINISH
        return Cost(None, trial.wall_s, f"{trial.status.value}: {trial.reason}", hangs)
    timed_s = trial.operations * trial.operation_ns * 1e-9
    return Cost(trial.operation_ns, max(0.0, trial.wall_s - timed_s), None)


def measure_cell(cell: Cell, spec: Spec, target_s: float, attempt: Try) -> Cost:
    """Tries a cell with growing counts until the time is a fair part of the target."""
    if spec.operations is not None:
        return _cost(attempt(cell, spec.operations, spec.time_limit_s))
    operations = spec.operations_min
    limit_s = min(TRIAL_LIMIT_S, spec.time_limit_s)
    trial = attempt(cell, operations, limit_s)
    for _ in range(_TRIALS_MAX):
        if trial.operation_ns is None:
            break
        timed_s = operations * trial.operation_ns * 1e-9
        if timed_s >= target_s / 4:
            break
        operations = math.ceil(operations * min(_GROWTH_MAX, max(2.0, target_s / 2 / timed_s)))
        trial = attempt(cell, operations, limit_s)
    return _cost(trial)


def measure_group(
    cells: Sequence[Cell], spec: Spec, target_s: float, attempt: Try
) -> dict[Cell, Cost]:
    """The cost of each cell of a group.

    Where the workload's size is fixed and one run of it is long, the first contender that works
    stands for all: the estimate gets coarser, and the time goes into the measurement.
    """
    costs: dict[Cell, Cost] = {}
    for cell in cells:
        known = next((cost for cost in costs.values() if cost.operation_ns is not None), None)
        if known is not None and known.operation_ns is not None and spec.operations is not None:
            if spec.operations * known.operation_ns * 1e-9 + known.overhead_s > _LONG_TRIAL_S:
                costs[cell] = known
                continue
        costs[cell] = measure_cell(cell, spec, target_s, attempt)
    return costs


def two_digits(count: float) -> int:
    """A count rounded down to two significant digits, at least 1: for the reader's sake."""
    whole = max(1, int(count))
    unit: int = 10 ** max(0, len(str(whole)) - 2)
    return whole // unit * unit


def _counts(costs: Mapping[Cell, Cost], spec: Spec, target_s: float) -> dict[Cell, int]:
    if spec.operations is not None:
        return {cell: spec.operations for cell in costs}

    def fitting(operation_ns: float) -> int:
        return max(spec.operations_min, two_digits(target_s * 1e9 / operation_ns))

    rows = [c.operation_ns for cell, c in costs.items() if cell.contender != FLOORS]
    known = [operation_ns for operation_ns in rows if operation_ns is not None]
    slowest = max((ns for ns in known if ns <= SPREAD_MAX * min(known)), default=None)
    shared = spec.operations_min if slowest is None else fitting(slowest)
    counts = {}
    for cell, cost in costs.items():
        far_off = slowest is None or (cost.operation_ns or 0) > slowest
        own = cost.operation_ns is not None and (far_off or cell.contender == FLOORS)
        counts[cell] = fitting(cost.operation_ns) if own and cost.operation_ns else shared
    return counts


def freeze_group(costs: Mapping[Cell, Cost], spec: Spec, length: Length) -> dict[Cell, Frozen]:
    """The counts, repetitions, limits and estimates of a group's cells."""
    target_s, repetitions_most = length.target_s, length.repetitions
    counts = _counts(costs, spec, target_s)
    rows = [cell for cell in costs if cell.contender != FLOORS] or list(costs)
    shared = max(counts[cell] for cell in rows)
    timed_s = {c: counts[c] * (cost.operation_ns or 0.0) * 1e-9 for c, cost in costs.items()}
    longest_s = max(timed_s.values())
    # Twice the target for each repetition is the room; what is longer repeats less often.
    room = 2 * target_s * repetitions_most / max(longest_s, target_s * 1e-3)
    repetitions = spec.repetitions or max(1, min(repetitions_most, math.ceil(room)))
    warmup = 1 if spec.warmup is None else spec.warmup
    works_s = {
        cell: cost.overhead_s + (warmup + repetitions) * timed_s[cell]
        for cell, cost in costs.items()
        if cost.operation_ns is not None
    }
    frozen = {}
    for cell, cost in costs.items():
        limit_s = _limit_s(works_s, cell, cost, spec)
        estimate_s = works_s.get(cell)
        if estimate_s is None:
            run_s = limit_s if cost.hangs else cost.overhead_s
            estimate_s = run_s * FAILURES_MAX / ROUNDS_PER_INTERVAL
        frozen[cell] = Frozen(
            operations=counts[cell],
            repetitions=repetitions,
            warmup=warmup,
            limit_s=limit_s,
            estimate_s=estimate_s,
            own_count=cell in rows and counts[cell] < shared,
        )
    return frozen


def _limit_s(works_s: Mapping[Cell, float], cell: Cell, cost: Cost, spec: Spec) -> float:
    """How long a run may take before it counts as hanging.

    One that hung when it was tried is measured by those of its group that did not.
    """
    estimate_s = works_s.get(cell, max(works_s.values(), default=None) if cost.hangs else None)
    if estimate_s is None:
        return spec.time_limit_s
    return min(spec.time_limit_s, max(RUN_LIMIT_MIN_S, RUN_LIMIT_FACTOR * estimate_s))


@dataclass(frozen=True)
class Schedule:
    """The runs in their order, what was frozen for them, and how many rounds each group gets."""

    target_s: float
    runs: tuple[Planned, ...]
    frozen: Mapping[Cell, Frozen]
    rounds: Mapping[str, int]
    limits: Mapping[str, int | None]
    costs_s: Mapping[str, float]  # of a group's visit
    round_s: float  # what a round takes besides its visits
    disturbed_share: float  # of the visits; they are made again as far as the rules allow

    @property
    def estimate_s(self) -> float:
        return self.cost_s(self.rounds)

    def cost_s(self, rounds: Mapping[str, int]) -> float:
        """What so many rounds would take."""
        visits = {g: visits_expected(n, self.disturbed_share) for g, n in rounds.items()}
        visits_s = sum(self.costs_s[group] * number for group, number in visits.items())
        return visits_s + self.round_s * max(rounds.values(), default=0)

    def shortfall(self, budget_s: float | None) -> tuple[int, int, float]:
        """What the rounds lack, the gravest first.

        The groups that get fewer than an interval needs, though they can have them; those that get
        a single one; by how many seconds even these exceed the budget.
        """

        def fewer_than(wanted: int) -> int:
            enough = self.at_most(wanted)
            return sum(number < enough[group] for group, number in self.rounds.items())

        excess_s = 0.0 if budget_s is None else max(0.0, self.estimate_s - budget_s)
        return fewer_than(ROUNDS_PER_INTERVAL), fewer_than(2), excess_s

    def at_most(self, rounds: int) -> dict[str, int]:
        """So many rounds of each group, or as many as its sweep has."""
        return {group: min(rounds, limit or rounds) for group, limit in self.limits.items()}


def _cost_of_visit(
    frozen: Mapping[Cell, Frozen], groups: Mapping[str, Sequence[Cell]], found: Calibrated
) -> dict[str, float]:
    return {
        group: sum(frozen[cell].estimate_s for cell in cells) + found.visits_s[group]
        for group, cells in groups.items()
    }


def _order(
    seed: int,
    groups: Mapping[str, Sequence[Cell]],
    frozen: Mapping[Cell, Frozen],
    rounds: Mapping[str, int],
) -> list[Planned]:
    runs: list[Planned] = []
    for number in range(max(rounds.values(), default=0)):
        present = [group for group in groups if number < rounds[group]]
        for group in group_order(seed, number, present):
            for cell in cell_order(seed, number, groups[group]):
                f = frozen[cell]
                shape = (f.operations, f.repetitions, f.warmup, f.limit_s, f.estimate_s)
                length = padding(seed, number, group)
                runs.append(Planned(len(runs), number, cell, *shape, length))
    return runs


def schedule(
    expected: Sequence[Expected],
    specs: Mapping[str, Spec],
    found: Calibrated,
    size: str,
    seed: int,
    budget_s: float | None,
    rounds: int | None,
) -> Schedule:
    """The whole plan of a session from what the cells cost.

    The longest of the size's lengths is taken with which the rounds lack the least; `rounds`, where
    the user asks for a number, is taken as it is.
    """
    pace = PACES[size]
    groups: dict[str, list[Cell]] = {}
    limits: dict[str, int | None] = {}
    for entry in expected:
        if entry.gap is None:
            groups.setdefault(entry.cell.group, []).append(entry.cell)
            limits[entry.cell.group] = entry.rounds_max

    def at_length(length: Length) -> Schedule:
        frozen: dict[Cell, Frozen] = {}
        for cells in groups.values():
            group_costs = {cell: found.costs[cell] for cell in cells}
            spec = specs[cells[0].workload]
            frozen.update(freeze_group(group_costs, spec, length))
        costs_s = _cost_of_visit(frozen, groups, found)
        besides = (found.settle_s, found.disturbed_share)
        if rounds is not None:
            chosen = {group: min(rounds, limits[group] or rounds) for group in groups}
        else:
            chosen = choose_rounds(costs_s, limits, budget_s, pace.rounds_most, *besides)
        runs = tuple(_order(seed, groups, frozen, chosen))
        return Schedule(length.target_s, runs, frozen, chosen, limits, costs_s, *besides)

    best = at_length(pace.lengths[0])
    if rounds is None:
        for length in pace.lengths[1:]:
            if not any(best.shortfall(budget_s)):
                break
            best = min(best, at_length(length), key=lambda plan: plan.shortfall(budget_s))
    return best


def document(plan: Schedule, found: Calibrated) -> dict[str, Any]:
    """calibration.json."""
    groups: dict[str, dict[str, Any]] = {}
    for cell, frozen in plan.frozen.items():
        entry = groups.setdefault(cell.group, {"rounds": plan.rounds[cell.group], "rows": {}})
        entry["rows"][cell.row] = {**asdict(found.costs[cell]), **asdict(frozen)}
    return {
        "schema": "weft.calibration/1",
        "target_s": plan.target_s,
        "settle_s": round(found.settle_s, 3),
        "disturbed_share": round(found.disturbed_share, 3),
        "groups": groups,
    }
