"""Which contenders the build left behind, and what each says about itself and can do.

A manifest is the build's own file: a broken one is a complaint. A program is anybody's: whatever it
does when it is asked, the answer is a contender with a `failure` in words, and the rest go on.
"""

from __future__ import annotations

import json
import math
import re
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Mapping, Sequence

from harness import process
from harness.errors import InputError
from harness.model import Contender, Gap

ANSWER_LIMIT_S = 10.0
ANSWER_LIMIT_BYTES = 4 << 20
FLOORS = "floors"  # the contender that is drawn as a line instead of a row

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Why a program may say that a cell has no figures; whatever else can happen, the harness sees.
_DECLARED_GAPS = {
    gap.value: gap for gap in (Gap.NOT_EXPRESSIBLE, Gap.NOT_IMPLEMENTED, Gap.NOT_INSTALLED)
}


class AnswerError(Exception):
    """What a program printed is not what it has to print."""


@dataclass(frozen=True)
class Limit:
    """Values of one parameter (or of `workers`) that a contender cannot have."""

    parameter: str
    minimum: float | None
    maximum: float | None
    values: tuple[str, ...] | None  # a number is written as on the command line
    reason: str
    gap: Gap = Gap.NOT_EXPRESSIBLE

    def rules_out(self, value: int | str) -> bool:
        if self.values is not None and str(value) not in self.values:
            return True
        if isinstance(value, str):
            return False
        below = self.minimum is not None and value < self.minimum
        return below or (self.maximum is not None and value > self.maximum)


@dataclass(frozen=True)
class Deviation:
    """A declared difference between what is asked for and what is done."""

    parameter: str
    asked: str
    effective: str
    reason: str


@dataclass(frozen=True)
class Offer:
    """What a program says about one workload on one profile."""

    workload: str
    version: int
    profile: str
    gap: Gap | None  # None: it can be done, within the limits
    reason: str | None
    form: str
    source: str | None
    limits: tuple[Limit, ...]
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True)
class Profile:
    """A configuration of a contender with a row of its own."""

    is_default: bool
    on_request: bool  # only in sweeps that name it
    effective: tuple[tuple[str, str], ...]  # what each of its records has to say


@dataclass(frozen=True)
class Candidate:
    """A contender with its program and offers, or with the reason why it has none."""

    contender: Contender
    program: Path | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    offers: Mapping[tuple[str, str], Offer] = field(default_factory=dict)
    failure: str | None = None

    @property
    def default_profile(self) -> str | None:
        """The profile of its plain row, where the program has said which."""
        return next((name for name, about in self.profiles.items() if about.is_default), None)


