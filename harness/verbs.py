"""The verbs that read the folders of finished runs; `cli` has those that make them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import verify

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


def add(verbs: Subparsers) -> None:
    """Gives the command line these verbs; each says with `act` what it does."""
    verb = verbs.add_parser("verify", help="whether a run's folder is whole and undamaged")
    verb.add_argument("folders", type=Path, nargs="+", metavar="RUN")
    verb.add_argument(
        "--no-schemas", action="store_true", help="without the schemas, where jsonschema is missing"
    )
    verb.set_defaults(act=_verify)
