"""Several runs as one: more rounds of the same cells, or more cells of the same contenders.

Each source keeps its order and its rounds, renumbered behind those of the source before it, so runs
are still paired within the session that made them. What differs between the sources' machines or
programs ends the merge, unless it is asked for; then the merged run says so wherever it is shown.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

from harness import fingerprint, sums, verify
from harness.doctor import Finding, Level
from harness.errors import DamageError, InputError, NotComparableError
from harness.plan import Planned
from harness.store import RunFolder, load_plan, load_runs, read_cell, read_json

KINDS = ("hardware", "software", "programs")
_KEPT = ("manifest.json", "env.json", "build.json", "calibration.json", sums.NAME)
_FINGERPRINTS = ("fingerprint", "fingerprint_software")
# The state of the whole is that of the source that got least far.
_STATES = ("running", "interrupted", "out of time", "complete")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """A run's folder, read."""

    folder: Path
    manifest: dict[str, Any]
    environment: dict[str, Any]
    build: dict[str, Any]
    plan: tuple[Planned, ...]
    runs: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        return "/".join(self.folder.parts[-2:])

    @property
    def digest(self) -> str:
        return hashlib.sha256((self.folder / sums.NAME).read_bytes()).hexdigest()

    @property
    def numbers(self) -> int:
        """How many numbers its runs take: those of the plan and those that were made again."""
        return max([len(self.plan), *(int(run["run"]) + 1 for run in self.runs)])

    @property
    def rounds(self) -> int:
        return max((planned.round + 1 for planned in self.plan), default=0)


@dataclass(frozen=True)
class Drift:
    """A fact that is not the same in all sources; `kind` is one of KINDS."""

    kind: str
    fact: str
    folder: str

    def finding(self) -> Finding:
        level = Level.WARNING if self.kind == "software" else Level.ERROR
        what = f"these are several runs, and not of the same {self.kind}: {self.fact} differs"
        return Finding("merged", level, f"{what} in {self.folder}")


def _read(folder: Path) -> Source:
    found = verify.verify(folder, with_schemas=False)
    if found.problems:
        raise DamageError(f"{folder}: {found.problems[0]} (harness verify says everything)")
    manifest = read_json(folder / "manifest.json")
    if "merged" in manifest:
        raise InputError(f"{folder}: is a merged run: name the runs that it is made of")
    environment, build = read_json(folder / "env.json"), read_json(folder / "build.json")
    plan, runs = tuple(load_plan(folder)), tuple(load_runs(folder))
    return Source(folder, manifest, environment, build, plan, runs)


def meanings(manifest: Document) -> dict[str, Document]:
    """What each workload means, by its id; which sizes were run is no part of it."""
    specs = (entry["spec"] for entry in manifest["workloads"])
    return {spec["id"]: {**spec, "sizes": None} for spec in specs}


def _drifts(first: Source, other: Source) -> Iterator[Drift]:
    before, now = first.environment, other.environment
    tiers = {"hardware": fingerprint.HARDWARE, "software": fingerprint.SOFTWARE}
    for kind, fields in tiers.items():
        for fact in fingerprint.differences(before, now, fields):
            yield Drift(kind, fact, other.name)
    programs = first.build["programs"].keys() & other.build["programs"].keys()
    for name in sorted(programs):
        if first.build["programs"][name] != other.build["programs"][name]:
            yield Drift("programs", f"the program of {name}", other.name)


def compare(sources: Sequence[Source], allowed: Iterable[str]) -> list[Drift]:
    """What differs and was allowed to. Raises NotComparableError for what was not."""
    first = sources[0]
    found: list[Drift] = []
    for other in sources[1:]:
        before, now = meanings(first.manifest), meanings(other.manifest)
        changed = [name for name in sorted(before.keys() & now.keys()) if before[name] != now[name]]
        if changed:
            words = f"{changed[0]} is not the same workload there as in {first.folder}"
            raise NotComparableError(f"{other.folder}: {words}")
        found += _drifts(first, other)
    for kind in KINDS:
        facts = [drift for drift in found if drift.kind == kind]
        if facts and kind not in allowed:
            names = ", ".join(dict.fromkeys(drift.fact for drift in facts))
            raise NotComparableError(
                f"{first.folder} and {facts[0].folder} are not of the same {kind}: {names}"
                f" (--allow-drift {kind} merges them all the same, and marks it)"
            )
    return found


def _union(
    lists: Iterable[Iterable[Document]], key: str, best: str | None = None
) -> list[Document]:
    """Entries by their key, the first of each; one whose status is `best` goes before others."""
    found: dict[str, Document] = {}
    for entry in (entry for entries in lists for entry in entries):
        there = found.setdefault(entry[key], entry)
        if best is not None and there["status"] != best and entry["status"] == best:
            found[entry[key]] = entry
    return list(found.values())


