"""The command line: data on stdout, words on stderr, an exit status that says what happened.

0 the run is complete; 2 the command line or an input file is wrong; 3 the run is complete and a
contender failed, was wrong or did something else than asked, or a cell does not agree with its
twin; 4 `doctor` found what makes figures from here mislead; 70 the harness or the disk failed;
130 the user interrupted it. `gate` has more of them, which harness/README.md explains.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import NoReturn, Sequence

from harness import (
    campaign,
    crosscheck,
    crosscheck_table,
    doctor,
    machine,
    process,
    toolchains,
    twins,
    verbs,
)
from harness.campaign import BUDGETS_S, Options
from harness.crosscheck import Comparison
from harness.errors import HarnessError, InputError
from harness.gate import command as gate_command
from harness.plan import Expected, Selection, cell_order, group_order
from harness.progress import Progress
from harness.session import Stop
from harness.spec import SIZES
from harness.store import RunFolder, cell_document, check_undamaged

ROOT = Path(__file__).resolve().parents[1]
_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def time_budget(text: str) -> float:
    """Seconds of `90`, `90s`, `5m`, `1.5h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", text)
    seconds = float(found.group(1)) * _UNITS_S[found.group(2) or "s"] if found else 0.0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 30m or 2h")
    return seconds


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a whole number from 0")
    return int(text)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    sizes = parser.add_mutually_exclusive_group()
    for size in SIZES:
        budget_s = BUDGETS_S[size]
        limit = "as long as it takes" if budget_s is None else f"within {budget_s / 60:g} minutes"
        sizes.add_argument(
            f"--{size}", dest="size", action="store_const", const=size, help=f"ends {limit}"
        )
    parser.set_defaults(size="standard")
    parser.add_argument("--suite", action="append", default=[], help="only this suite (repeatable)")
    parser.add_argument("--contender", action="append", default=[], help="only this (repeatable)")
    parser.add_argument("--filter", metavar="REGEX", help="only cells whose id this finds")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", metavar="DIR")
    parser.add_argument("--suites", type=Path, default=ROOT / "suites", metavar="DIR")


def _add_crosscheck(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--contender", action="append", default=[], help="only this (repeatable)")
    verb.add_argument("--filter", metavar="REGEX", help="only cells whose id this finds")
    verb.add_argument(
        "--rounds", type=_count, default=10, help="10 if not given; fewer than 6 decide nothing"
    )
    verb.add_argument("--seed", type=_seed, default=0, help="of the order")
    verb.add_argument("--json", action="store_true", help="every value instead of the table")
    verb.add_argument("--build", type=Path, default=ROOT / "build" / "release", metavar="DIR")
    verb.add_argument("--suites", type=Path, default=ROOT / "suites", metavar="DIR")
    verb.add_argument("--baselines", type=Path, default=ROOT / "baselines", metavar="DIR")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="harness", description="Measures the contenders and shows the figures.")
    subparsers = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    verb = subparsers.add_parser("doctor", help="what about this machine spoils a measurement")
    verb.add_argument("--json", action="store_true", help="everything that is known, as JSON")
    verb.add_argument("--build", type=Path, default=ROOT / "build" / "release", metavar="DIR")
    verb = subparsers.add_parser("list", help="every expected cell, and why some have no figures")
    _add_selection(verb)
    verb.add_argument("--json", action="store_true")
    verb = subparsers.add_parser("plan", help="the order of the runs, without making any")
    _add_selection(verb)
    verb.add_argument("--seed", type=_seed, default=0)
    verb.add_argument("--rounds", type=_count, default=1)
    verb = subparsers.add_parser("run", help="measure, then show")
    _add_selection(verb)
    verb.add_argument(
        "--time-budget",
        type=time_budget,
        metavar="TIME",
        help="such as 90s, 30m; refused if too short",
    )
    verb.add_argument("--rounds", type=_count, help="so many, instead of what the budget holds")
    verb.add_argument("--seed", type=_seed, help="of the order; random if it is not given")
    verb.add_argument("--resume", type=Path, metavar="DIR", help="go on with an interrupted run")
    verb.add_argument("--out", type=Path, metavar="DIR", help="the run's folder")
    verb.add_argument("--no-report", action="store_true", help="measure only")
    verb.add_argument(
        "--server", metavar="URL", help="fanout/urls talks to this server (http://127.0.0.1:PORT)"
    )
    _add_crosscheck(
        subparsers.add_parser(
            "crosscheck", help="compare cells with the same figures got another way"
        )
    )
    verb = subparsers.add_parser("gate", help="whether a change made a cell slower")
    gate_command.add_gate(verb, ROOT, _seed, time_budget)
    verb = subparsers.add_parser("calibrate", help="how often the gate is wrong")
    gate_command.add_calibrate(verb, ROOT, _seed, _count)
    verb = subparsers.add_parser(
        "report",
        help="make the report of a run's folder again",
        description="Makes report.html, charts/ and summary.json of a run's folder again; the trend"
        " is that of the earlier runs of its host whose folders lie beside it.",
    )
    verb.add_argument("folder", type=Path, metavar="RUN")
    verbs.add(subparsers)
    return parser


def _options(arguments: argparse.Namespace, command_line: Sequence[str]) -> Options:
    get = vars(arguments).get
    size: str = arguments.size
    # A number of rounds that the user asks for is a promise; only a budget that is given ends it.
    budget_s = get("time_budget") or (None if get("rounds") else BUDGETS_S[size])
    out = get("out")
    return Options(
        root=ROOT,
        suites=arguments.suites.resolve(),
        build=arguments.build.resolve(),
        size=size,
        selection=Selection(tuple(arguments.suite), tuple(arguments.contender), arguments.filter),
        budget_s=budget_s,
        rounds=get("rounds"),
        seed=get("seed"),
        out=out.resolve() if out is not None else None,
        command_line=tuple(command_line),
        report=not get("no_report"),
        server=get("server"),
        strict=get("time_budget") is not None,
    )


def _doctor(arguments: argparse.Namespace) -> int:
    facts = machine.facts(ROOT / "reports" / "runs")
    facts["toolchains"] = toolchains.facts(ROOT)
    found = doctor.findings(facts, arguments.build.resolve())
    if arguments.json:
        print(json.dumps({**facts, "findings": [f.document() for f in found]}, indent=1))
    else:
        for part in ("cpu", "memory", "kernel", "cgroup", "network", "disk", "libraries"):
            for name, value in facts[part].items():
                if name != "mitigations":
                    words = ", ".join(value) if isinstance(value, list) else value
                    print(f"{part}.{name}: {'unknown' if value is None else words}")
        print(f"fingerprint: {facts['fingerprint']}, software {facts['fingerprint_software']}")
        for finding in found:
            print(f"{finding.level.value}: {finding}")
        if not found:
            print("nothing here is known to spoil a measurement")
    return 4 if any(finding.level is doctor.Level.ERROR for finding in found) else 0


def _list_cells(expected: Sequence[Expected], as_json: bool) -> None:
    if as_json:
        entries = [
            {"id": e.cell.id, "cell": cell_document(e.cell), "gap": e.gap, "reason": e.reason}
            for e in expected
        ]
        print(json.dumps(entries, indent=1))
        return
    for entry in expected:
        gap = "" if entry.gap is None else f"  {entry.gap.value}: {entry.reason}"
        print(f"{entry.cell.id}{gap}")
    gaps = Counter("to be run" if e.gap is None else e.gap.value for e in expected)
    print(", ".join(f"{number} {words}" for words, number in gaps.items()), file=sys.stderr)


def _print_plan(expected: Sequence[Expected], seed: int, rounds: int) -> None:
    groups: dict[str, list[Expected]] = {}
    for entry in expected:
        if entry.gap is None:
            groups.setdefault(entry.cell.group, []).append(entry)
    for number in range(rounds):
        present = [g for g, es in groups.items() if number < (es[0].rounds_max or rounds)]
        for group in group_order(seed, number, present):
            for cell in cell_order(seed, number, [entry.cell for entry in groups[group]]):
                print(f"round {number + 1} {cell.id}")


def _run(arguments: argparse.Namespace, command_line: Sequence[str]) -> int:
    progress = Progress(sys.stderr)
    report = not arguments.no_report
    if arguments.resume is not None:
        shown, status = campaign.resume(arguments.resume.resolve(), ROOT, report, progress)
    else:
        shown, status = campaign.start(_options(arguments, command_line), progress)
    print(shown)
    return status


def _report(arguments: argparse.Namespace) -> int:
    path: Path = arguments.folder.resolve()
    if not (path / "manifest.json").is_file():
        raise InputError(f"{path}: is not a run's folder: it has no manifest.json")
    with RunFolder(path) as folder:
        check_undamaged(path)
        print(campaign.render(path))
        folder.seal()
    return 0


def _crosscheck(arguments: argparse.Namespace) -> int:
    build, suites, baselines = (
        path.resolve() for path in (arguments.build, arguments.suites, arguments.baselines)
    )
    wanted = twins.select(twins.load(baselines, ROOT), arguments.contender)
    bench, pairs = crosscheck.prepare(ROOT, build, suites, wanted, arguments.filter)
    facts = machine.facts()
    progress = Progress(sys.stderr)
    with Stop().listening() as stop:
        outcomes = Comparison(bench, pairs, arguments.seed, stop, progress).make(arguments.rounds)
    if arguments.json:
        shown = crosscheck_table.document(outcomes, facts, arguments.seed)
        print(json.dumps(shown, indent=1))
    else:
        print(crosscheck_table.table(outcomes, facts))
    if stop.soon:
        return 130
    return 0 if crosscheck.fine(outcomes) else 3


def _dispatch(arguments: argparse.Namespace, command_line: Sequence[str]) -> int:
    if "act" in arguments:
        return int(arguments.act(arguments))
    if arguments.verb == "doctor":
        return _doctor(arguments)
    if arguments.verb == "run":
        return _run(arguments, command_line)
    if arguments.verb == "crosscheck":
        return _crosscheck(arguments)
    if arguments.verb == "gate":
        return gate_command.gate(arguments, ROOT, command_line)
    if arguments.verb == "calibrate":
        return gate_command.calibrate(arguments, ROOT)
    if arguments.verb == "report":
        return _report(arguments)
    expected = campaign.prepare(_options(arguments, command_line)).expected
    if arguments.verb == "list":
        _list_cells(expected, arguments.json)
    else:
        _print_plan(expected, arguments.seed, arguments.rounds)
    return 0


def main(command_line: Sequence[str]) -> int:
    """Runs one verb and returns the exit status; nothing escapes but what argparse raises."""
    arguments = _parser().parse_args(command_line)
    process.become_reaper()
    try:
        return _dispatch(arguments, command_line)
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of stdout left; there is nobody to tell.
        sys.stderr.close()
        return 0
    except Exception:
        traceback.print_exc()
        print("harness: internal error; what was recorded is kept", file=sys.stderr)
        return 70
