"""Judges what a program printed against what it was asked: a status in words, never a guess.

A record counts only if it is about the asked cell, says the configuration that was really used,
differs from the asked one in nothing that was not declared, passed its own check, and holds the
asked number of repetitions of finite figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import Any, Mapping, Sequence

from harness import process
from harness.contenders import AnswerError, Deviation, ending, last_words, strict_json
from harness.model import Cell, Metric

_NOT_FIGURES = frozenset(
    ("family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads")
)
_SHOWN_CHARACTERS = 120
# A thousand processors with ten operations in each cycle of 1 GHz do no more.
_OPERATION_NS_MIN = 1e-4


class Status(str, Enum):
    """How a run ended; the values are those of raw/runs.jsonl."""

    OK = "ok"
    DID_NOT_FINISH = "did not finish"
    FAILED = "failed"
    WRONG_RESULT = "wrong result"
    NOT_EXPRESSIBLE = "not expressible"
    MISMATCH = "configuration mismatch"


@dataclass(frozen=True)
class Asked:
    """What one run of a cell was asked to do and to report."""

    cell: Cell
    version: int
    operations: int
    warmup: int
    repetitions: int
    metric: Metric
    deviations: tuple[Deviation, ...] = ()
    promised: tuple[tuple[str, str], ...] = ()  # what the profile says of each of its records

    def arguments(self) -> list[str]:
        """The command line behind the program's name, but for the service's part."""
        words = ["run", "--workload", self.cell.workload, "--profile", self.cell.profile]
        words += ["--workers", str(self.cell.workers)]
        for name, value in self.cell.parameters:
            words += ["--param", f"{name}={value}"]
        words += ["--operations", str(self.operations), "--warmup", str(self.warmup)]
        return [*words, "--repetitions", str(self.repetitions)]

    def effective(self) -> dict[str, str]:
        """The `effective.*` entries that must come back, as they were asked for."""
        asked = dict(self.promised)
        asked.update((name, str(value)) for name, value in self.cell.parameters)
        asked["workers"] = str(self.cell.workers)
        asked["operations"] = str(self.operations)
        asked["warmup"] = str(self.warmup)
        asked["repetitions"] = str(self.repetitions)
        return asked


@dataclass(frozen=True)
class Verdict:
    """The status of a run; a record where it is ok, a reason where it is not."""

    status: Status
    reason: str | None = None
    record: dict[str, Any] | None = None


class _Refusal(Exception):
    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _fail(reason: str) -> _Refusal:
    return _Refusal(Status.FAILED, reason)


def _mismatch(reason: str) -> _Refusal:
    return _Refusal(Status.MISMATCH, reason)


def _check_ending(finished: process.Finished, limit_s: float) -> None:
    problem = ending(finished, limit_s)
    if problem is None:
        return
    said = last_words(finished.stderr)
    if finished.timed_out or finished.aborted:
        raise _Refusal(Status.DID_NOT_FINISH, problem)
    if finished.flooded is None and finished.exit_status == 3:
        raise _Refusal(Status.WRONG_RESULT, said or "its own check failed")
    if finished.flooded is None and finished.exit_status == 4:
        raise _Refusal(Status.NOT_EXPRESSIBLE, said or "the program does not support this cell")
    if finished.flooded is None and finished.exit_status == 5:
        raise _Refusal(Status.DID_NOT_FINISH, f"a resource was refused: {said}")
    raise _fail(problem)


def _check_context(context: Mapping[str, Any], asked: Asked) -> None:
    cell = asked.cell
    wanted = {
        "schema": "weft.record/1",
        "contender": cell.contender,
        "workload": cell.workload,
        "workload_version": str(asked.version),
        "profile": cell.profile,
        "form": cell.form,
    }
    for key, value in wanted.items():
        if context.get(key) != value:
            raise _mismatch(f"{key} is {_shown(context.get(key))}, asked for was {value!r}")
    if context.get("check") != "ok":
        raise _Refusal(Status.WRONG_RESULT, f"check is {_shown(context.get('check'))}, not 'ok'")
    _check_effective(context, asked)


def _check_effective(context: Mapping[str, Any], asked: Asked) -> None:
    declared = {(d.parameter, d.asked, d.effective) for d in asked.deviations}
    for name, value in asked.effective().items():
        effective = context.get(f"effective.{name}")
        if not isinstance(effective, str):
            raise _mismatch(f"effective.{name} is {_shown(effective)}, not a text")
        if effective != value and (name, value, effective) not in declared:
            raise _mismatch(
                f"effective.{name} is {_shown(effective)}, asked for was {value!r},"
                " and no deviation declares that"
            )


def _number(repetition: Mapping[str, Any], name: str, index: int) -> float:
    value = repetition.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _fail(f"repetition {index}: {name} is {_shown(value)}, not a number")
    if not math.isfinite(value):
        raise _fail(f"repetition {index}: {name} is not finite")
    return float(value)


def _check_repetition(repetition: Mapping[str, Any], index: int, asked: Asked) -> None:
    if repetition.get("error_occurred"):
        said = _shown(repetition.get("error_message"))
        raise _fail(f"repetition {index}: the program reports an error: {said}")
    if repetition.get("time_unit") != "ns":
        raise _fail(f"repetition {index}: time_unit is {_shown(repetition.get('time_unit'))}")
    for name, value in repetition.items():
        if isinstance(value, (int, float)):
            _number(repetition, name, index)
    operation_ns = _number(repetition, "real_time", index)
    if operation_ns <= 0:
        raise _fail(f"repetition {index}: real_time is not above 0")
    if operation_ns < _OPERATION_NS_MIN:
        words = f"an operation took {operation_ns:.2g} ns: no machine can have done the work"
        raise _fail(f"repetition {index}: {words}")
    _number(repetition, "cpu_time", index)
    _number(repetition, asked.metric.name, index)
    iterations = _number(repetition, "iterations", index)
    effective = {d.effective for d in asked.deviations if d.parameter == "operations"}
    if iterations != asked.operations and str(int(iterations)) not in effective:
        raise _mismatch(f"repetition {index}: iterations is {iterations:g}, not {asked.operations}")


def _check_benchmarks(benchmarks: Any, asked: Asked) -> None:
    if not isinstance(benchmarks, list) or not all(isinstance(b, dict) for b in benchmarks):
        raise _fail("benchmarks is not a list of objects")
    repetitions = repetitions_of(benchmarks)
    indices = [repetition.get("repetition_index") for repetition in repetitions]
    if indices != list(range(asked.repetitions)):
        raise _fail(f"holds the repetitions {_shown(indices)}, not 0 to {asked.repetitions - 1}")
    for index, repetition in enumerate(repetitions):
        _check_repetition(repetition, index, asked)


def judge(finished: process.Finished, limit_s: float, asked: Asked) -> Verdict:
    """The verdict on a program that was started with `asked.arguments()`."""
    try:
        _check_ending(finished, limit_s)
        try:
            record = strict_json(finished.stdout)
        except AnswerError as error:
            raise _fail(f"its record {error}") from error
        if not isinstance(record, dict) or not isinstance(record.get("context"), dict):
            raise _fail("its record has no context")
        _check_context(record["context"], asked)
        _check_benchmarks(record.get("benchmarks"), asked)
    except _Refusal as refusal:
        return Verdict(refusal.status, refusal.reason)
    return Verdict(Status.OK, None, record)


def repetitions_of(benchmarks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The repetitions of a record, without the aggregates that Google Benchmark may add."""
    return [b for b in benchmarks if b.get("run_type", "iteration") == "iteration"]


def figures(record: Mapping[str, Any]) -> dict[str, float]:
    """Every figure of a run: the median over the repetitions that have it."""
    found: dict[str, list[float]] = {}
    for repetition in repetitions_of(record["benchmarks"]):
        for name, value in repetition.items():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if number and name not in _NOT_FIGURES:
                found.setdefault(name, []).append(float(value))
    return {name: median(values) for name, values in found.items()}
