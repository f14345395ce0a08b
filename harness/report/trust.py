"""Can this run be trusted: what it ran on, what failed, what is missing and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from harness.model import Analysis, Contender
from harness.report.forest import group_words
from harness.report.standing import Standing, Standings
from harness.report.tables import href
from harness.report.wording import shortened

VALUE_LIMIT = 400
# Told elsewhere in the report, cell by cell.
_ELSEWHERE = frozenset({"contenders", "workloads", "expected", "warnings", "findings"})
_DESCRIBED = ("version", "language", "compiler", "flags", "allocator")


@dataclass(frozen=True)
class Missing:
    """Cells without figures that share a contender, a gap and a reason."""

    row: str
    gap: str
    reason: str
    cells: tuple[tuple[str, str], ...]  # words and link of each


@dataclass(frozen=True)
class Failure:
    """A run that did not count."""

    row: str
    words: str
    href: str
    reason: str


@dataclass(frozen=True)
class ContenderLine:
    """A contender as it describes itself."""

    name: str
    title: str
    absent: str
    facts: tuple[tuple[str, str], ...]
    profiles: tuple[tuple[str, str], ...]


def missing(standings: Sequence[Standings]) -> list[Missing]:
    """Every cell without a figure, said once per reason."""
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for group in standings:
        for row in group.rows:
            if row.standing is Standing.MISSING:
                key = row.name, row.gap, row.result.reason or "no reason was recorded"
                found.setdefault(key, []).append((_cell_words(group), href(row.anchor)))
    return [Missing(*key, tuple(cells)) for key, cells in found.items()]


def failures(standings: Sequence[Standings]) -> list[Failure]:
    """Every run that did not count."""
    return [
        Failure(row.name, _cell_words(group), href(row.anchor), reason)
        for group in standings
        for row in group.rows
        for reason in row.result.failures
    ]


def contenders(analysis: Analysis) -> list[ContenderLine]:
    """Each contender, absent ones with their reason."""
    return [_contender(contender) for contender in analysis.contenders]


def facts(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A mapping of mappings as terms and values, in the file's order."""
    return list(_flat("", {k: v for k, v in source.items() if k not in _ELSEWHERE}))


def identity(analysis: Analysis) -> list[str]:
    """Which run this is, as far as its files say so."""
    manifest, environment = analysis.manifest, analysis.environment
    cpu = environment.get("cpu")
    words = [
        ("{} run", manifest.get("size")),
        ("{}", manifest.get("started")),
        ("commit {}" + (" and changes" if manifest.get("dirty") else ""), manifest.get("commit")),
        ("seed {}", manifest.get("seed")),
        ("{}", cpu.get("model") if isinstance(cpu, Mapping) else None),
        ("{}", environment.get("distribution")),
    ]
    return [shortened(form.format(value), 80) for form, value in words if value is not None]


def _contender(contender: Contender) -> ContenderLine:
    described = contender.describe
    profiles = described.get("profiles")
    return ContenderLine(
        name=contender.name,
        title=contender.title,
        absent="" if contender.status == "built" else contender.reason or "no reason was recorded",
        facts=tuple((name, str(described[name])) for name in _DESCRIBED if described.get(name)),
        profiles=tuple(
            (_profile_name(profile), str(profile.get("summary", "")))
            for profile in (profiles if isinstance(profiles, list) else [])
            if isinstance(profile, Mapping)
        ),
    )


def _profile_name(profile: Mapping[str, Any]) -> str:
    name = str(profile.get("name", ""))
    return f"{name} (default)" if profile.get("default") is True else name


def _cell_words(group: Standings) -> str:
    return f"{group.group.workload.title}, {group_words(group.group)}"


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{prefix} {name}".strip().replace("_", " "), inner)
    elif isinstance(value, (list, tuple)):
        if value:
            yield prefix, shortened(", ".join(map(str, value)), VALUE_LIMIT)
    elif value is not None and value != "":
        words = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else str(value)
        yield prefix, shortened(words or "", VALUE_LIMIT)
