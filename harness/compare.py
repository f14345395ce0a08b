"""Whether two runs say the same: how any two rows of a group stand to each other in either.

A ratio is of runs that took turns within one session, so it outlives a machine that was faster on
another day, which a cell's own figure does not. Only ratios are put side by side here. It
describes: whether a change of the code made a cell slower is the gate's to say.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any, Iterator, Mapping, Sequence

from harness import fingerprint, stats
from harness.analysis import analyse
from harness.errors import InputError, NotComparableError
from harness.merge import meanings
from harness.model import Analysis, CellResult, Group, Interval
from harness.plan import compiled
from harness.store import check_undamaged, read_json

SCHEMA = "weft.compare/1"
_LISTED_MAX = 20


@dataclass(frozen=True)
class Pair:
    """Two rows of a group: the second one's figure divided by the first one's, in both runs."""

    group: str
    first: str
    second: str
    before: Interval
    after: Interval

    @property
    def decided(self) -> bool:
        """Both runs separate the two."""
        return stats.separable(self.before) and stats.separable(self.after)

    @property
    def opposed(self) -> bool:
        """Both separate them, and not in the same order."""
        return self.decided and (self.before.median > 1) != (self.after.median > 1)

    @property
    def moved(self) -> bool:
        """Both ratios have intervals, and these have nothing in common."""
        ends = [(found.low, found.high) for found in (self.before, self.after)]
        (low, high), (low_after, high_after) = ends
        if low is None or high is None or low_after is None or high_after is None:
            return False
        return low > high_after or low_after > high

    @property
    def shift(self) -> float:
        """The logarithm of what the ratio changed by."""
        return math.log(self.after.median / self.before.median)


@dataclass(frozen=True)
class Compared:
    """What two runs have to do with each other; `left_out` counts groups by the reason."""

    pairs: tuple[Pair, ...]
    groups: int
    left_out: Mapping[str, int]
    levels: tuple[float, ...]  # each cell's own figure in the second run divided by the first's
    notes: tuple[str, ...]  # what else differs between the two

    @property
    def decided(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.decided)

    @property
    def opposed(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.opposed)

    @property
    def moved(self) -> tuple[Pair, ...]:
        """The farthest first."""
        found = [pair for pair in self.pairs if pair.moved]
        return tuple(sorted(found, key=lambda pair: -abs(pair.shift)))

    @property
    def agreement(self) -> float | None:
        """The share of the decided pairs whose order is the same in both; None without any."""
        decided = len(self.decided)
        return 1 - len(self.opposed) / decided if decided else None


def _read(path: Path) -> Analysis:
    if not (path / "manifest.json").is_file():
        raise InputError(f"{path}: is not a run's folder: it has no manifest.json")
    check_undamaged(path)
    return analyse(path)


def _notes(
    folders: Sequence[Path], before: Analysis, after: Analysis, allowed: bool
) -> Iterator[str]:
    """What differs besides the figures. Raises NotComparableError for another machine."""
    facts = before.environment, after.environment
    hardware = fingerprint.differences(*facts, fingerprint.HARDWARE)
    if hardware and not allowed:
        raise NotComparableError(
            f"{folders[0]} and {folders[1]} are not of the same hardware: {', '.join(hardware)}"
            " (--allow-drift hardware compares them all the same)"
        )
    software = fingerprint.differences(*facts, fingerprint.SOFTWARE)
    for kind, names in (("hardware", hardware), ("software", software)):
        if names:
            yield f"these are not runs of the same {kind}: {', '.join(names)}"
    programs = [read_json(folder / "build.json")["programs"] for folder in folders]
    both = sorted(programs[0].keys() & programs[1].keys())
    other = [name for name in both if programs[0][name] != programs[1][name]]
    if other:
        yield f"the programs of these contenders are not the same: {', '.join(other)}"


def _rows(group: Group) -> dict[str, CellResult]:
    return {result.cell.row: result for result in group.results if result.gap is None}


def _pairs(before: Group, after: Group) -> Iterator[Pair]:
    earlier, later = _rows(before), _rows(after)
    for first, second in combinations([row for row in earlier if row in later], 2):
        ratios = [
            stats.ratio(rows[first].by_round, rows[second].by_round) for rows in (earlier, later)
        ]
        if ratios[0] is not None and ratios[1] is not None:
            yield Pair(before.id, first, second, ratios[0], ratios[1])


def _levels(before: Group, after: Group) -> Iterator[float]:
    earlier, later = _rows(before), _rows(after)
    for row in earlier.keys() & later.keys():
        values = [found[row].interval for found in (earlier, later)]
        if values[0] and values[1] and min(values[0].median, values[1].median) > 0:
            yield values[1].median / values[0].median


def compare(
    folders: tuple[Path, Path], pattern: str | None = None, another_machine: bool = False
) -> Compared:
    """Puts two runs' ratios side by side.

    Raises InputError where they share nothing, NotComparableError where their machines differ and
    `another_machine` does not allow that, DamageError where a folder is not what was recorded.
    """
    wanted = compiled(pattern)
    before, after = _read(folders[0]), _read(folders[1])
    notes = tuple(_notes(folders, before, after, another_machine))
    means = meanings(before.manifest), meanings(after.manifest)
    groups = [{g.id: g for g in a.groups if wanted.search(g.id)} for a in (before, after)]
    left_out: Counter[str] = Counter()
    pairs: list[Pair] = []
    levels: list[float] = []
    for name in groups[0].keys() | groups[1].keys():
        if name not in groups[0] or name not in groups[1]:
            left_out["in only one of the runs"] += 1
            continue
        one, other = groups[0][name], groups[1][name]
        if means[0][one.workload.id] != means[1][other.workload.id]:
            left_out["the workload does not mean the same in both"] += 1
            continue
        pairs += _pairs(one, other)
        levels += _levels(one, other)
    if not pairs:
        raise InputError("the two runs have no two rows of a group in common")
    pairs.sort(key=lambda pair: (pair.group, pair.first, pair.second))
    shared = len({pair.group for pair in pairs})
    return Compared(tuple(pairs), shared, dict(left_out), tuple(levels), notes)


def _ratio(found: Interval) -> str:
    if found.low is None or found.high is None:
        return f"{found.median:.3g} (n={found.n})"
    return f"{found.median:.3g} [{found.low:.3g}, {found.high:.3g}]"


def _listed(title: str, pairs: Sequence[Pair]) -> Iterator[str]:
    if not pairs:
        return
    yield f"{title} ({len(pairs)}):"
    for pair in pairs[:_LISTED_MAX]:
        change = f"{_ratio(pair.before)}, then {_ratio(pair.after)}"
        yield f"  {pair.group}: {pair.second} / {pair.first}: {change}"
    if len(pairs) > _LISTED_MAX:
        yield f"  and {len(pairs) - _LISTED_MAX} more (--json has all)"


def text(found: Compared) -> str:
    """For a reader: the sums first, then the pairs that do not agree."""
    decided, opposed = len(found.decided), len(found.opposed)
    once = sum(stats.separable(p.before) != stats.separable(p.after) for p in found.pairs)
    lines = [f"note: {note}" for note in found.notes]
    lines += [f"groups left out: {n}: {why}" for why, n in sorted(found.left_out.items())]
    lines.append(f"pairs of rows with figures in both: {len(found.pairs)}, groups: {found.groups}")
    if found.agreement is None:
        lines.append("separable in both: none, so nothing is said about their order")
    else:
        same = f"{decided - opposed} of them in the same order ({found.agreement:.1%})"
        lines.append(f"separable in both: {decided}, {same}")
    lines.append(f"separable in one only: {once}, in none: {len(found.pairs) - decided - once}")
    ordered = sorted(found.levels)
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    lines.append(
        f"a cell's own figure in the second divided by that in the first, not paired: median"
        f" {median(ordered):.3g}, four in five from {low:.3g} to {high:.3g}"
    )
    lines += _listed("separable in both, in another order", found.opposed)
    moved = [pair for pair in found.moved if not pair.opposed]
    lines += _listed("in no other order, but the ratio's intervals do not overlap", moved)
    return "\n".join(lines)


def document(found: Compared) -> dict[str, Any]:
    """The same and every pair."""
    words = ("decided", "opposed", "moved")
    return {
        "schema": SCHEMA,
        "notes": list(found.notes),
        "left_out": dict(found.left_out),
        "groups": found.groups,
        "decided": len(found.decided),
        "opposed": len(found.opposed),
        "agreement": found.agreement,
        "levels": list(found.levels),
        "pairs": [
            {**asdict(pair), **{word: getattr(pair, word) for word in words}}
            for pair in found.pairs
        ],
    }
