"""The verdict in words: where the reference is better, where it loses, and how sure that is.

It counts groups and names losses; it never folds them into one score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from harness.model import Analysis
from harness.report.standing import JUDGED, Row, Standing, Standings
from harness.report.wording import count, listed, number_of, percent, times


@dataclass(frozen=True)
class Counts:
    """The groups that can be judged, by the worst that a rival does to the reference in them."""

    better: int
    worse: int
    alike: int
    undecided: int
    without_rival: int
    without_reference: int

    @property
    def judged(self) -> int:
        return self.better + self.worse + self.alike + self.undecided


def counted(standings: Sequence[Standings]) -> list[Standings]:
    """The groups that a verdict is about: a control is expected to be alike for everybody."""
    return [group for group in standings if not group.group.workload.control]


def losses(standings: Sequence[Standings]) -> list[tuple[Standings, Row]]:
    """Where a rival is better, the largest loss first."""
    found = [
        (group, row)
        for group in counted(standings)
        for row in group.rivals
        if row.standing is Standing.WORSE
    ]
    return sorted(found, key=lambda loss: _median(loss[1]))


def ties(standings: Sequence[Standings]) -> list[tuple[Standings, Row]]:
    """Where a rival cannot be told from the reference, in the order of the groups."""
    return [
        (group, row)
        for group in counted(standings)
        for row in group.rivals
        if row.standing in (Standing.ALIKE, Standing.UNDECIDED)
    ]


def differing_controls(standings: Sequence[Standings]) -> list[tuple[Standings, Row]]:
    """Control cells that differ although nothing should: a doubt about every other figure."""
    return [
        (group, row)
        for group in standings
        if group.group.workload.control
        for row in group.rivals
        if row.standing in (Standing.BETTER, Standing.WORSE)
    ]


def outcomes(standings: Sequence[Standings]) -> Counts:
    """Each group once: a loss outweighs a tie, a tie outweighs a win."""
    totals = dict.fromkeys(Counts.__dataclass_fields__, 0)
    for group in counted(standings):
        totals[_worst(group)] += 1
    return Counts(**totals)


def _worst(group: Standings) -> str:
    found = {row.standing for row in group.rivals}
    if group.reference is None:
        return "without_reference"
    if not found:
        return "without_rival"
    if Standing.WORSE in found:
        return "worse"
    if Standing.ALIKE in found:
        return "alike"
    return "undecided" if Standing.UNDECIDED in found else "better"


def sentence(standings: Sequence[Standings], reference: str) -> str:
    """The one sentence, with what it rests on."""
    counts = outcomes(standings)
    if not counts.judged:
        return (
            f"There is no verdict: in none of {number_of(len(counted(standings)), 'group')} of "
            f"cells do both {reference} and another contender have figures."
        )
    parts = [
        f"better than every other contender with a figure in {counts.better}"
        if counts.better
        else "",
        _loss_words(counts.worse, losses(standings)) if counts.judged > counts.undecided else "",
        f"not separable from at least one in {counts.alike}" if counts.alike else "",
        f"undecided for want of runs in {counts.undecided}" if counts.undecided else "",
    ]
    groups = number_of(counts.judged, "workload group")
    words = listed([part for part in parts if part])
    return f"Of {groups} with figures to compare, {reference} is {words}{_sureness(standings)}."


def _loss_words(groups: int, found: Sequence[tuple[Standings, Row]]) -> str:
    if not found:
        return "worse than another in none"
    group, row = found[0]
    most = f"by {times(1 / _median(row))} against {row.name} in “{group.group.workload.title}”"
    return f"worse than at least one in {groups} ({'' if len(found) == 1 else 'most: '}{most})"


def _sureness(standings: Sequence[Standings]) -> str:
    levels = [
        row.factor.confidence
        for group in counted(standings)
        for row in group.rivals
        if row.factor and row.factor.confidence is not None
    ]
    return f"; each comparison holds at {percent(min(levels))} confidence or more" if levels else ""


def chance(standings: Sequence[Standings]) -> str:
    """How many comparisons there are and how many of them could be separable by luck."""
    rows = [row for group in counted(standings) for row in group.rivals]
    judged = [row for row in rows if row.standing in JUDGED]
    if not judged:
        return ""
    separable = [row for row in judged if row.standing in (Standing.BETTER, Standing.WORSE)]
    risk = sum(1 - row.factor.confidence for row in judged if row.factor and row.factor.confidence)
    return (
        f"{number_of(len(judged), 'comparison')} in all, {len(separable)} separable. The intervals "
        f"are not corrected for their number: were there no difference anywhere, about "
        f"{risk:.1f} of them would be expected to look separable by chance."
    )


def standfirst(analysis: Analysis) -> str | None:
    """What a reader must know before the verdict, if anything."""
    if not analysis.interrupted:
        return None
    return (
        f"{count(analysis.runs_finished)} of {number_of(analysis.runs_planned, 'planned run')} had "
        "finished when this run was interrupted. Everything here rests on those alone."
    )


def _median(row: Row) -> float:
    return row.factor.median if row.factor else 1.0