def strict_json(text: bytes) -> Any:
    """JSON as the standard has it: UTF-8, one document, no NaN, no infinity. Raises AnswerError."""

    def refuse(word: str) -> Any:
        raise AnswerError(f"holds {word}, which is not JSON")

    if not text.strip():
        raise AnswerError("printed nothing")
    try:
        return json.loads(text.decode("utf-8"), parse_constant=refuse)
    except UnicodeDecodeError as error:
        raise AnswerError(f"is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise AnswerError("is nested too deeply") from error
    except ValueError as error:
        raise AnswerError(f"is not JSON: {error}") from error


def ending(finished: process.Finished, limit_s: float) -> str | None:
    """How a program failed to end well, in words; None where it ended with status 0."""
    if finished.error is not None:
        return finished.error
    if finished.flooded is not None:
        return f"printed more than is sensible on {finished.flooded}"
    if finished.timed_out:
        return f"did not end within {limit_s:g} s"
    if finished.aborted:
        return "was stopped by the user"
    if finished.signal is not None:
        return f"was ended by {signal_name(finished.signal)}"
    if finished.exit_status != 0:
        said = last_words(finished.stderr)
        return f"ended with status {finished.exit_status}" + (f": {said}" if said else "")
    return None


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def last_words(stderr: bytes, limit: int = 300) -> str:
    """The last line that says something, without what would move a terminal's cursor."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    line = next((line for line in reversed(lines) if line), "")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)[:limit]


def _ask(program: Path, verb: str, schema: str, name: str, cwd: Path) -> dict[str, Any]:
    finished = process.run([str(program), verb], ANSWER_LIMIT_S, cwd, ANSWER_LIMIT_BYTES)
    problem = ending(finished, ANSWER_LIMIT_S)
    if problem is not None:
        raise AnswerError(problem)
    answer = strict_json(finished.stdout)
    if not isinstance(answer, dict):
        raise AnswerError("is not a JSON object")
    for key, wanted in (("schema", schema), ("contender", name)):
        if answer.get(key) != wanted:
            raise AnswerError(f"{key} is {answer.get(key)!r}, not {wanted!r}")
    return answer


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value:
        raise AnswerError(f"{key} is {value!r}, not a text")
    return value


def _objects(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = values.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise AnswerError(f"{key} is not a list of objects")
    return entries


def _bound(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise AnswerError(f"{key} is {value!r}, not a number")
    return value


def _gap(values: Mapping[str, Any]) -> Gap:
    word = values.get("gap", Gap.NOT_EXPRESSIBLE.value)
    if word not in _DECLARED_GAPS:
        raise AnswerError(f"gap is {word!r}, not one of {', '.join(_DECLARED_GAPS)}")
    return _DECLARED_GAPS[word]


def _limit(values: Mapping[str, Any]) -> Limit:
    allowed = values.get("values")
    if allowed is not None and not isinstance(allowed, list):
        raise AnswerError("values is not a list")
    return Limit(
        _text(values, "parameter"),
        _bound(values, "min"),
        _bound(values, "max"),
        None if allowed is None else tuple(str(value) for value in allowed),
        _text(values, "reason"),
        _gap(values),
    )


def _deviation(values: Mapping[str, Any]) -> Deviation:
    return Deviation(
        _text(values, "parameter"),
        str(values.get("asked")),
        str(values.get("effective")),
        _text(values, "reason"),
    )


def _offer(values: Mapping[str, Any]) -> Offer:
    version, supported = values.get("version"), values.get("supported")
    if isinstance(version, bool) or not isinstance(version, int):
        raise AnswerError(f"version is {version!r}, not a whole number")
    if not isinstance(supported, bool):
        raise AnswerError(f"supported is {supported!r}, not true or false")
    return Offer(
        workload=_text(values, "workload"),
        version=version,
        profile=_text(values, "profile"),
        gap=None if supported else _gap(values),
        reason=None if supported else _text(values, "reason"),
        form=_text(values, "form") if "form" in values else "shared",
        source=_text(values, "source") if "source" in values else None,
        limits=tuple(_limit(entry) for entry in _objects(values, "limits")),
        deviations=tuple(_deviation(entry) for entry in _objects(values, "deviations")),
    )


def _profile(values: Mapping[str, Any]) -> Profile:
    effective = values.get("effective", {})
    if not isinstance(effective, dict) or not all(isinstance(v, str) for v in effective.values()):
        raise AnswerError(f"effective of profile {values.get('name')!r} is not an object of texts")
    return Profile(
        is_default=values.get("default") is True,
        on_request=values.get("on_request") is True,
        effective=tuple(effective.items()),
    )


def _profiles(describe: Mapping[str, Any]) -> dict[str, Profile]:
    entries = _objects(describe, "profiles")
    profiles = {_text(entry, "name"): _profile(entry) for entry in entries}
    defaults = sum(profile.is_default for profile in profiles.values())
    if len(profiles) != len(entries) or not all(_NAME.fullmatch(name) for name in profiles):
        raise AnswerError("profiles have no plain names of their own")
    if defaults != 1:
        raise AnswerError(f"profiles has {defaults} default ones, not 1")
    return profiles


def _offers(
    answer: Mapping[str, Any], profiles: Mapping[str, Profile]
) -> dict[tuple[str, str], Offer]:
    offers: dict[tuple[str, str], Offer] = {}
    for i, entry in enumerate(_objects(answer, "entries")):
        try:
            offer = _offer(entry)
        except AnswerError as error:
            raise AnswerError(f"entries[{i}]: {error}") from error
        key = (offer.workload, offer.profile)
        if offer.profile not in profiles:
            raise AnswerError(f"entries[{i}]: {offer.profile!r} is not a profile of its own")
        if key in offers:
            raise AnswerError(f"entries[{i}]: {key[0]} on {key[1]} is listed twice")
        offers[key] = offer
    return offers


def interview(contender: Contender, build: Path, cwd: Path) -> Candidate:
    """Asks a contender's program for its description and its list."""
    if contender.program is None:
        return Candidate(contender)
    program = build / contender.program
    verb = "describe"
    try:
        describe = _ask(program, verb, "weft.describe/1", contender.name, cwd)
        contender = replace(contender, describe=describe)
        profiles = _profiles(describe)
        _text(describe, "version")
        verb = "list"
        answer = _ask(program, verb, "weft.list/1", contender.name, cwd)
        offers = _offers(answer, profiles)
    except AnswerError as error:
        return Candidate(contender, program, failure=f"`{program.name} {verb}` {error}")
    return Candidate(contender, program, profiles, offers)


def _manifest(path: Path) -> Contender:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    if not isinstance(values, dict) or values.get("schema") != "weft.contender/1":
        raise InputError(f"{path}: schema: must be 'weft.contender/1'")
    wanted = {"built": "program", "absent": "reason"}
    status = values.get("status")
    if status not in wanted:
        raise InputError(f"{path}: status: must be 'built' or 'absent', not {status!r}")
    for key in ("name", "title", wanted[status]):
        if not isinstance(values.get(key), str) or not values[key]:
            raise InputError(f"{path}: {key}: is missing")
    if values["name"] != path.stem or not _NAME.fullmatch(path.stem):
        raise InputError(f"{path}: name: must be a plain word and the file's own name")
    program, reason = values.get("program"), values.get("reason")
    built = status == "built"
    return Contender(
        name=values["name"],
        title=values["title"],
        status=status,
        reason=None if built else reason,
        program=program if built else None,
    )


def manifests(build: Path) -> list[Contender]:
    """Every contender that the build knows, absent ones included, sorted by name."""
    found = [_manifest(path) for path in sorted((build / "contenders").glob("*.json"))]
    if not found:
        raise InputError(
            f"{build / 'contenders'}: the build left no contender here"
            " (cmake --preset release && cmake --build --preset release)"
        )
    return found


def load(build: Path, cwd: Path, names: Sequence[str] = ()) -> list[Candidate]:
    """The contenders of a build, each asked what it can do; with `names`, only those."""
    found = manifests(build)
    known = [contender.name for contender in found]
    for name in names:
        if name not in known:
            raise InputError(f"no contender is called {name!r}; there are {', '.join(known)}")
    wanted = [c for c in found if not names or c.name in names or c.name == FLOORS]
    return [interview(contender, build, cwd) for contender in wanted]