def _expected(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Every cell that any source expects; it has a gap where it has one in all of them."""
    found: dict[Any, dict[str, Any]] = {}
    for source in sources:
        for entry in source.manifest["expected"]:
            there = found.setdefault(read_cell(entry["cell"]), dict(entry))
            if there["gap"] is not None and entry["gap"] is None:
                there.update(gap=None, reason=None)
            if entry["rounds_max"] is None or there["rounds_max"] is None:
                there["rounds_max"] = None
            else:
                there["rounds_max"] = max(entry["rounds_max"], there["rounds_max"])
    return list(found.values())


def _same(values: Sequence[Any]) -> Any:
    """The value that all have, or None."""
    return values[0] if all(value == values[0] for value in values) else None


def _described(sources: Sequence[Source], drifts: Sequence[Drift]) -> dict[str, Any]:
    """What the manifest says about where its runs come from."""
    runs = [0, *accumulate(source.numbers for source in sources)]
    rounds = [0, *accumulate(source.rounds for source in sources)]
    return {
        "drift": [{"kind": d.kind, "fact": d.fact, "folder": d.folder} for d in drifts],
        "sources": [
            {
                "folder": source.name,
                "sums": source.digest,
                "status": source.manifest["status"],
                "commit": source.manifest["commit"],
                "seed": source.manifest["seed"],
                "fingerprint": source.environment["fingerprint"],
                "first_run": runs[index],
                "runs": len(source.plan),
                "first_round": rounds[index],
                "rounds": source.rounds,
            }
            for index, source in enumerate(sources)
        ],
    }


def _manifest(sources: Sequence[Source], drifts: Sequence[Drift], out: Path) -> dict[str, Any]:
    manifests = [source.manifest for source in sources]
    estimates = [manifest["estimate_s"] for manifest in manifests]
    taken = [manifest.get("taken_s") for manifest in manifests]
    return {
        **manifests[0],
        "command_line": ["merge", *(str(s.folder) for s in sources), "--out", str(out)],
        "commit": _same([manifest["commit"] for manifest in manifests]),
        "dirty": _same([manifest["dirty"] for manifest in manifests]),
        "started": min(manifest["started"] for manifest in manifests),
        "finished": max((m["finished"] for m in manifests if m["finished"]), default=None),
        "status": min((m["status"] for m in manifests), key=_STATES.index),
        "budget_s": None,
        "rounds": None,
        "estimate_s": None if None in estimates else round(sum(estimates), 1),
        "taken_s": None if None in taken else round(sum(filter(None, taken)), 1),
        "contenders": _union((m["contenders"] for m in manifests), "name", best="built"),
        "workloads": _union((m["workloads"] for m in manifests), "path"),
        "expected": _expected(sources),
        "merged": _described(sources, drifts),
    }


def _fingerprints(sources: Sequence[Source]) -> dict[str, str]:
    """The sources' fingerprints; one that no machine has where they have several."""
    found = {}
    for name in _FINGERPRINTS:
        values = sorted({str(source.environment.get(name)) for source in sources})
        several = hashlib.sha256(" ".join(values).encode()).hexdigest()[: len(values[0])]
        found[name] = values[0] if len(values) == 1 else several
    return found


def _environment(sources: Sequence[Source], drifts: Sequence[Drift]) -> dict[str, Any]:
    marks = [drift.finding() for drift in drifts]
    warnings = [str(mark) for mark in marks]
    findings = [mark.document() for mark in marks]
    for source in sources:
        warnings += source.environment["warnings"]
        findings += source.environment["findings"]
    environment = {
        **sources[0].environment,
        "findings": [f for index, f in enumerate(findings) if f not in findings[:index]],
        "warnings": list(dict.fromkeys(warnings)),
        **_fingerprints(sources),
    }
    if any(drift.kind == "hardware" for drift in drifts):
        environment["nickname"] = "mixed"
    return environment


def _build(sources: Sequence[Source]) -> dict[str, Any]:
    """The first source's, with the contenders of all."""
    merged = dict(sources[0].build)
    for part in ("programs", "contenders"):
        merged[part] = {k: v for s in reversed(sources) for k, v in s.build[part].items()}
    return merged


def _write_runs(folder: RunFolder, sources: Sequence[Source]) -> None:
    first_run = first_round = 0
    plan: list[Planned] = []
    folder.open_runs()
    for source in sources:
        for planned in source.plan:
            run, number = first_run + planned.run, first_round + planned.round
            plan.append(replace(planned, run=run, round=number))
        for record in source.runs:
            run, number = first_run + record["run"], first_round + record["round"]
            for stream in ("out", "err"):
                log = source.folder / "logs" / f"run-{record['run']:06}.{stream}"
                if log.is_file():
                    folder.write_log(f"run-{run:06}.{stream}", log.read_bytes())
            again = {"repeats": first_run + record["repeats"]} if "repeats" in record else {}
            folder.append_run({**record, "run": run, "round": number, **again})
        first_run += source.numbers
        first_round += source.rounds
    folder.write_plan(plan)


def merge(folders: Sequence[Path], out: Path, allowed: Iterable[str]) -> list[Drift]:
    """Makes one run's folder of several; what differs between them, if that was allowed."""
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty")
    sources = [_read(folder) for folder in folders]
    seen: dict[str, Path] = {}
    for source in sources:
        twin = seen.setdefault(source.digest, source.folder)
        if twin is not source.folder:
            raise InputError(f"{source.folder}: is the same run as {twin}")
    drifts = compare(sources, allowed)
    with RunFolder(out) as folder:
        folder.write_json("manifest.json", _manifest(sources, drifts, out))
        folder.write_json("env.json", _environment(sources, drifts))
        folder.write_json("build.json", _build(sources))
        _write_runs(folder, sources)
        for index, source in enumerate(sources):
            place = out / "sources" / str(index)
            place.mkdir(parents=True)
            for name in _KEPT:
                if (source.folder / name).is_file():
                    shutil.copyfile(source.folder / name, place / name)
        folder.seal()
    return drifts
