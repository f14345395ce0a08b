"""Whole gates on synthetic noise: what machine time cannot cover, a thousand gates in seconds.

A run's logarithm is a slow wander that both sides share, noise of its own with a tail to the right,
and now and then a spike. The pair's difference keeps what the wander did between the two runs. Each
cell has its own spread; the figures pass through the same functions as measured ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Iterable, Mapping

from harness.gate.arithmetic import log_effect
from harness.gate.controls import injected_bar
from harness.gate.decision import decide
from harness.gate.error_rates import Tally
from harness.gate.model import Bar, Decision, Kind, Rules, Sample, Subject
from harness.gate.routing import route

SLOWDOWNS_PERCENT = (2.0, 5.0, 10.0, 20.0)
INJECTED_EFFECTS = 1.5
_CONTROLS = (Kind.NULL_COPY, Kind.NULL_RELINK, Kind.POSITIVE, Kind.DRIFT)


@dataclass(frozen=True)
class Noise:
    """The machine that is pretended: all but the share of spikes in logarithms."""

    spread: float = 0.03  # of a typical cell; cells have from half to twice as much
    wander: float = 0.01  # from one run to the next
    memory: float = 0.95  # of the wander
    spike_share: float = 0.03
    spike: float = 0.3


@dataclass(frozen=True)
class Plan:
    """The gate that is simulated."""

    cells: int = 12
    pairs: tuple[int, int] = (8, 20)
    effect_percent: float = 5.0
    floor_percent: float = 1.0
    alpha: float = 0.05


class _Machine:
    """The wander goes on through the gate, as time does."""

    def __init__(self, source: random.Random, noise: Noise) -> None:
        self._source = source
        self._noise = noise
        self._level = 0.0

    def run(self, spread: float, shift: float) -> float:
        """The logarithm of one run's figure."""
        source, noise = self._source, self._noise
        self._level = noise.memory * self._level + source.gauss(0.0, noise.wander)
        value = shift + self._level + source.gauss(0.0, spread)
        value += abs(source.gauss(0.0, spread / 2))
        if source.random() < noise.spike_share:
            value += source.expovariate(1 / noise.spike)
        return value

    def sample(self, pairs: int, spread: float, shift: float) -> Sample:
        """The pairs of one subject; which side comes first changes from pair to pair."""
        differences = []
        for number in range(pairs):
            sides = [0.0, shift] if number % 2 == 0 else [shift, 0.0]
            values = [self.run(spread, side) for side in sides]
            base, head = values if number % 2 == 0 else values[::-1]
            differences.append(head - base)
        return Sample(tuple(differences), pairs)


def _subjects(plan: Plan) -> list[Subject]:
    bar = Bar(log_effect(plan.floor_percent), log_effect(plan.effect_percent))
    cells = [f"cell-{number}" for number in range(plan.cells)]
    found = [Subject(cell, Kind.CELL, cell, bar) for cell in cells]
    return found + [Subject(kind.value, kind, cells[0], bar) for kind in _CONTROLS]


def simulate(seed: int, plan: Plan, noise: Noise, slowdowns: Mapping[str, float]) -> Decision:
    """One gate in which some cells are slower by so many per cent."""
    source = random.Random(seed)
    machine = _Machine(source, noise)
    subjects = _subjects(plan)
    of_cell = {s.cell: noise.spread * 2 ** source.uniform(-1, 1) for s in subjects}
    spreads = {s.id: of_cell[s.cell] for s in subjects}
    shifts = {cell: log_effect(slowdown) for cell, slowdown in slowdowns.items()}
    (positive,) = (subject for subject in subjects if subject.kind is Kind.POSITIVE)
    shifts[positive.id] = INJECTED_EFFECTS * positive.bar.effect
    rules = Rules(plan.pairs, plan.alpha, seed=seed)

    def measure(chosen: Iterable[Subject], pairs: int) -> dict[str, Sample]:
        return {s.id: machine.sample(pairs, spreads[s.id], shifts.get(s.id, 0.0)) for s in chosen}

    router = measure(subjects, plan.pairs[0])
    suspects, audited = route(subjects, router, rules)
    bar = injected_bar(positive, subjects, router, rules)
    shifts[positive.id] = INJECTED_EFFECTS * bar.effect
    controls = [subject for subject in subjects if subject.kind is not Kind.CELL]
    decider = measure([*suspects, *audited, *controls], plan.pairs[1])
    return decide(subjects, router, decider, rules)


def error_rates(gates: int, powered: int, plan: Plan, noise: Noise, seed: int) -> list[Tally]:
    """So many gates without a difference, and so many for each slowdown of one cell."""
    nothing = Tally("none")
    for number in range(gates):
        nothing.add(simulate(seed + number, plan, noise, {}))
    tallies = [nothing]
    for slowdown in SLOWDOWNS_PERCENT:
        tally = Tally(f"{slowdown:g} %", "spin", ("cell-0",))
        for number in range(powered):
            tally.add(simulate(seed + number, plan, noise, {"cell-0": slowdown}))
        tallies.append(tally)
    return tallies
