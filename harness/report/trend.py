"""How cells moved over earlier runs of this host: what is shown of it, and its words.

The figures of two sessions are not paired: what happened to the machine between them is in their
difference. So a ratio to another contender is followed, whose two sides ran in turns within each
session, and nothing is called better or worse than it was: that is the gate's to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Sequence

from harness.beside import Earlier
from harness.model import Interval
from harness.report.forest import group_words
from harness.report.standing import Row, Standings, better_by
from harness.report.tables import href
from harness.report.wording import listed, number_of, scale_for, shortened, times
from harness.summary import Figure, GroupSummary, Summary

PREFERRED_PEER = (
    "go"  # chosen by name, and not by who is best today: that would be choosing by luck
)
MOVED_MAX = 5


@dataclass(frozen=True)
class Line:
    """A cell's way: its ratios and its own medians run by run, this run's last."""

    group: Standings
    peer: str  # '' where no ratio can be followed
    ratios: tuple[Interval | None, ...]
    own: tuple[Interval | None, ...]

    @property
    def before(self) -> list[float]:
        """The earlier runs' ratios."""
        return [ratio.median for ratio in self.ratios[:-1] if ratio is not None]

    @property
    def moved(self) -> float:
        """This run's ratio by the middle of the earlier ones; 1 where there are none."""
        now = self.ratios[-1]
        return now.median / median(self.before) if now and self.before else 1.0

    @property
    def apart(self) -> bool:
        """Whether this run's interval meets that of no earlier run."""
        now = self.ratios[-1]
        if now is None or now.low is None or now.high is None:
            return False
        bounds = [(r.low, r.high) for r in self.ratios[:-1] if r and r.low and r.high]
        return bool(bounds) and all(high < now.low or low > now.high for low, high in bounds)


@dataclass(frozen=True)
class RunLine:
    """A run in the list of runs."""

    number: str
    started: str
    commit: str
    size: str
    changes: str  # what differs from the run before, beside the commit


def lines(judged: Sequence[Standings], runs: Sequence[Summary]) -> list[Line]:
    """One for each workload that an earlier run has figures of; a control has none."""
    chosen: dict[str, Line] = {}
    for group in judged:
        if group.reference is None or group.group.workload.control:
            continue
        line = _line(group, runs)
        if not any(line.own[:-1]):
            continue
        key = group.group.workload.id
        if key not in chosen or _weight(line) > _weight(chosen[key]):
            chosen[key] = line
    return list(chosen.values())


def _weight(line: Line) -> tuple[int, int]:
    """Which group of a workload stands for it: that of the longest past, at the most workers."""
    return sum(ratio is not None for ratio in line.ratios), line.group.group.workers


def _line(group: Standings, runs: Sequence[Summary]) -> Line:
    past = [_comparable(group, run) for run in runs]
    assert group.reference is not None
    home = group.reference.result.cell.row
    own = [found.rows[home].own if found and home in found.rows else None for found in past]
    peer = _peer(group, past)
    ratios: list[Interval | None] = [None] * (len(runs) + 1)
    if peer is not None:
        ratios = [*(_ratio(group, found, peer) for found in past), peer.factor]
    return Line(
        group, peer.name if peer else "", tuple(ratios), (*own, group.reference.result.interval)
    )


def _comparable(group: Standings, run: Summary) -> GroupSummary | None:
    """The same group in an earlier run, where it meant the same."""
    found, workload = run.groups.get(group.group.id), group.group.workload
    if found is None:
        return None
    meant = (found.version, found.metric, found.unit, found.direction)
    metric = workload.metric
    if meant != (workload.version, metric.name, metric.unit, metric.direction):
        return None
    return found


def _peer(group: Standings, past: Sequence[GroupSummary | None]) -> Row | None:
    """Whose ratio is followed: a plain row that has one now and had one before."""

    def length(row: Row) -> int:
        return sum(_ratio(group, found, row) is not None for found in past)

    able = [row for row in group.rivals if ":" not in row.name and length(row)]
    preferred = [row for row in able if row.name == PREFERRED_PEER]
    return next(iter(preferred), max(able, key=length, default=None))


