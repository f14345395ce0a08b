"""From a command line to a sealed run folder: prepare, calibrate, plan, run, analyse, render."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from harness import build as build_facts
from harness import (
    beside,
    claims,
    claims_file,
    contenders,
    doctor,
    fingerprint,
    machine,
    other_server,
    process,
    spec,
    summary,
)
from harness.analysis import analyse, analyse_race, any_fault
from harness.calibrate import PACES, Calibrated, Schedule, document, schedule
from harness.errors import HarnessError, InfeasibleError, InputError
from harness.feasibility import (
    CALIBRATED_SHARE,
    DEADLINE_SHARE,
    PLANNED_SHARE,
    shrunk,
    uncalibrated,
)
from harness.neighbour import Sign
from harness.plan import Expected, Selection, expected_cells, select_specs
from harness.progress import Progress, duration
from harness.session import Bench, Session, Stop, calibrate
from harness.store import (
    RunFolder,
    cell_document,
    check_undamaged,
    load_plan,
    load_runs,
    read_json,
    write_atomically,
)

BUDGETS_S = {"quick": 300.0, "standard": 1800.0, "full": None}
_SEED_BITS = 31


@dataclass(frozen=True)
class Options:
    """What the user asked for, checked."""

    root: Path
    suites: Path
    build: Path
    size: str
    selection: Selection
    budget_s: float | None
    rounds: int | None
    seed: int | None
    out: Path | None
    command_line: tuple[str, ...]
    report: bool
    server: str | None = None  # a URL
    strict: bool = False  # the budget is the user's own: what cannot fit is refused


@dataclass(frozen=True)
class Prepared:
    """The bench and the cells that are expected of it."""

    bench: Bench
    expected: tuple[Expected, ...]


def prepare(options: Options) -> Prepared:
    """Reads the specs, asks the contenders, and lists every expected cell."""
    claims_file.load()  # a mistake in it is to be found before the first run, not after the last
    specs = select_specs(spec.load(options.suites, options.root), options.selection.suites)
    candidates = contenders.load(options.build, options.root, options.selection.contenders)
    expected = expected_cells(
        specs, candidates, options.size, machine.cpus_usable(), options.selection.pattern
    )
    bench = Bench(
        {s.workload.id: s for s in specs},
        {candidate.contender.name: candidate for candidate in candidates},
        options.build,
        options.root,
    )
    return Prepared(bench, tuple(expected))


def _git(root: Path, *words: str) -> str | None:
    finished = process.run(["git", *words], 10.0, root)
    return finished.stdout.decode("utf-8", "replace").strip() if finished.exit_status == 0 else None


def _within(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _manifest(options: Options, prepared: Prepared, seed: int) -> dict[str, Any]:
    changes = _git(options.root, "status", "--porcelain")
    bench = prepared.bench
    return {
        "schema": "weft.manifest/1",
        "command_line": list(options.command_line),
        "size": options.size,
        "seed": seed,
        "commit": _git(options.root, "rev-parse", "--short=12", "--verify", "-q", "HEAD"),
        "dirty": None if changes is None else bool(changes),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "finished": None,
        "status": "running",
        "budget_s": options.budget_s,
        "rounds": options.rounds,
        "estimate_s": None,
        "taken_s": None,
        "build": _within(options.build, options.root),
        "suites": _within(options.suites, options.root),
        "selection": asdict(options.selection),
        "server": options.server,
        "contenders": [asdict(c.contender) for c in bench.candidates.values()],
        "workloads": [
            {"path": s.workload.path, "spec": dict(s.source)} for s in bench.specs.values()
        ],
        "expected": [
            {
                "cell": cell_document(entry.cell),
                "gap": None if entry.gap is None else entry.gap.value,
                "reason": entry.reason,
                "rounds_max": entry.rounds_max,
            }
            for entry in prepared.expected
        ],
    }


def _facts(build: Path, runs: Path) -> dict[str, Any]:
    """What a run's figures depend on besides the contenders' programs."""
    facts = machine.facts(runs)
    facts["compiler"] = build_facts.compiler(build)
    facts.update(fingerprint.of(facts))
    return facts


def _runs(options: Options) -> Path:
    """Where the folders of runs are."""
    return options.out or options.root / "reports" / "runs"


def _environment(options: Options, neighbour: str | None) -> dict[str, Any]:
    facts = _facts(options.build, _runs(options))
    found = doctor.findings(facts, options.build)
    if neighbour is not None:
        found.append(doctor.Finding("neighbour", doctor.Level.WARNING, neighbour))
    if options.server is not None:
        words = other_server.warning(options.server)
        found.append(doctor.Finding("server", doctor.Level.WARNING, words))
    facts["findings"] = [finding.document() for finding in found]
    facts["warnings"] = [str(finding) for finding in found]
    return facts


def _with_server(bench: Bench, url: str | None) -> Bench:
    if url is None:
        return bench
    return replace(bench, servers={other_server.REPLACES: other_server.find(url)})


def _programs(bench: Bench) -> dict[str, str]:
    """The digests of the contenders' programs: a resumed session must go on with the same ones."""
    return {
        name: hashlib.sha256(candidate.program.read_bytes()).hexdigest()
        for name, candidate in bench.candidates.items()
        if candidate.program is not None and candidate.program.is_file()
    }


