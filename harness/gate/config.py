"""Reads `ci/gate.toml`: the thresholds, the family of cells, what is accepted or in quarantine.

An exception that has expired ends the gate with status 2: it is to be decided again, not forgotten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from harness.errors import InputError
from harness.spec import SIZES
from harness.toml_table import Table, read_toml


@dataclass(frozen=True)
class Rule:
    """Cells, found by their ids, and what holds for them."""

    cells: re.Pattern[str]
    effect_percent: float
    gated: bool


@dataclass(frozen=True)
class Exemption:
    """An accepted regression (of up to so many per cent) or a quarantine, with reason and end."""

    cells: re.Pattern[str]
    reason: str
    until: date
    up_to_percent: float | None = None


@dataclass(frozen=True)
class Config:
    """The whole file."""

    contender: str
    size: str
    pairs: tuple[int, int]
    target_s: float
    repetitions: int
    alpha: float
    floor_percent: float
    injected_effects: float
    audit_share: float
    invalid_share_max: float
    family: tuple[Rule, ...]
    controls: tuple[re.Pattern[str], ...]
    accepted: tuple[Exemption, ...] = ()
    quarantine: tuple[Exemption, ...] = ()

    def rule(self, cell: str) -> Rule | None:
        """The last rule that finds the cell; None where it is not of the family."""
        found = [rule for rule in self.family if rule.cells.search(cell)]
        return found[-1] if found else None


def _compiled(table: Table, key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise table.fail(key, f"{text!r} is no regular expression: {error}") from error


def _pattern(table: Table, key: str) -> re.Pattern[str]:
    return _compiled(table, key, table.text(key))


def patterns(table: Table, key: str) -> tuple[re.Pattern[str], ...]:
    """A list of regular expressions that find cells by their ids. Raises InputError."""
    return tuple(_compiled(table, key, text) for text in table.texts(key))


def _share(table: Table, key: str, most: float = 1.0) -> float:
    value = table.number(key)
    if value > most:
        raise table.fail(key, f"must be at most {most:g}, not {value!r}")
    return value


def _rule(table: Table, effect_percent: float) -> Rule:
    given = table.maybe("effect_percent", None)
    gated = table.maybe("gated", True)
    if not isinstance(gated, bool):
        raise table.fail("gated", f"must be true or false, not {gated!r}")
    effect = effect_percent if given is None else table.number("effect_percent")
    rule = Rule(_pattern(table, "cells"), effect, gated)
    table.finish()
    return rule


def _exemption(table: Table, today: date, sized: bool) -> Exemption:
    until = table.get("until")
    if type(until) is not date:
        raise table.fail("until", f"must be a date such as 2026-12-31, not {until!r}")
    if until < today:
        raise table.fail(
            "until", f"expired on {until}: decide again, then change it or take it out"
        )
    up_to = table.number("up_to_percent") if sized else None
    found = Exemption(_pattern(table, "cells"), table.text("reason"), until, up_to)
    table.finish()
    return found


def _tables(root: Table, key: str) -> list[Table]:
    return root.tables(key) if root.maybe(key, None) is not None else []


def parse(source: Any, file: str, today: date) -> Config:
    """A config from a parsed file. Raises InputError."""
    root = Table(source, file, "")
    gate = root.table("gate")
    effect_percent = gate.number("effect_percent")
    controls = root.table("controls")
    config = Config(
        contender=gate.text("contender"),
        size=gate.choice("size", SIZES),
        pairs=(gate.count("router_pairs", 5), gate.count("decider_pairs", 5)),
        target_s=gate.number("target_s"),
        repetitions=gate.count("repetitions"),
        alpha=_share(gate, "alpha", 0.5),
        floor_percent=gate.number("floor_percent"),
        injected_effects=controls.number("injected_effects"),
        audit_share=_share(gate, "audit_share"),
        invalid_share_max=_share(gate, "invalid_share_max"),
        family=tuple(_rule(table, effect_percent) for table in root.tables("family")),
        controls=patterns(controls, "cells"),
        accepted=tuple(_exemption(t, today, True) for t in _tables(root, "accepted")),
        quarantine=tuple(_exemption(t, today, False) for t in _tables(root, "quarantine")),
    )
    for table in (gate, controls, root):
        table.finish()
    return config


def load(path: Path, today: date) -> Config:
    """The config in a file. Raises InputError."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    return parse(read_toml(path, str(path)), str(path), today)
