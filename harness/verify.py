"""Whether a run's folder is whole: its checksums, its schemas, and every planned run in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from harness import completeness, schema, sums
from harness.errors import HarnessError, InputError
from harness.store import RACE, load_plan, load_runs, read_json, read_lines

DOCUMENTS = ("manifest", "env", "build", "calibration", "summary")
LINES = (("plan", "plan.jsonl"), ("run", "raw/runs.jsonl"))
_SAID_MAX = 20  # problems of one kind; a damaged file may have one in each line


@dataclass(frozen=True)
class Verdict:
    """What was found in a folder; `unchecked` is what could not be looked at."""

    folder: Path
    problems: tuple[str, ...]
    unchecked: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """0 whole, 3 damaged or incomplete, 4 whole as far as anybody could look."""
        if self.problems:
            return 3
        return 4 if self.unchecked else 0


def checksums(folder: Path) -> Iterator[str]:
    """What differs from SHA256SUMS. Nothing of the folder's own is trusted before this."""
    try:
        recorded = sums.read(folder)
    except (OSError, ValueError) as error:
        yield f"{sums.NAME}: {error}"
        return
    if recorded is None:
        yield (
            f"{sums.NAME}: is missing: the harness ended before the folder was whole"
            " (harness run --resume goes on, harness report closes it)"
        )
        return
    yield from sums.changed(folder, recorded)
    for name in sums.unlisted(folder, recorded):
        yield f"{name}: is not in {sums.NAME}: it came later"


def _documents(folder: Path, wanted: set[str]) -> Iterator[tuple[str, str, Any]]:
    """Schema, place and content of everything that has a schema. Raises HarnessError."""
    for name in DOCUMENTS:
        if name in wanted:
            yield name, f"{name}.json", read_json(folder / f"{name}.json")
    for name, file in LINES:
        for index, line in enumerate(read_lines(folder / file), start=1):
            yield name, f"{file}: line {index}", line


def schemas(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """What breaks a schema. Raises CheckerMissing."""
    wanted = set(DOCUMENTS)
    if "merged" in manifest or not (folder / "plan.jsonl").exists():
        wanted.discard("calibration")  # it is the sources', or the session ended before it
    if not (folder / "summary.json").exists():
        wanted.discard("summary")  # it comes with the report
    try:
        for name, place, document in _documents(folder, wanted):
            for problem in schema.problems(name, document):
                yield f"{place}: {problem}"
    except schema.CheckerMissing:
        raise
    except HarnessError as error:
        yield str(error)


def _few(problems: list[str]) -> list[str]:
    more = len(problems) - _SAID_MAX
    return problems if more <= 0 else [*problems[:_SAID_MAX], f"and {more} problems like these"]


def _complete(folder: Path, manifest: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The problems and the facts of the plan and of what is recorded of it."""
    try:
        found = completeness.judge(manifest, load_plan(folder), load_runs(folder))
    except HarnessError as error:
        return [str(error)], []
    except (KeyError, TypeError, AttributeError) as error:
        return [f"the plan and the runs cannot be compared: {error!r}"], []
    facts = [f"{found.recorded} of {found.planned} planned runs are recorded"]
    facts += [f"{number} missing: {reason}" for reason, number in found.reasons.items()]
    return list(found.problems), facts


def verify(folder: Path, with_schemas: bool = True) -> Verdict:
    """Looks at everything in a run's folder. Raises InputError where it is no such folder."""
    if not (folder / "manifest.json").exists():
        raise InputError(f"{folder}: is not a run's folder: it has no manifest.json")
    problems = _few(list(checksums(folder)))
    try:
        manifest = read_json(folder / "manifest.json")
    except InputError as error:
        return Verdict(folder, (*problems, str(error)), (), ())
    unchecked: list[str] = []
    if with_schemas:
        try:
            problems += _few(list(schemas(folder, manifest)))
        except schema.CheckerMissing as error:
            unchecked.append(str(error))
    missing, facts = _complete(folder, manifest)
    problems += _few(missing)
    if (folder / RACE / "manifest.json").is_file():
        inside = verify(folder / RACE, with_schemas)
        problems += [f"{RACE}/: {problem}" for problem in inside.problems]
        facts += [f"{RACE}/: {fact}" for fact in inside.facts]
    return Verdict(folder, tuple(problems), tuple(unchecked), tuple(facts))
