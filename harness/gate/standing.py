"""Which cells a gate is about, and the verdicts that need no measurement.

The cells are those that base's or head's specs and programs call for, never those that happened to
yield figures; what base had and head has lost without its spec saying so is broken.
"""

from __future__ import annotations

from typing import Mapping

from harness.contenders import Candidate
from harness.errors import InputError
from harness.gate.arithmetic import log_effect
from harness.gate.builds import Built
from harness.gate.config import Config
from harness.gate.model import Bar, Kind, Standing, Subject, Verdict
from harness.gate.noise import Noise
from harness.model import Gap
from harness.plan import Expected, compiled, expected_cells

_DECLARED = (Gap.NOT_EXPRESSIBLE,)


def _expected(built: Built, config: Config, cpus: int) -> dict[str, Expected]:
    """A revision's cells of the default profile that are of the family."""
    entries = expected_cells(list(built.specs.values()), [built.candidate], config.size, cpus)
    default = built.candidate.default_profile
    return {
        e.cell.id: e
        for e in entries
        if e.cell.profile == (default or e.cell.profile) and config.rule(e.cell.id) is not None
    }


def _failure(candidate: Candidate) -> str | None:
    if candidate.program is None:
        return candidate.contender.reason or "there is no program"
    return candidate.failure


def _standing(
    base: Expected | None, head: Expected | None, built: tuple[Built, Built]
) -> Standing | None:
    """The verdict on a cell that needs no measurement; None where it has to be measured."""
    if base is None or base.gap is not None:
        return Standing(Verdict.NEW, "only head has it")
    broken = _failure(built[1].candidate)
    if broken is not None:
        return Standing(Verdict.BROKEN, broken)
    if head is None:
        return Standing(Verdict.REMOVED, "head's specs no longer call for it")
    if head.gap is not None:
        lost = Verdict.REMOVED if head.gap in _DECLARED else Verdict.BROKEN
        return Standing(lost, f"{head.gap.value}: {head.reason}")
    versions = [b.specs[base.cell.workload].workload.version for b in built]
    if versions[0] != versions[1]:
        return Standing(Verdict.NEW, f"version {versions[1]} of a workload that was {versions[0]}")
    if built[0].settings != built[1].settings:
        names = {k for b in built for k in b.settings}
        other = [n for n in sorted(names) if built[0].settings.get(n) != built[1].settings.get(n)]
        return Standing(Verdict.NOT_COMPARABLE, f"built otherwise: {', '.join(other)}")
    if built[0].digest == built[1].digest:
        return Standing(Verdict.IDENTICAL, "the programs are the same")
    return None


def _bar(cell: str, effect_percent: float, config: Config, noise: Noise | None) -> Bar:
    least = log_effect(config.floor_percent)
    effect = log_effect(effect_percent)
    if noise is None or cell not in noise.floors:
        return Bar(least, effect)
    return Bar(noise.floors[cell], effect, noise.floors[cell], measured=True)


def cells(
    built: tuple[Built, Built], config: Config, pattern: str | None, noise: Noise | None, cpus: int
) -> tuple[list[Subject], dict[str, Expected]]:
    """Every cell that the gate is about, and those of base that can be run."""
    wanted = compiled(pattern)
    base, head = (_expected(b, config, cpus) for b in built)
    _check_rules(config, base, head)
    subjects = []
    for name in [*base, *(name for name in head if name not in base)]:
        # What neither revision can do is no cell of theirs.
        present = [e for e in (base.get(name), head.get(name)) if e is not None and e.gap is None]
        rule = config.rule(name)
        if rule is None or not wanted.search(name) or not present:
            continue
        standing = _standing(base.get(name), head.get(name), built)
        accepted = [e for e in config.accepted if e.cells.search(name)]
        quarantine = [e for e in config.quarantine if e.cells.search(name)]
        limits = [log_effect(e.up_to_percent) for e in accepted if e.up_to_percent is not None]
        subjects.append(
            Subject(
                id=name,
                kind=Kind.CELL,
                cell=name,
                bar=_bar(name, rule.effect_percent, config, noise),
                gated=rule.gated,
                standing=standing,
                accepted_up_to=max(limits, default=None),
                quarantine=quarantine[0].reason if quarantine else None,
            )
        )
    if not subjects:
        raise InputError("no cell is left: the family or --cells excludes them all")
    return subjects, {name: e for name, e in base.items() if e.gap is None}


def _check_rules(config: Config, *expected: Mapping[str, Expected]) -> None:
    """A rule that finds no cell is a misspelt one, and would let everything pass."""
    names = {name for found in expected for name in found}
    for rule in config.family:
        if not any(rule.cells.search(name) for name in names):
            raise InputError(f"family: {rule.cells.pattern!r} finds no cell")


def control_cells(
    config: Config, runnable: Mapping[str, Expected], pattern: str | None
) -> list[str]:
    """The cells that the controls are made on: the first that each of the config's patterns finds.

    Of those that `--cells` leaves, or the first that it leaves at all: a gate over one cell has its
    controls there.
    """
    wanted = compiled(pattern)
    left = [name for name in runnable if wanted.search(name)]
    found: list[str] = []
    for control in config.controls:
        name = next((name for name in left if control.search(name)), None)
        if name is not None and name not in found:
            found.append(name)
    return found or left[:1] or list(runnable)[:1]
