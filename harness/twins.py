"""Reads the twins: pairs of a cell and a second, independent way to the same number.

A contender's `twins.toml` lists its own; harness/README.md has the keys. Nothing is defaulted here:
what a twin is compared with must be what its author thought of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from harness.errors import InputError
from harness.spec import Value, parameter_value
from harness.toml_table import Table, read_toml

FILE_NAME = "twins.toml"

_PLACE = re.compile(r"\{([^{}]*)\}")
PLACES = frozenset(("build", "workers"))  # what a word of a command may name in braces


@dataclass(frozen=True)
class Tolerance:
    """What the ratio of the cell's figure to its twin's may be, and why it is not 1."""

    low: float
    high: float
    reason: str


@dataclass(frozen=True)
class Twin:
    """A cell by its parts, and the command whose output has the same figure in it.

    `figure` finds the numbers in the command's output, in the cell's unit for `per` operations;
    `where` names the table in its file, for the complaints.
    """

    contender: str
    profile: str
    workload: str
    parameters: Mapping[str, Value]
    workers: Value
    operations: int
    repetitions: int
    command: tuple[str, ...]
    figure: re.Pattern[str]
    per: int
    tolerance: Tolerance | None
    where: str


def _words(table: Table, key: str) -> tuple[str, ...]:
    values = table.get(key)
    if not isinstance(values, list) or not values:
        raise table.fail(key, "must be a list of words")
    for value in values:
        if not isinstance(value, str) or not value:
            raise table.fail(key, f"{value!r} is not a word")
        for name in _PLACE.findall(value):
            if name not in PLACES:
                known = " or ".join(f"{{{place}}}" for place in sorted(PLACES))
                raise table.fail(key, f"{{{name}}} is not {known}")
    return tuple(values)


def _figure(table: Table) -> re.Pattern[str]:
    try:
        pattern = re.compile(table.text("figure"), re.MULTILINE)
    except re.error as error:
        raise table.fail("figure", f"is no regular expression: {error}") from error
    if pattern.groups != 1:
        raise table.fail("figure", f"must have one group, the number, not {pattern.groups}")
    return pattern


def _workers(table: Table) -> Value:
    value = parameter_value(table, "workers", table.get("workers"))
    if value != "max" and (isinstance(value, str) or value < 1):
        raise table.fail("workers", f'{value!r} is neither a number nor "max"')
    return value


def _ratio(table: Table, key: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise table.fail(key, f"must be a number, not {value!r}")
    if not 0 < value < float("inf"):
        raise table.fail(key, "must be above 0")
    return float(value)


def _tolerance(table: Table) -> Tolerance:
    found = Tolerance(_ratio(table, "low"), _ratio(table, "high"), table.text("reason"))
    if found.low >= found.high:
        raise table.fail("low", "must be below high")
    table.finish()
    return found


def _twin(table: Table, contender: str) -> Twin:
    parameters = table.table("parameters")
    tolerance = None
    if table.maybe("tolerance", None) is not None:
        tolerance = _tolerance(table.table("tolerance"))
    twin = Twin(
        contender=contender,
        profile=table.text("profile"),
        workload=table.text("workload"),
        parameters={
            name: parameter_value(parameters, name, value)
            for name, value in parameters.values.items()
        },
        workers=_workers(table),
        operations=table.count("operations"),
        repetitions=table.count("repetitions"),
        command=_words(table, "command"),
        figure=_figure(table),
        per=table.count("per"),
        tolerance=tolerance,
        where=f"{table.file}: {table.where}",
    )
    table.finish()
    return twin


def _load_file(path: Path, file: str) -> list[Twin]:
    root = Table(read_toml(path, file), file, "")
    contender = root.text("contender")
    if contender != path.parent.name:
        raise root.fail("contender", f"must be the folder's own name, {path.parent.name!r}")
    entries = root.get("twins")
    if not isinstance(entries, list) or not entries:
        raise root.fail("twins", "must be an array of tables")
    root.finish()
    return [_twin(Table(entry, file, f"twins[{i}]"), contender) for i, entry in enumerate(entries)]


def load(baselines: Path, root: Path) -> list[Twin]:
    """Every twin of `<baselines>/<contender>/twins.toml`; names of files are relative to `root`."""
    found: list[Twin] = []
    for path in sorted(baselines.glob(f"*/{FILE_NAME}")):
        file = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        found += _load_file(path, file)
    if not found:
        raise InputError(f"{baselines}: no contender here has a {FILE_NAME}")
    return found


def select(twins: Sequence[Twin], contenders: Sequence[str]) -> list[Twin]:
    """Those of the named contenders; all where none is named. Raises InputError."""
    known = list(dict.fromkeys(twin.contender for twin in twins))
    for name in contenders:
        if name not in known:
            raise InputError(f"no twins are of {name!r}; there are those of {', '.join(known)}")
    return [twin for twin in twins if not contenders or twin.contender in contenders]


def fill(words: tuple[str, ...], places: Mapping[str, str]) -> list[str]:
    """The command with its places taken by their values."""
    return [_PLACE.sub(lambda found: places[found[1]], word) for word in words]
