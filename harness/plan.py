"""Which cells are expected, which of them are run, how often and in which order.

Every combination of workload, sweep, contender and profile is an expected cell; one that cannot be
run is kept, with its reason. The order is drawn from hashes of the seed, the round and the cell's
own id, so a cell's place among the others is the same whatever a filter or an interruption removes.

Within a group the order is balanced in blocks of six rounds: every cell draws a point on a circle,
the circle is turned by a third from one pair of rounds to the next, and the second round of a pair
runs the first one's order backwards. So in each pair every two cells come in either order once, and
over a block each cell is early, in the middle and late about equally often.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import Iterable, Mapping, Sequence

from harness.contenders import FLOORS, Candidate, Offer
from harness.errors import InputError
from harness.model import Cell, Gap
from harness.spec import Point, Spec

FAILURES_MAX = 2  # a cell that failed so often without a success is not run again
ROUNDS_PER_INTERVAL = 6  # the fewest rounds that give a median a 95 % interval
AGAIN_SHARE_MAX = 0.20  # of a group's rounds; see visits.py
PADDING_MOST = 4096
_ROUNDS_PER_BLOCK = 6
_DRAW_BITS = 53  # what a float holds exactly


@dataclass(frozen=True)
class Expected:
    """A cell that the specs and the contenders call for; it is run unless it has a gap."""

    cell: Cell
    gap: Gap | None
    reason: str | None
    rounds_max: int | None


@dataclass(frozen=True)
class Selection:
    """What the user asked for; an empty tuple or None leaves nothing out."""

    suites: tuple[str, ...] = ()
    contenders: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True)
class Planned:
    """One run to be made; `run` counts from 0 in the order of plan.jsonl."""

    run: int
    round: int
    cell: Cell
    operations: int
    repetitions: int
    warmup: int
    limit_s: float
    estimate_s: float
    padding: int = 0  # how long a variable of its environment is


def select_specs(specs: Sequence[Spec], suites: Sequence[str]) -> list[Spec]:
    """The specs of the suites that were named. Raises InputError for a suite that is not there."""
    known = sorted({spec.workload.suite for spec in specs})
    for suite in suites:
        if suite not in known:
            raise InputError(f"no suite is called {suite!r}; there are {', '.join(known)}")
    return [spec for spec in specs if not suites or spec.workload.suite in suites]


def _judge_offer(offer: Offer | None, spec: Spec, point: Point) -> tuple[Gap | None, str | None]:
    if offer is None:
        return Gap.NOT_IMPLEMENTED, "the program does not list this workload for this profile"
    if offer.gap is not None:
        return offer.gap, offer.reason
    if offer.version != spec.workload.version:
        versions = f"version {offer.version}, the spec says {spec.workload.version}"
        return Gap.MISMATCH, f"the program was built with {versions}: build it again"
    values: dict[str, int | str] = dict(point.parameters)
    values["workers"] = point.workers
    found = [
        limit
        for limit in offer.limits
        if limit.parameter in values and limit.rules_out(values[limit.parameter])
    ]
    # What cannot be done at all is said before what only has not been done yet.
    found.sort(key=lambda limit: limit.gap is not Gap.NOT_EXPRESSIBLE)
    return (found[0].gap, found[0].reason) if found else (None, None)


def cells_of(spec: Spec, point: Point, candidate: Candidate) -> Iterable[Expected]:
    """The cells of one point on one contender: one for each profile, or one that says why not."""
    workload, contender = spec.workload.id, candidate.contender

    def cell(profile: str, offer: Offer | None = None) -> Cell:
        form, source = (offer.form, offer.source) if offer else ("shared", None)
        return Cell(
            workload, point.parameters, point.workers, contender.name, profile, form, source
        )

    if contender.program is None:
        yield Expected(cell(""), Gap.NOT_INSTALLED, contender.reason, point.rounds_max)
        return
    if candidate.failure is not None:
        yield Expected(cell(""), Gap.FAILED, candidate.failure, point.rounds_max)
        return
    for profile, about in candidate.profiles.items():
        if contender.name == FLOORS and profile != spec.workload.floor:
            continue
        if about.on_request and profile not in point.profiles:
            continue
        offer = candidate.offers.get((workload, profile))
        gap, reason = _judge_offer(offer, spec, point)
        yield Expected(cell(profile, offer), gap, reason, point.rounds_max)


def compiled(pattern: str | None) -> re.Pattern[str]:
    """What --filter looks for in the cells' ids. Raises InputError."""
    try:
        return re.compile(pattern or "")
    except re.error as error:
        raise InputError(f"--filter {pattern!r}: {error}") from error


