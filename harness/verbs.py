"""The verbs that read the folders of finished runs; `cli` has those that make them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import merge, verify
from harness.errors import InputError
from harness.export import FORMATS, export

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
    verb = verbs.add_parser("export", help="a run's figures in another tool's format, on stdout")
    verb.add_argument("folder", type=Path, metavar="RUN")
    verb.add_argument("--format", required=True, choices=list(FORMATS))
    verb.set_defaults(act=_export)
