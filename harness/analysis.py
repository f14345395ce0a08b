"""Judges a run's folder: cells, intervals, comparisons, gaps; from its files and nothing else."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any, Mapping, Sequence

from harness import stats, visits, warm_up
from harness.contenders import FLOORS
from harness.disturbance import STEAL_SHARE_MAX, steal_max_s
from harness.errors import InputError
from harness.model import (
    Analysis,
    Cell,
    CellResult,
    Comparison,
    Contender,
    Gap,
    Group,
    Interval,
    Workload,
)
from harness.plan import AGAIN_SHARE_MAX, ROUNDS_PER_INTERVAL, Planned
from harness.record import Status, figures
from harness.spec import parse
from harness.store import RACE, load_plan, load_runs, read_cell, read_json

BASE = "weft"  # the contender whose default row the others are compared with

# A run with more of these than that is named in a warning; it still counts.
_OTHERS_SHARE_MAX = 0.10

# One such run says that the contender is wrong, so no other run of the cell counts either.
_DISQUALIFYING = (Status.WRONG_RESULT.value, Status.MISMATCH.value)

Run = Mapping[str, Any]


def _contenders(manifest: Mapping[str, Any]) -> tuple[Contender, ...]:
    fields = ("name", "title", "status", "reason", "program", "describe")
    return tuple(Contender(**{f: entry[f] for f in fields}) for entry in manifest["contenders"])


def _workloads(manifest: Mapping[str, Any]) -> tuple[Workload, ...]:
    return tuple(parse(entry["spec"], entry["path"]).workload for entry in manifest["workloads"])


def _failure(run: Run) -> str:
    return f"round {run['round'] + 1}: {run['status']}: {run['reason']}"


def _gap(runs: Sequence[Run], good: Sequence[Run]) -> tuple[Gap | None, str | None]:
    """Why a cell that was to be run has no figures; (None, None) where it has some."""
    for status in _DISQUALIFYING:
        wrong = [run for run in runs if run["status"] == status]
        if wrong:
            return Gap(status), f"{wrong[0]['reason']} ({len(wrong)} of {len(runs)} runs)"
    if good:
        return None, None
    if not runs:
        return Gap.NOT_RUN, "the session ended before its first run"
    status, _ = Counter(run["status"] for run in runs).most_common(1)[0]
    first = next(run for run in runs if run["status"] == status)
    return Gap(status), first["reason"]


def _repeat_by_hand(run: Run) -> str:
    """The command of a run; a service's address and token are new each time, so they are words."""
    words = list(run["command"])
    for flag, word in (("--server", "ADDRESS"), ("--server-token", "TOKEN")):
        if flag in words:
            words[words.index(flag) + 1] = word
    return shlex.join(words)


def _effective(run: Run) -> dict[str, str]:
    context: Mapping[str, Any] = run["record"]["context"]
    prefix = "effective."
    return {
        key.removeprefix(prefix): str(value)
        for key, value in context.items()
        if key.startswith(prefix)
    }


def _metrics(good: Sequence[Run], main: str) -> dict[str, Interval]:
    values: dict[str, list[float]] = {}
    for run in good:
        for name, value in figures(run["record"]).items():
            values.setdefault(name, []).append(value)
    return {name: stats.interval(found) for name, found in values.items() if name != main}


class _Cells:
    """What was recorded about each cell, by its id."""

    def __init__(self, plan: Sequence[Planned], runs: Sequence[Run]) -> None:
        self.planned = Counter(planned.cell.id for planned in plan)
        # By group and round: the rounds of a merged run were not all calibrated together.
        self._operations: dict[tuple[str, int], dict[Cell, int]] = {}
        for planned in plan:
            if planned.cell.contender != FLOORS:
                rows = self._operations.setdefault((planned.cell.group, planned.round), {})
                rows[planned.cell] = planned.operations
        self.runs: dict[str, list[Run]] = {}
        for run in runs:
            self.runs.setdefault(read_cell(run["cell"]).id, []).append(run)

    def good(self, cell: Cell) -> list[Run]:
        return [run for run in self.runs.get(cell.id, []) if run["status"] == Status.OK.value]

    def notes(self, cell: Cell) -> tuple[str, ...]:
        """What a reader has to know beside the figures of a cell."""
        slow = warm_up.note([run["record"] for run in self.good(cell)])
        return (*self._own_count(cell), *([] if slow is None else [slow]))

    def _own_count(self, cell: Cell) -> tuple[str, ...]:
        """That a contender does less than the rest of its group; see calibrate.py."""
        for (group, _), rows in self._operations.items():
            most = max(rows.values())
            if group == cell.group and rows.get(cell, most) < most:
                return (
                    f"so much slower than the rest that a repetition is {rows[cell]} operations"
                    f" here and {most} there",
                )
        return ()


