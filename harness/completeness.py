"""Whether every run that was planned is recorded once, or there is a reason why it is not.

The runs are made in the plan's order and a resumed session makes the missing ones first. So what is
missing is either the end of the plan, because the session ended early and says so, or runs of a
cell that had failed so often before that it was given up. Anything else was lost. (That no run is
recorded twice is what `store.load_runs` insists on. What a session made again repeats a run of the
plan, and stands beside it.)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from harness.plan import FAILURES_MAX, Planned
from harness.record import Status
from harness.store import read_cell

Run = Mapping[str, Any]

_ENDED_EARLY = {
    "running": "the harness was killed before them",
    "interrupted": "the session was interrupted before them",
    "out of time": "the time budget ended before them",
}


@dataclass(frozen=True)
class Completeness:
    """What is there of a plan; `reasons` explain the missing runs, `problems` are what is wrong."""

    planned: int
    recorded: int
    reasons: Mapping[str, int]  # how many runs are missing for each
    problems: tuple[str, ...]


def _planned_number(run: Run) -> int:
    number: int = run.get("repeats", run["run"])
    return number


def _mismatches(plan: Sequence[Planned], runs: Sequence[Run]) -> Iterator[str]:
    planned = {each.run: each for each in plan}
    for run in runs:
        wanted = planned.get(_planned_number(run))
        if wanted is None:
            yield f"run {run['run']} is recorded, but was never planned"
        elif (wanted.round, wanted.cell) != (run["round"], read_cell(run["cell"])):
            yield f"run {run['run']} is recorded for another cell or round than was planned"


def _unexpected(plan: Sequence[Planned], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Cells that are expected and not planned, and the other way round."""
    cells = {read_cell(e["cell"]): e["gap"] for e in manifest["expected"]}
    planned = {each.cell for each in plan}
    for cell, gap in cells.items():
        if gap is None and cell not in planned:
            yield f"{cell.id} is expected without a gap, but not one run of it is planned"
    for cell in sorted(planned - cells.keys(), key=lambda cell: cell.id):
        yield f"{cell.id} is planned, but not expected"


def _given_up(plan: Sequence[Planned], runs: Sequence[Run]) -> set[int]:
    """The missing runs of cells that had failed too often, and never succeeded, before."""
    first = {run["run"] for run in runs if "repeats" not in run}
    status: dict[int, list[str]] = {}
    for run in runs:
        status.setdefault(_planned_number(run), []).append(run["status"])
    failures: Counter[str] = Counter()
    succeeded: set[str] = set()
    found = set()
    for planned in plan:
        cell = planned.cell.id
        if planned.run not in first:
            if failures[cell] >= FAILURES_MAX and cell not in succeeded:
                found.add(planned.run)
        for each in status.get(planned.run, []):
            if each == Status.OK.value:
                succeeded.add(cell)
            else:
                failures[cell] += 1
    return found


def _sessions(
    manifest: Mapping[str, Any], plan: Sequence[Planned]
) -> Iterator[tuple[Sequence[Planned], str]]:
    """The plan of each session with how it ended; several in a merged run, else one."""
    if "merged" not in manifest:
        yield plan, manifest["status"]
        return
    for source in manifest["merged"]["sources"]:
        first = source["first_run"]
        session = [p for p in plan if first <= p.run < first + source["runs"]]
        yield session, source["status"]


def judge(
    manifest: Mapping[str, Any], plan: Sequence[Planned], runs: Sequence[Run]
) -> Completeness:
    """Compares what was expected with what was planned, and that with what is recorded."""
    there = {run["run"] for run in runs if "repeats" not in run}
    reasons: Counter[str] = Counter()
    problems = [*_mismatches(plan, runs), *(_unexpected(plan, manifest) if plan else ())]
    if not plan and manifest["status"] == "complete":
        problems.append("the session is complete, but there is no plan")
    for session, status in _sessions(manifest, plan):
        own = {planned.run for planned in session}
        made = [run for run in runs if _planned_number(run) in own]
        last = max((_planned_number(run) for run in made), default=-1)
        given_up, early = _given_up(session, made), _ENDED_EARLY.get(status)
        for planned in session:
            if planned.run in there:
                continue
            if planned.run in given_up:
                reasons[f"{planned.cell.id} had failed {FAILURES_MAX} times before"] += 1
            elif early is not None and planned.run > last:
                reasons[early] += 1
            else:
                words = f"run {planned.run} ({planned.cell.id}) is missing without a reason"
                problems.append(words)
    return Completeness(len(plan), len(there), reasons, tuple(problems))
