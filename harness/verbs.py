"""The verbs that read the folders of finished runs; `cli` has those that make them."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from harness import compare, merge, verify
from harness.errors import InputError
from harness.export import FORMATS, export
from harness.index import Index, IndexedRun, Point

_RUNS = Path(__file__).resolve().parents[1] / "reports" / "runs"

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[Any]


def _verify(arguments: argparse.Namespace) -> int:
    statuses = set()
    for folder in arguments.folders:
        verdict = verify.verify(folder.resolve(), not arguments.no_schemas)
        for problem in verdict.problems:
            print(f"{folder}: {problem}")
        for words in verdict.unchecked:
            print(f"{folder}: {words}", file=sys.stderr)
        for fact in verdict.facts:
            print(f"{folder}: {fact}", file=sys.stderr)
        whole = {0: "whole", 3: "damaged or incomplete", 4: "whole as far as could be checked"}
        print(f"{folder}: {whole[verdict.exit_status]}")
        statuses.add(verdict.exit_status)
    return 3 if 3 in statuses else max(statuses)


def _merge(arguments: argparse.Namespace) -> int:
    folders = [folder.resolve() for folder in arguments.folders]
    if len(folders) < 2:
        raise InputError("merge: name at least two runs")
    out = arguments.out.resolve()
    for drift in merge.merge(folders, out, arguments.allow_drift):
        print(f"warning: {drift.finding()}", file=sys.stderr)
    print(out)
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    folders = arguments.before.resolve(), arguments.after.resolve()
    found = compare.compare(folders, arguments.filter, arguments.allow_drift is not None)
    if arguments.json:
        print(json.dumps(compare.document(found), indent=1))
    else:
        print(compare.text(found))
    return 0


def _run_line(run: IndexedRun) -> str:
    commit = run.commit_id or "no commit"
    state = run.status + (", merged" if run.merged else "") + ("" if run.sealed else ", not closed")
    made = f"{run.recorded} of {run.planned} runs, {run.failed} failed"
    host = f"{run.host}-{run.nickname}"
    return "  ".join((run.started, host, commit, run.size, state, made, run.folder))


def _history_lines(points: Sequence[Point]) -> list[str]:
    """The points of cells, each host's and each version's on their own."""
    lines = []
    for key, several in groupby(points, lambda p: (p.cell, p.version, p.metric, p.unit, p.host)):
        cell, version, metric, unit, host = key
        lines.append(f"{cell} (version {version}), {metric} in {unit}, on {host}")
        software = None
        for point in several:
            changed = software is not None and software != point.software
            software = point.software
            if point.median is None:
                figure = str(point.gap)
            elif point.low is None or point.high is None:
                figure = f"{point.median:.6g} (no interval)"
            else:
                figure = f"{point.median:.6g} ({point.low:.6g} to {point.high:.6g})"
            mark = "  other software than before" if changed else ""
            commit = point.commit_id or "no commit"
            lines.append(f"  {point.started}  {commit}  {figure}  n={point.n}{mark}")
    return lines


def _index(arguments: argparse.Namespace) -> int:
    def say(words: str) -> None:
        print(words, file=sys.stderr)

    index = Index(arguments.runs.resolve(), say, arguments.rebuild)
    found: Sequence[IndexedRun] | Sequence[Point] = index.runs
    if arguments.cell is not None:
        found = points = index.history(arguments.cell)
        lines = _history_lines(points)
    else:
        lines = [_run_line(run) for run in index.runs]
    if arguments.json:
        lines = [json.dumps([asdict(entry) for entry in found], indent=1)]
    for line in lines:
        print(line)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    sys.stdout.write(export(arguments.folder.resolve(), arguments.format))
    return 0


def add(verbs: Subparsers) -> None:
    """Gives the command line these verbs; each says with `act` what it does."""
    verb = verbs.add_parser("verify", help="whether a run's folder is whole and undamaged")
    verb.add_argument("folders", type=Path, nargs="+", metavar="RUN")
    verb.add_argument(
        "--no-schemas", action="store_true", help="without the schemas, where jsonschema is missing"
    )
    verb.set_defaults(act=_verify)
    verb = verbs.add_parser("merge", help="several runs of one machine as one")
    verb.add_argument("folders", type=Path, nargs="+", metavar="RUN")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="the new folder")
    verb.add_argument(
        "--allow-drift",
        action="append",
        default=[],
        choices=merge.KINDS,
        help="merge though this is not the same in all of them, and mark it (repeatable)",
    )
    verb.set_defaults(act=_merge)
    verb = verbs.add_parser(
        "compare",
        help="whether two runs say the same",
        description="Sets two runs' ratios side by side: which rows both separate, whether in the"
        " same order, which ratios moved. It judges nothing; the gate does.",
    )
    verb.add_argument("before", type=Path, metavar="RUN")
    verb.add_argument("after", type=Path, metavar="RUN")
    verb.add_argument("--filter", metavar="REGEX", help="only groups whose id this finds")
    verb.add_argument(
        "--allow-drift",
        choices=["hardware"],
        help="compare though the machine is another one, and say so",
    )
    verb.add_argument("--json", action="store_true", help="every pair of rows")
    verb.set_defaults(act=_compare)
    verb = verbs.add_parser("index", help="the runs that are here, or a cell's figures over them")
    verb.add_argument("--runs", type=Path, default=_RUNS, metavar="DIR", help="where the runs are")
    verb.add_argument(
        "--cell", metavar="REGEX", help="the history of the cells whose id this finds"
    )
    verb.add_argument("--rebuild", action="store_true", help="read every run again")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(act=_index)
    verb = verbs.add_parser("export", help="a run's figures in another tool's format, on stdout")
    verb.add_argument("folder", type=Path, metavar="RUN")
    verb.add_argument("--format", required=True, choices=list(FORMATS))
    verb.set_defaults(act=_export)
