"""The gate's error rates on this machine: gates of a program against itself, slowed down or not.

Without a slowdown, head is base linked in another order (its copy, where that is not possible), so
an accusation is a false alarm. The differences of all these pairs make the noise file of the host.
A slowdown is a program that is slowed down in one cell, or base with a change of its code.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from harness import machine
from harness.calibrate import Frozen
from harness.errors import InputError
from harness.gate import error_rates, evidence, noise, pairs, standing
from harness.gate.builds import Built
from harness.gate.config import Config
from harness.gate.document import document
from harness.gate.error_rates import Tally
from harness.gate.flow import Gate, Injection
from harness.gate.injections import Injected
from harness.gate.model import Kind, Rules
from harness.gate.simulate import SLOWDOWNS_PERCENT, Noise, Plan
from harness.gate.simulate import error_rates as simulated_rates
from harness.progress import Progress
from harness.session import Stop
from harness.store import RunFolder, write_atomically

TAIL_STOP_S = 0.005
TAIL = "tail"
STRUCTURAL = "structural"
SLOWDOWNS = (*(f"{percent:g}" for percent in SLOWDOWNS_PERCENT), TAIL)
_EQUALS = (Kind.CELL, Kind.NULL_COPY, Kind.NULL_RELINK)


@dataclass(frozen=True)
class Wanted:
    """How many gates, about which cells, and which of them is slowed down."""

    gates: int
    powered: int
    cells: str | None
    target: str | None
    slowdowns: tuple[str, ...]  # per cent, `TAIL` or `STRUCTURAL`


@dataclass(frozen=True)
class _Head:
    """What is compared with base: it slowed down, or another program; neither: base itself."""

    injection: Injection | None = None
    built: Built | None = None


def simulated(
    config: Config, spread_percent: float, gates: int, powered: int, seed: int
) -> list[Tally]:
    """The same on synthetic noise."""
    if not 0 < spread_percent < 100:
        raise InputError(f"--spread: {spread_percent:g} is no spread in per cent")
    effect = config.family[0].effect_percent
    plan = Plan(12, config.pairs, effect, config.floor_percent, config.alpha)
    return simulated_rates(gates, powered, plan, Noise(spread=spread_percent / 100), seed)


def show(tallies: Sequence[Tally], as_json: bool) -> None:
    if as_json:
        print(json.dumps(error_rates.document(tallies), indent=1))
    else:
        print(error_rates.table(tallies))


def _target(cells: Sequence[str], pattern: str | None) -> str:
    try:
        wanted = re.compile(pattern or "")
    except re.error as error:
        raise InputError(f"--target {pattern!r}: {error}") from error
    found = next((cell for cell in cells if wanted.search(cell)), None)
    if found is None:
        raise InputError(f"--target {pattern!r} finds no cell")
    return found


def _slowed(slowdown: str, target: str) -> tuple[Tally, _Head]:
    """Base that is slowed down in one cell."""
    if slowdown == TAIL:
        tally = Tally(f"{1000 * TAIL_STOP_S:g} ms in the tail", TAIL, (target,))
        return tally, _Head(Injection(target, TAIL_STOP_S, "tail"))
    tally = Tally(f"{slowdown} %", "spin", (target,))
    return tally, _Head(Injection(target, float(slowdown) / 100))


@dataclass
class Calibration:
    """Real gates, one after the other, each in a folder of its own below one."""

    built: Built
    config: Config
    path: Path
    progress: Progress
    stop: Stop
    seed: int
    work: Path
    injected: Sequence[Injected] = ()
    tallies: list[Tally] = field(default_factory=list)
    _frozen: Mapping[str, Frozen] = field(default_factory=dict)
    _differences: dict[str, list[float]] = field(default_factory=dict)
    _made: int = 0

    def make(self, wanted: Wanted) -> bool:
        """All gates; False where the user ended it. Raises InputError before the first."""
        plan = [(Tally(error_rates.NONE), _Head(), wanted.gates)] if wanted.gates else []
        plan += [(tally, head, wanted.powered) for tally, head in self._slower(wanted)]
        for tally, head, number in plan:
            self.tallies.append(tally)
            for _ in range(number):
                if not self._one(tally, head, wanted.cells):
                    return False
        return True

    def _slower(self, wanted: Wanted) -> list[tuple[Tally, _Head]]:
        """Every slowdown with the cells that it is put into."""
        both = (self.built, self.built)
        cpus = machine.cpus_usable()
        subjects, _ = standing.cells(both, self.config, wanted.cells, None, cpus)
        cells = [subject.cell for subject in subjects]
        target = _target(cells, wanted.target)
        found: list[tuple[Tally, _Head]] = []
        for slowdown in wanted.slowdowns:
            if slowdown == STRUCTURAL:
                found += self._structural(cells)
            else:
                found.append(_slowed(slowdown, target))
        return found

    def _structural(self, cells: Sequence[str]) -> Iterator[tuple[Tally, _Head]]:
        for injected in self.injected:
            slowdown = injected.slowdown
            hurt = slowdown.hurt(cells)
            if hurt:
                tally = Tally(slowdown.name, STRUCTURAL, hurt, slowdown.touched(cells))
                yield tally, _Head(built=injected.built)
            else:
                self.progress.say(f"left out, since it hurts none of the cells: {slowdown.name}")

    def _one(self, tally: Tally, head: _Head, pattern: str | None) -> bool:
        """One gate."""
        path = self.path / f"gate-{self._made:04}"
        both = (self.built, head.built or self.built)
        seed = self.seed + self._made
        gate = Gate(both, self.config, self.progress, self.stop, seed, self.work)
        gate.head_is, gate.pattern = "head" if head.built else "link", pattern
        gate.injection, gate.frozen = head.injection, self._frozen
        gate.prepare()
        with RunFolder(path) as folder:
            decision = gate.make(folder)
            self._frozen = gate.frozen
            if decision is None:
                return False
            plan = gate.document()
            about = {"calibration": tally.slowdown}
            folder.write_json("verdict.json", document(decision, plan, about))
            folder.seal()
        self._made += 1
        tally.add(decision)
        self.progress.say(f"gate {self._made}, slowdown {tally.slowdown}: {decision.sentence}")
        if not tally.hurt:
            self._remember(gate, plan)
        return True

    def _remember(self, gate: Gate, plan: Mapping[str, object]) -> None:
        """Keeps what equal programs differed by."""
        for found in evidence.samples(plan, pairs.load(gate.folder.path)):
            for subject in gate.subjects:
                if subject.kind in _EQUALS and subject.id in found:
                    values = self._differences.setdefault(subject.cell, [])
                    values += found[subject.id].differences

    def write(self, host: Path, fingerprint: str, today: date) -> None:
        """The error rates, here and in the host's folder, and the noise where there is some."""
        rules = Rules(self.config.pairs, self.config.alpha)
        rates = error_rates.host_document(self.tallies, rules, fingerprint, today)
        # Without gates of equals nothing is known of false alarms: what the host has stays.
        whole = any(tally.slowdown == error_rates.NONE for tally in self.tallies)
        for folder in (self.path, host) if whole else (self.path,):
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / error_rates.NAME, _text(rates))
        if whole:
            self.progress.say(f"the error rates of this host are in {host / error_rates.NAME}")
        self._write_noise(host / noise.NAME, fingerprint, today)

    def _write_noise(self, path: Path, fingerprint: str, today: date) -> None:
        config = self.config
        found = noise.document(
            self._differences, config.pairs[1], config.floor_percent, fingerprint, today
        )
        if not found["cells"]:
            return
        write_atomically(path, _text(found))
        self.progress.say(f"the noise of {len(found['cells'])} cells is in {path}")
        for cell, entry in found["cells"].items():
            rule = config.rule(cell)
            if rule is not None and entry["floor_percent"] > rule.effect_percent:
                self.progress.say(
                    f"{cell}: {rule.effect_percent:g} % cannot be asked for:"
                    f" the noise is {entry['floor_percent']:g} %"
                )


def _text(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()