def _result(entry: Mapping[str, Any], workload: Workload, cells: _Cells) -> CellResult:
    cell = read_cell(entry["cell"])
    if entry["gap"] is not None:
        return CellResult(cell, Gap(entry["gap"]), entry["reason"])
    runs, good = cells.runs.get(cell.id, []), cells.good(cell)
    gap, reason = _gap(runs, good)
    failures = [_failure(run) for run in runs if run["status"] != Status.OK.value]
    missing = cells.planned[cell.id] - len({run["round"] for run in runs})
    if failures and missing:
        failures.append(f"{missing} further runs were not made")
    command = _repeat_by_hand(runs[-1]) if runs else None
    if gap is not None:
        return CellResult(cell, gap, reason, failures=tuple(failures), command=command)
    by_round = {run["round"]: figures(run["record"])[workload.metric.name] for run in good}
    return CellResult(
        cell=cell,
        gap=None,
        reason=None,
        by_round=by_round,
        interval=stats.interval(list(by_round.values())),
        metrics=_metrics(good, workload.metric.name),
        effective=_effective(good[-1]),
        failures=tuple(failures),
        command=command,
        notes=cells.notes(cell),
    )


def _comparisons(results: Sequence[CellResult], base_row: str | None) -> tuple[Comparison, ...]:
    with_figures = [result for result in results if result.gap is None]
    base = next((result for result in with_figures if result.cell.row == base_row), None)
    if base is None:
        return ()
    found = []
    for other in with_figures:
        ratio = None if other is base else stats.ratio(base.by_round, other.by_round)
        if ratio is not None:
            found.append(Comparison(base.cell, other.cell, ratio, stats.separable(ratio)))
    return tuple(found)


def _group(
    workload: Workload, entries: Sequence[Mapping[str, Any]], base_row: str | None, cells: _Cells
) -> Group:
    results = [_result(entry, workload, cells) for entry in entries]
    rows = [result for result in results if result.cell.contender != FLOORS]
    rows.sort(key=lambda r: (r.cell.contender != BASE, r.cell.row != base_row))
    floors = [r.interval for r in results if r.cell.contender == FLOORS and r.interval is not None]
    first = read_cell(entries[0]["cell"])
    return Group(
        id=first.group,
        workload=workload,
        parameters=first.parameters,
        workers=first.workers,
        results=tuple(rows),
        comparisons=_comparisons(rows, base_row),
        floor=floors[0] if floors else None,
        floor_name=workload.floor,
    )


def _base_row(contenders: Sequence[Contender]) -> str | None:
    for contender in contenders:
        if contender.name == BASE and contender.default_profile:
            return f"{BASE}:{contender.default_profile}"
    return None


def _shared_machine(runs: Sequence[Run], cpus: int) -> list[str]:
    """Warnings about the runs during which somebody else had a noticeable part of the machine."""
    found = []
    timed = [run for run in runs if run["wall_s"] > 0 and "steal_s" in run]
    stolen = [r for r in timed if r["steal_s"] > steal_max_s(r["wall_s"], cpus)]
    # One tick of the clock is the least that the kernel counts, and it is not yet somebody.
    others = [
        run
        for run in timed
        if run["other_cpu_s"] is not None
        and run["other_cpu_s"] > max(0.02, _OTHERS_SHARE_MAX * run["wall_s"] * cpus)
    ]
    if stolen:
        found.append(
            f"in {len(stolen)} of {len(timed)} runs the host took more than"
            f" {STEAL_SHARE_MAX:.0%} of the machine's time away (steal)"
        )
    if others:
        found.append(
            f"in {len(others)} of {len(timed)} runs other processes used more than"
            f" {_OTHERS_SHARE_MAX:.0%} of the machine (cure: stop what else runs here)"
        )
    return found


def _disturbances(recorded: Sequence[Run], counting: Sequence[Run]) -> list[str]:
    """How many visits something from outside disturbed, and how many of those still count."""

    def places(runs: Sequence[Run]) -> set[tuple[int, str]]:
        return {(run["round"], read_cell(run["cell"]).group) for run in runs}

    def disturbed(runs: Sequence[Run]) -> list[Run]:
        return [run for run in runs if run.get("disturbed")]

    touched = disturbed(recorded)
    if not touched:
        return []
    causes = Counter(cause for run in touched for cause in run["disturbed"])
    words = ", ".join(f"{cause} in {number} runs" for cause, number in causes.most_common())
    again = places([run for run in recorded if run.get("attempt", 0)])
    left = places(disturbed(counting))
    return [
        f"{len(places(touched))} of {len(places(recorded))} visits were disturbed from outside"
        f" ({words}): {len(again)} were made again, and {len(left)} count as they are, because"
        f" at most {AGAIN_SHARE_MAX:.0%} of a group's rounds may be made again, and only"
        " while there is time"
    ]