def expected_cells(
    specs: Sequence[Spec],
    candidates: Sequence[Candidate],
    size: str,
    cpus: int,
    pattern: str | None = None,
) -> list[Expected]:
    """Every cell of a size, group by group. Raises InputError where nothing is left of it."""
    wanted = compiled(pattern)
    cells = [
        expected
        for spec in specs
        for point in spec.points(size, cpus)
        for candidate in candidates
        if candidate.contender.name != FLOORS or spec.workload.floor is not None
        for expected in cells_of(spec, point, candidate)
        if wanted.search(expected.cell.id)
    ]
    if not cells:
        raise InputError("no cell is left: --suite, --contender and --filter exclude them all")
    return cells


def draw(seed: int, *words: object) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    text = ":".join(str(word) for word in (seed, *words))
    digest = hashlib.sha256(text.encode()).digest()
    return math.ldexp(int.from_bytes(digest[:8], "big") >> (64 - _DRAW_BITS), -_DRAW_BITS)


def cell_order(seed: int, number: int, cells: Iterable[Cell]) -> list[Cell]:
    """The cells of one group in the order of one round; see the head of this file."""
    block, step = divmod(number, _ROUNDS_PER_BLOCK)
    turn, backwards = divmod(step, 2)
    turns = _ROUNDS_PER_BLOCK // 2

    def place(cell: Cell) -> tuple[float, str]:
        return (draw(seed, "cell", cell.id, block) + turn / turns) % 1.0, cell.id

    return sorted(cells, key=place, reverse=bool(backwards))


def group_order(seed: int, number: int, groups: Iterable[str]) -> list[str]:
    """The groups in the order of one round."""
    return sorted(groups, key=lambda group: (draw(seed, "group", group, number), group))


def padding(seed: int, number: int, group: str) -> int:
    """The length of an environment variable of every run that one group makes in one round.

    Where a program's stack begins depends on the size of its environment, and its speed may depend
    on that: drawn anew each round, it is noise that the interval shows instead of a bias.
    """
    return int(draw(seed, "padding", group, number) * (PADDING_MOST + 1))


def again_most(rounds: int) -> int:
    """How many visits of a group with so many rounds may be made again."""
    return int(AGAIN_SHARE_MAX * rounds + 1e-9)


def visits_expected(rounds: int, disturbed_share: float) -> float:
    """How many visits so many rounds come to, where such a share of them is disturbed."""
    return rounds + min(float(again_most(rounds)), disturbed_share * rounds)


def choose_rounds(
    costs_s: Mapping[str, float],
    limits: Mapping[str, int | None],
    budget_s: float | None,
    rounds_most: int,
    round_s: float = 0.0,
    disturbed_share: float = 0.0,
) -> dict[str, int]:
    """How many rounds each group gets, from the cost of its visits and of a round besides them.

    As many for all as the budget holds. Where that is too few for an interval, the dearest groups
    give theirs up first, so that the many cheap ones keep theirs, and what that leaves over goes to
    the cheapest that lack some; every group gets at least one.
    """

    def rounds_of(rounds: int) -> dict[str, int]:
        return {group: min(rounds, limits[group] or rounds) for group in costs_s}

    def fits(rounds: Mapping[str, int]) -> bool:
        visits = {g: visits_expected(number, disturbed_share) for g, number in rounds.items()}
        cost_s = sum(costs_s[group] * number for group, number in visits.items())
        cost_s += round_s * max(rounds.values(), default=0)
        return budget_s is None or cost_s <= budget_s

    for number in range(rounds_most, ROUNDS_PER_INTERVAL - 1, -1):
        if fits(rounds_of(number)):
            return rounds_of(number)
    rounds = rounds_of(min(rounds_most, ROUNDS_PER_INTERVAL))
    dearest_first = sorted(costs_s, key=lambda group: (-costs_s[group], group))
    for fewest in (2, 1):
        for group in dearest_first:
            while rounds[group] > fewest and not fits(rounds):
                rounds[group] -= 1
    enough = rounds_of(min(rounds_most, ROUNDS_PER_INTERVAL))
    for group in reversed(dearest_first):  # what the last to give up has left over
        while rounds[group] < enough[group] and fits({**rounds, group: rounds[group] + 1}):
            rounds[group] += 1
    return rounds