def _ratio(group: Standings, found: GroupSummary | None, peer: Row) -> Interval | None:
    if found is None or group.reference is None or found.base != group.reference.result.cell.row:
        return None
    figure: Figure | None = found.rows.get(peer.result.cell.row)
    if figure is None or figure.ratio is None:
        return None
    return better_by(figure.ratio, found.direction != "higher")


def run_lines(runs: Sequence[Summary]) -> list[RunLine]:
    """The runs that are shown, this one last, each with what changed besides the commit."""
    found = []
    for at, run in enumerate(runs):
        last = at == len(runs) - 1
        before = runs[at - 1] if at else None
        commit = (run.commit or "no commit") + (" and changes" if run.dirty else "")
        found.append(
            RunLine(
                number="this run" if last else str(at + 1),
                started=shortened(run.started.replace("T", " "), 16),
                commit=shortened(commit, 40),
                size=shortened(run.size, 20),
                changes="; ".join(_changes(before, run)),
            )
        )
    return found


def _changes(before: Summary | None, run: Summary) -> list[str]:
    words = [] if run.status in ("complete", "") else [shortened(run.status, 40)]
    if before is None:
        return words
    if before.software != run.software:
        words.append("other software (kernel, C library or compiler)")
    for name in sorted(before.versions.keys() & run.versions.keys()):
        if before.versions[name] != run.versions[name]:
            version = f"{name} {run.versions[name]}, before {before.versions[name]}"
            words.append(shortened(version, 90))
    return words


def summary(found: Earlier, shown: Sequence[Line]) -> str:
    """What there is to see, in words; or why there is nothing."""
    if found.none or not found.runs:
        return found.none or "There is no earlier run of this host beside this one."
    number = len(found.runs)
    words = f"{number_of(number, 'earlier run')} of this host {_lie(number)} beside this one"
    if found.more:
        words = f"Of {number + found.more} earlier runs of this host, these are the last {number}"
    if not shown:
        return words + ", and no workload has figures in both."
    with_ratio = [line for line in shown if line.before]
    apart = sum(line.apart for line in with_ratio)
    return (
        f"{words}. {number_of(len(with_ratio), 'workload')} with a ratio now and before; in"
        f" {apart or 'none'} of them this run’s interval meets that of no earlier run."
    )


def _lie(number: int) -> str:
    return "lies" if number == 1 else "lie"


def left_out(found: Earlier) -> str:
    """Which folders beside the run are not shown, and why."""
    reasons = [f"{number} {words}" for words, number in (found.left_out or {}).items()]
    return f"Of the folders beside this run, left out: {listed(reasons)}." if reasons else ""


def furthest(shown: Sequence[Line]) -> list[tuple[str, str, str, str]]:
    """Whose ratio is furthest from the middle of its past: title, words, link, and what it is."""
    moved = [line for line in shown if line.before]
    moved.sort(key=lambda line: -abs(math.log(line.moved)))
    return [
        (
            line.group.group.workload.title,
            group_words(line.group.group),
            href(line.group.anchor),
            f"{_now(line)} against {line.peer}, before {span_words(line.before)}",
        )
        for line in moved[:MOVED_MAX]
    ]


def _now(line: Line) -> str:
    now = line.ratios[-1]
    return times(now.median) if now else ""


def span_words(values: Sequence[float]) -> str:
    """From the least to the greatest ratio."""
    low, high = times(min(values)), times(max(values))
    return low if low == high else f"{low} to {high}"


def cells(line: Line) -> list[tuple[str, str, str]]:
    """The line in the table: ratio, its interval, own median, for each run."""
    scale = scale_for(
        line.group.group.workload.metric.unit, [own.median for own in line.own if own]
    )
    found = []
    for ratio, own in zip(line.ratios, line.own):
        bounds = ""
        if ratio and ratio.low and ratio.high:
            bounds = f"{times(ratio.low)} to {times(ratio.high)}"
        quantity = scale.quantity(own.median) if own else ""
        found.append((times(ratio.median) if ratio else "–", bounds, quantity))
    return found