def _sensitivity(groups: Sequence[Group], as_first: Sequence[Group]) -> list[str]:
    """How many comparisons only the visits that were made again decide."""
    pairs = [
        (one.separable, other.separable)
        for group, first in zip(groups, as_first)
        for one, other in zip(group.comparisons, first.comparisons)
    ]
    changed = sum(one != other for one, other in pairs)
    if not changed:
        return []
    return [
        f"{changed} of {len(pairs)} comparisons would be called the other way round (separable or"
        " not) with the disturbed visits instead of those that were made again"
    ]


def _session_warnings(
    manifest: Mapping[str, Any], plan: Sequence[Planned], runs: Sequence[Run], groups: int
) -> list[str]:
    found = []
    if manifest["status"] in ("running", "interrupted"):
        found.append(f"the session was interrupted after {len(runs)} of {len(plan)} runs")
    if manifest["status"] == "refused":
        found.append("the time budget was too short for a single round")
    if manifest["status"] == "out of time":
        found.append(f"the time budget ended after {len(runs)} of {len(plan)} runs")
    rounds: dict[str, set[int]] = {}
    few_by_choice = {
        read_cell(entry["cell"]).group
        for entry in manifest["expected"]
        if entry["rounds_max"] is not None and entry["rounds_max"] < ROUNDS_PER_INTERVAL
    }
    for planned in plan:
        rounds.setdefault(planned.cell.group, set()).add(planned.round)
    few = [
        group
        for group, numbers in rounds.items()
        if len(numbers) < ROUNDS_PER_INTERVAL and group not in few_by_choice
    ]
    if few:
        found.append(
            f"{len(few)} of {groups} groups have fewer than {ROUNDS_PER_INTERVAL} rounds and so no"
            " intervals (cure: a longer --time-budget, or --rounds)"
        )
    left_behind = Counter(
        read_cell(run["cell"]).contender for run in runs if run.get("left_behind", 0)
    )
    for contender, number in sorted(left_behind.items()):
        found.append(f"{contender} left processes behind after {number} runs; they were killed")
    return found


def analyse(folder: Path) -> Analysis:
    """The judgement on a run's folder. Raises InputError or StoreError where it is not one."""
    manifest = read_json(folder / "manifest.json")
    if manifest.get("schema") != "weft.manifest/1":
        raise InputError(f"{folder}: the manifest is not of the schema weft.manifest/1")
    environment = read_json(folder / "env.json")
    plan, recorded = load_plan(folder), load_runs(folder)
    runs = visits.counting(recorded)
    contenders, workloads = _contenders(manifest), _workloads(manifest)
    known = {workload.id: workload for workload in workloads}
    base_row = _base_row(contenders)
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for entry in manifest["expected"]:
        grouped.setdefault(read_cell(entry["cell"]).group, []).append(entry)
    shown = [e for e in grouped.values() if any(x["cell"]["contender"] != FLOORS for x in e)]

    def judged(cells: _Cells) -> tuple[Group, ...]:
        return tuple(
            _group(known[entries[0]["cell"]["workload"]], entries, base_row, cells)
            for entries in shown
        )

    groups = judged(_Cells(plan, runs))
    as_first = groups
    if len(runs) < len(recorded):
        as_first = judged(_Cells(plan, visits.counting(recorded, first=True)))
    cpus = environment["cpu"]["online"] or 1
    warnings = [
        *_session_warnings(manifest, plan, runs, len(groups)),
        *_shared_machine(runs, cpus),
        *_disturbances(recorded, runs),
        *_sensitivity(groups, as_first),
        *environment["warnings"],
    ]
    return Analysis(
        manifest=manifest,
        environment=environment,
        warnings=tuple(warnings),
        contenders=contenders,
        workloads=workloads,
        groups=groups,
        interrupted=manifest["status"] in ("running", "interrupted"),
        runs_planned=len(plan),
        runs_finished=len({run.get("repeats", run["run"]) for run in runs}),
        runs_failed=sum(run["status"] != Status.OK.value for run in runs),
    )


def analyse_race(folder: Path) -> Analysis | None:
    """The judgement on the run of instrumented programs inside a run's folder, if there is one."""
    return analyse(folder / RACE) if (folder / RACE / "manifest.json").is_file() else None


def any_fault(manifest: Mapping[str, Any], runs: Sequence[Run]) -> bool:
    """Whether a contender failed, was wrong or did something else than it was asked to do."""
    grave = (Gap.FAILED.value, Gap.WRONG_RESULT.value, Gap.MISMATCH.value)
    gaps = (entry["gap"] for entry in manifest["expected"])
    return any(word in grave for word in (*gaps, *(run["status"] for run in runs)))
