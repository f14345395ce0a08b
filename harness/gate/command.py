"""The verbs `gate` and `calibrate`: their options, and what they print and end with."""

from __future__ import annotations

import argparse
import json
import re
import secrets
import shlex
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from harness import doctor, machine
from harness.errors import InputError
from harness.gate import (
    builds,
    calibration,
    config,
    error_rates,
    evidence,
    injections,
    noise,
    reports,
    revisions,
)
from harness.gate.builds import Built, Tree
from harness.gate.config import Config
from harness.gate.decision import INCONCLUSIVE, INTERRUPTED, OUT_OF_TIME, PASS
from harness.gate.document import document
from harness.gate.flow import Gate
from harness.gate.injections import Injected
from harness.gate.model import Decision, Health
from harness.gate.pairs import load
from harness.progress import Progress
from harness.session import Stop
from harness.store import RunFolder, check_undamaged, read_json

_SEED_BITS = 31


def _pairs(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,4}),([0-9]{1,4})", text)
    if not found or min(int(n) for n in found.groups()) < 5:
        raise argparse.ArgumentTypeError(f"{text!r} is not two numbers of at least 5, such as 8,20")
    return int(found.group(1)), int(found.group(2))


def _gates(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def _slowdowns(text: str) -> tuple[str, ...]:
    found = tuple(text.split(","))
    for word in found:
        named = word in (calibration.TAIL, calibration.STRUCTURAL)
        if not named and not re.fullmatch(r"[1-9][0-9]?(\.[0-9])?", word):
            raise argparse.ArgumentTypeError(f"{word!r} is neither per cent, tail nor structural")
    return found


def _add_shared(verb: argparse.ArgumentParser, root: Path, seed: Callable[[str], int]) -> None:
    verb.add_argument("--config", type=Path, default=root / "ci" / "gate.toml", metavar="FILE")
    verb.add_argument("--cells", metavar="REGEX", help="only cells of the family whose id it finds")
    verb.add_argument("--pairs", type=_pairs, metavar="N,N", help="of the router and the decider")
    verb.add_argument("--seed", type=seed, help="of the order; random if it is not given")
    verb.add_argument("--suites", type=Path, default=root / "suites", metavar="DIR")
    verb.add_argument("--out", type=Path, metavar="DIR", help="the folder of what is recorded")
    verb.add_argument("--work", type=Path, default=root / "build", metavar="DIR")
    verb.add_argument("--json", action="store_true", help="the whole outcome on stdout")


def add_gate(
    verb: argparse.ArgumentParser,
    root: Path,
    seed: Callable[[str], int],
    budget: Callable[[str], float],
) -> None:
    verb.description = (
        "Writes gate.json, gate.md, gate.html and junit.xml; ends with the verdict's status."
    )
    verb.add_argument("--base", metavar="REV", help="the revision to compare with")
    verb.add_argument(
        "--head",
        default="HEAD",
        metavar="REV",
        help="the change: HEAD if not given; . is the work tree with what is not committed",
    )
    verb.add_argument(
        "--base-build", type=Path, metavar="DIR", help="built already, not a revision"
    )
    verb.add_argument("--head-build", type=Path, metavar="DIR")
    verb.add_argument(
        "--from", dest="again", type=Path, metavar="DIR", help="judge anew: all outputs, no runs"
    )
    verb.add_argument("--time-budget", type=budget, metavar="TIME", help="of the runs: 90s, 30m")
    verb.add_argument("--keep", action="store_true", help="keep the work trees")
    verb.add_argument(
        "--allow-inconclusive", action="store_true", help="end with 0 where it would be 4"
    )
    _add_shared(verb, root, seed)


def add_calibrate(
    verb: argparse.ArgumentParser,
    root: Path,
    seed: Callable[[str], int],
    count: Callable[[str], int],
) -> None:
    verb.description = (
        "Prints false alarms and power; writes noise.json and error-rates.json of this host."
    )
    verb.add_argument("--simulate", action="store_true", help="synthetic noise, no machine time")
    verb.add_argument(
        "--gates",
        type=_gates,
        help="without a difference: 60, or 1000 simulated; 0 leaves the host's files as they are",
    )
    verb.add_argument("--powered", type=count, help="of each slowdown: 20, or 200 simulated")
    verb.add_argument(
        "--spread", type=float, default=2.0, metavar="PERCENT", help="of one simulated run"
    )
    verb.add_argument(
        "--slowdowns",
        type=_slowdowns,
        metavar="LIST",
        help="in per cent, tail and structural: 2,5,10,20,tail if not given, and structural with"
        " --base; not of simulated gates",
    )
    verb.add_argument("--target", metavar="REGEX", help="the first cell it finds is slowed down")
    verb.add_argument(
        "--injections",
        type=Path,
        default=root / "ci" / "injections.toml",
        metavar="FILE",
        help="the structural slowdowns: changes of base's code",
    )
    sides = verb.add_mutually_exclusive_group()
    sides.add_argument("--base", metavar="REV", help="the revision to build; . is the work tree")
    sides.add_argument(
        "--build", type=Path, default=root / "build" / "release", metavar="DIR", help="or a build"
    )
    _add_shared(verb, root, seed)


@dataclass(frozen=True)
class _Host:
    """Where it is measured, and what is known of its noise."""

    facts: dict[str, Any]
    folder: Path

    @property
    def fingerprint(self) -> str:
        return str(self.facts["fingerprint"])

    def noise(self) -> noise.Noise | None:
        return noise.load(self.folder / noise.NAME, self.fingerprint, date.today())

    def error_rates(self, progress: Progress) -> dict[str, Any] | None:
        """What is published of them; a file that is damaged has no part in a verdict."""
        try:
            return error_rates.load(self.folder, self.fingerprint)
        except InputError as error:
            progress.say(f"warning: {error}")
            return None


def _host(root: Path) -> _Host:
    facts = machine.facts()
    name = f"{facts['fingerprint']}-{facts['nickname']}"
    return _Host(facts, root / "reports" / "runs" / name)


def _config(arguments: argparse.Namespace) -> Config:
    found = config.load(arguments.config, date.today())
    return found if arguments.pairs is None else replace(found, pairs=arguments.pairs)


def _seed(arguments: argparse.Namespace) -> int:
    return secrets.randbits(_SEED_BITS) if arguments.seed is None else int(arguments.seed)


def _out(arguments: argparse.Namespace, host: _Host, kind: str, seed: int) -> Path:
    if arguments.out is None:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return host.folder / f"{kind}-{moment}-{seed}"
    path: Path = arguments.out.resolve()
    if path.exists() and any(path.iterdir()):
        raise InputError(f"{path}: is not empty")
    return path


def _given(build: Path, suites: Path, contender: str) -> Built:
    build = build.resolve()
    return builds.look_at(Tree(build, build, suites.resolve(), str(build.name)), contender)


@contextmanager
def _built(
    arguments: argparse.Namespace, root: Path, contender: str, work: Path, progress: Progress
) -> Iterator[tuple[Built, Built]]:
    """Base and head, built or found."""
    if arguments.base_build is not None and arguments.head_build is not None:
        suites = arguments.suites
        yield (
            _given(arguments.base_build, suites, contender),
            _given(arguments.head_build, suites, contender),
        )
        return
    if arguments.base is None or arguments.base_build or arguments.head_build:
        raise InputError("gate needs --base REV, or both --base-build and --head-build")
    found = [revisions.find(root, name) for name in (arguments.base, arguments.head)]
    trees = [
        builds.build(root, work, side, revision, f"contender_{contender}", progress)
        for side, revision in zip(("base", "head"), found)
    ]
    base, head = (builds.look_at(tree, contender) for tree in trees)
    yield base, head


def _side(built: Built) -> dict[str, Any]:
    return {
        "revision": built.tree.revision,
        "program_sha256": built.digest,
        "settings": built.settings,
    }


def _about(gate: Gate, host: _Host, command_line: Sequence[str]) -> dict[str, Any]:
    words = [word for word in command_line if word != "--json"]
    for option in ("--out", "--seed"):
        if option in words:
            del words[words.index(option) : words.index(option) + 2]
    words += ["--seed", str(gate.seed)]
    return {
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "base": _side(gate.built[0]),
        "head": _side(gate.built[1]),
        "host": {
            "fingerprint": host.fingerprint,
            "nickname": host.facts["nickname"],
            "noise": gate.noise.source if gate.noise else "from the router's spread, no noise file",
            "error_rates": host.error_rates(gate.progress),
            "warnings": [str(found) for found in doctor.findings(host.facts)],
        },
        "repeat": shlex.join(["python3", "-m", "harness", *words]),
    }


def _ended_early(gate: Gate) -> Decision:
    status = OUT_OF_TIME if gate.out_of_time else INTERRUPTED
    why = "the time was over" if gate.out_of_time else "it was interrupted"
    words = f"Undecided: {why} before the verdict; what was measured is kept; action needed."
    return Decision((), (), Health.BLIND, status, words)


def _show(path: Path, found: dict[str, Any], arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        for line in reports.for_github(found):
            print(line)
        print(found["sentence"])
        print(path / "gate.md")
    status = int(found["exit_status"])
    return PASS if status == INCONCLUSIVE and arguments.allow_inconclusive else status


def gate(arguments: argparse.Namespace, root: Path, command_line: Sequence[str]) -> int:
    """The verb `gate`; its exit status is the verdict's."""
    if arguments.again is not None:
        return _again(arguments)
    settings, host, seed = _config(arguments), _host(root), _seed(arguments)
    progress = Progress(sys.stderr)
    path = _out(arguments, host, "gate", seed)
    with builds.work_folder(arguments.work.resolve(), root, arguments.keep) as work:
        with _built(arguments, root, settings.contender, work, progress) as built:
            with Stop().listening() as stop:
                made = Gate(built, settings, progress, stop, seed, work)
                made.noise, made.pattern = host.noise(), arguments.cells
                if arguments.time_budget is not None:
                    made.deadline = time.monotonic() + arguments.time_budget
                made.prepare()
                found = _recorded(made, host, path, command_line)
    return _show(path, found, arguments)


def _recorded(made: Gate, host: _Host, path: Path, command_line: Sequence[str]) -> dict[str, Any]:
    """Makes the gate in its folder, and its outputs; gate.json."""
    with RunFolder(path) as folder:
        decision = made.make(folder) or _ended_early(made)
        about = _about(made, host, command_line)
        found = document(decision, made.document(), about)
        folder.write_json("about.json", about)
        reports.write(path, found, made.progress.say)
        folder.seal()
    return found


def _again(arguments: argparse.Namespace) -> int:
    """The verdict on recorded runs once more; writes nothing but the outputs."""
    path = arguments.again.resolve()
    plan, about = read_json(path / "gate-plan.json"), read_json(path / "about.json")
    if plan.get("schema") != evidence.SCHEMA:
        raise InputError(f"{path}: is no gate's folder")
    with RunFolder(path) as folder:
        check_undamaged(path)
        found = document(evidence.judge(plan, load(path)), plan, about)
        reports.write(path, found, Progress(sys.stderr).say)
        folder.seal()
    return _show(path, found, arguments)


def _all_slowdowns(arguments: argparse.Namespace) -> tuple[str, ...]:
    structural = (calibration.STRUCTURAL,) if arguments.base is not None else ()
    return (*calibration.SLOWDOWNS, *structural)


def _to_calibrate(
    arguments: argparse.Namespace,
    root: Path,
    contender: str,
    work: Path,
    wanted: calibration.Wanted,
    progress: Progress,
) -> tuple[Built, list[Injected]]:
    """Base, built or found, and what is built of it with each structural slowdown."""
    structural = calibration.STRUCTURAL in wanted.slowdowns
    if arguments.base is None:
        if structural:
            raise InputError("structural slowdowns change the sources: they need --base REV")
        return _given(arguments.build, arguments.suites, contender), []
    slowdowns = injections.load(arguments.injections) if structural else ()
    revision = revisions.find(root, arguments.base)
    return injections.build(root, work, revision, contender, slowdowns, progress)


def calibrate(arguments: argparse.Namespace, root: Path) -> int:
    """The verb `calibrate`: the gate's own error rates."""
    settings, seed = _config(arguments), _seed(arguments)
    if arguments.simulate:
        gates = 1000 if arguments.gates is None else arguments.gates
        powered = arguments.powered or 200
        tallies = calibration.simulated(settings, arguments.spread, gates, powered, seed)
        calibration.show(tallies, arguments.json)
        return 0
    host = _host(root)
    path = _out(arguments, host, "calibrate", seed)
    wanted = calibration.Wanted(
        60 if arguments.gates is None else arguments.gates,
        arguments.powered or 20,
        arguments.cells,
        arguments.target,
        arguments.slowdowns or _all_slowdowns(arguments),
    )
    progress = Progress(sys.stderr)
    with builds.work_folder(arguments.work.resolve(), root, keep=False) as work:
        built, injected = _to_calibrate(arguments, root, settings.contender, work, wanted, progress)
        with Stop().listening() as stop:
            found = calibration.Calibration(
                built, settings, path, progress, stop, seed, work, injected
            )
            complete = found.make(wanted)
    calibration.show(found.tallies, arguments.json)
    found.write(host.folder, host.fingerprint, date.today())
    return 0 if complete else INTERRUPTED