def _build_document(bench: Bench) -> dict[str, Any]:
    return {
        "schema": "weft.build/1",
        "settings": build_facts.settings(bench.build),
        "programs": _programs(bench),
        "contenders": {
            name: {k: v for k, v in candidate.contender.describe.items() if k != "profiles"}
            for name, candidate in bench.candidates.items()
        },
    }


def _new_folder(options: Options, manifest: dict[str, Any], environment: dict[str, Any]) -> Path:
    if options.out is not None:
        if options.out.exists() and any(options.out.iterdir()):
            raise InputError(f"{options.out}: is not empty; --resume continues a run")
        return options.out
    host = f"{environment['fingerprint']}-{environment['nickname']}"
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name = f"{moment}-{manifest['commit'] or 'unknown'}-{manifest['seed']}"
    return _runs(options) / host / name


def _calibrate(
    options: Options, prepared: Prepared, session: Session, began: float
) -> Calibrated | None:
    """What the cells cost; None where the user stopped it. Raises InfeasibleError."""
    target_s = PACES[options.size].lengths[-1].target_s
    budget_s = options.budget_s if options.strict else None
    deadline = None if budget_s is None else began + CALIBRATED_SHARE * budget_s
    bench, progress = prepared.bench, session.progress
    try:
        return calibrate(bench, prepared.expected, target_s, progress, session.stop, deadline)
    except InfeasibleError as error:
        raise uncalibrated(error, time.monotonic() - began, budget_s or 0.0) from error


def _plan(
    options: Options, prepared: Prepared, seed: int, session: Session, began: float
) -> Schedule | None:
    """Calibrates and plans; None where the user stopped it. Raises InfeasibleError."""
    found = _calibrate(options, prepared, session, began)
    if found is None:
        return None
    spent_s, left_s, budget_s = time.monotonic() - began, None, options.budget_s
    if budget_s is not None:
        session.deadline = began + DEADLINE_SHARE * budget_s
        left_s = max(0.0, PLANNED_SHARE * budget_s - spent_s)
    specs, expected = prepared.bench.specs, prepared.expected
    plan = schedule(expected, specs, found, options.size, seed, left_s, options.rounds)
    session.folder.write_json("calibration.json", document(plan, found))
    if budget_s is not None:
        for words in shrunk(plan, options.size, budget_s, spent_s, options.strict):
            session.progress.say(words)
    session.folder.write_plan(plan.runs)
    session.progress.say(
        f"{len(plan.runs)} runs of {len(plan.frozen)} cells in {len(plan.rounds)} groups,"
        f" about {duration(plan.estimate_s)}"
    )
    return plan


def start(options: Options, progress: Progress) -> tuple[Path, int]:
    """A new run; the path to show and the exit status."""
    with Sign() as sign:
        return _start(options, progress, sign.other)


def _start(options: Options, progress: Progress, neighbour: str | None) -> tuple[Path, int]:
    began = time.monotonic()
    prepared = prepare(options)
    seed = secrets.randbits(_SEED_BITS) if options.seed is None else options.seed
    prepared = replace(prepared, bench=_with_server(prepared.bench, options.server))
    manifest = _manifest(options, prepared, seed)
    environment = _environment(options, neighbour)
    for warning in environment["warnings"]:
        progress.say(f"warning: {warning}")
    path = _new_folder(options, manifest, environment)
    with RunFolder(path) as folder, Stop().listening() as stop:
        folder.write_json("manifest.json", manifest)
        folder.write_json("env.json", environment)
        folder.write_json("build.json", _build_document(prepared.bench))
        progress.say(f"recording in {path}")
        session = Session(prepared.bench, folder, progress, stop)
        try:
            plan = _plan(options, prepared, seed, session, began)
        except InfeasibleError:
            folder.write_json("manifest.json", {**manifest, "status": "refused"})
            raise
        if plan is not None:
            manifest["estimate_s"] = round(plan.estimate_s, 1)
            folder.write_json("manifest.json", manifest)
            folder.open_runs()
            began = time.monotonic()
            session.make(plan.runs, ())
            manifest["taken_s"] = round(time.monotonic() - began, 1)
            progress.say(
                f"the runs took {duration(manifest['taken_s'])},"
                f" {manifest['taken_s'] / max(plan.estimate_s, 1e-9):.0%} of the estimate"
            )
        return _finish(session, manifest, options.report)


def _same_bench(path: Path, manifest: dict[str, Any], bench: Bench) -> None:
    """Raises InputError where going on would mix figures of two machines or of two builds."""
    fields = (*fingerprint.HARDWARE, *fingerprint.SOFTWARE)
    changed = fingerprint.differences(
        read_json(path / "env.json"), _facts(bench.build, path), fields
    )
    if changed:
        raise InputError(f"{path}: was begun on another machine ({', '.join(changed)} differ)")
    recorded, programs = read_json(path / "build.json")["programs"], _programs(bench)
    for name in sorted(recorded.keys() | programs.keys()):
        if recorded.get(name) != programs.get(name):
            raise InputError(
                f"{path}: the program of {name} was built again since: start a new run"
            )


def resume(path: Path, root: Path, report: bool, progress: Progress) -> tuple[Path, int]:
    """The rest of a run that was interrupted; the path to show and the exit status."""
    manifest = read_json(path / "manifest.json")
    if "merged" in manifest:
        raise InputError(f"{path}: is a merged run: go on with the one that was interrupted")
    workloads = [spec.parse(entry["spec"], entry["path"]) for entry in manifest["workloads"]]
    build = root / manifest["build"]
    candidates = contenders.load(build, root, manifest["selection"]["contenders"])
    bench = Bench(
        {s.workload.id: s for s in workloads},
        {candidate.contender.name: candidate for candidate in candidates},
        build,
        root,
    )
    bench = _with_server(bench, manifest.get("server"))
    with Sign() as sign, RunFolder(path) as folder, Stop().listening() as stop:
        if sign.other is not None:
            progress.say(f"warning: {sign.other}")
        check_undamaged(path)
        _same_bench(path, manifest, bench)
        plan = load_plan(path)
        if not plan:
            raise InputError(f"{path}: ended before its plan was written: start a new run")
        torn = folder.open_runs()
        if torn:
            progress.say(f"the last line was torn off ({torn} bytes); its run is made again")
        recorded = load_runs(path)
        there = sum("repeats" not in run for run in recorded)
        progress.say(f"{there} of {len(plan)} runs are recorded already")
        manifest["status"] = "running"
        folder.write_json("manifest.json", manifest)
        session = Session(bench, folder, progress, stop)
        session.make(plan, recorded)
        return _finish(session, manifest, report)


def _finish(session: Session, manifest: dict[str, Any], report: bool) -> tuple[Path, int]:
    """Closes the manifest, makes the report and seals the folder."""
    status = "interrupted" if session.stop.soon else "complete"
    manifest["status"] = "out of time" if session.out_of_time else status
    manifest["finished"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    folder = session.folder
    folder.write_json("manifest.json", manifest)
    runs = load_runs(folder.path)
    session.progress.say(f"{manifest['status']}: {len(runs)} runs are recorded in {folder.path}")
    shown = render(folder.path) if report else folder.path
    folder.seal()
    if session.stop.soon:
        return shown, 130
    return shown, 3 if any_fault(manifest, runs) else 0


def render(path: Path) -> Path:
    """Makes the report of a run's folder, whatever of it is there."""
    analysis = analyse(path)
    write_atomically(path / summary.NAME, summary.text(analysis).encode())
    try:
        # Only here: measuring needs nothing but the standard library, rendering needs more.
        from harness.report import render as render_report
    except ImportError as error:
        raise HarnessError(
            f"{path}: the figures are recorded, but the report needs a package that is missing:"
            f" {error} (sudo apt-get install python3-matplotlib python3-jinja2 python3-numpy)"
        ) from error
    judged = claims.judge(claims_file.load(), analysis, analyse_race(path))
    rates = beside.gate_rates(analysis, path)
    return render_report(analysis, path, judged, beside.earlier(analysis, path), rates)
