"""Reads the workloads' TOML files: what is measured, at which sizes, under which rules.

The files are described in baselines/README.md. They are the harness's own input, written by the
people who add workloads, so every complaint names the file and the key that has to change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Mapping, Sequence

from harness.errors import InputError
from harness.model import Metric, Workload
from harness.toml_table import Table, read_toml

SIZES = ("quick", "standard", "full")
DIRECTIONS = ("lower", "higher")
TIME_LIMIT_DEFAULT_S = 60.0

# What a sweep may name beside the workload's own parameters.
_SWEEP_KEYS = ("workers", "rounds_max", "profiles")
_ID = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Values become parts of ids, links and command lines, so they may hold nothing that those use.
_VALUE = re.compile(r"[A-Za-z0-9_.+-]+")

Value = int | str


@dataclass(frozen=True)
class Sweep:
    """Lists of values, every combination of which is a point; "max" is not resolved yet."""

    workers: tuple[Value, ...]
    parameters: tuple[tuple[str, tuple[Value, ...]], ...]
    rounds_max: int | None
    profiles: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One combination: what a group of cells has in common besides its workload."""

    parameters: tuple[tuple[str, Value], ...]
    workers: int
    rounds_max: int | None
    profiles: tuple[str, ...] = ()  # those on request that take part


@dataclass(frozen=True)
class Spec:
    """A workload with its sizes and the rules of its runs.

    Where `operations` is None it is calibrated; where `warmup` or `repetitions` is None the
    harness chooses.
    """

    workload: Workload
    sizes: Mapping[str, tuple[Sweep, ...]]
    operations: int | None
    operations_min: int
    time_limit_s: float
    service: str | None
    warmup: int | None
    repetitions: int | None
    source: Mapping[str, Any]

    def points(self, size: str, cpus: int) -> list[Point]:
        """Every point of a size, each once, in the order of the file."""
        points: dict[tuple[object, ...], Point] = {}
        for sweep in self.sizes[size]:
            names = [name for name, _ in sweep.parameters]
            lists = [_resolve(values, cpus) for _, values in sweep.parameters]
            for workers, *values in product(_resolve(sweep.workers, cpus), *lists):
                parameters = tuple(zip(names, values))
                point = Point(parameters, int(workers), sweep.rounds_max, sweep.profiles)
                first = points.setdefault((parameters, workers), point)
                profiles = tuple(dict.fromkeys(first.profiles + sweep.profiles))
                points[parameters, workers] = replace(first, profiles=profiles)
        return list(points.values())


def _resolve(values: Sequence[Value], cpus: int) -> list[Value]:
    """The values with "max" and "2max" as numbers, each once: on one CPU 1 and "max" are alike."""
    named = {"max": cpus, "2max": 2 * cpus}
    return list(dict.fromkeys(named.get(v, v) if isinstance(v, str) else v for v in values))


def _metric(table: Table) -> Metric:
    metric = Metric(table.text("name"), table.text("unit"), table.choice("direction", DIRECTIONS))
    table.finish()
    return metric


def _metrics(root: Table) -> tuple[Metric, ...]:
    entries = root.maybe("metrics", [])
    if not isinstance(entries, list):
        raise root.fail("metrics", "must be an array of tables")
    metrics = tuple(_metric(Table(e, root.file, f"metrics[{i}]")) for i, e in enumerate(entries))
    names = [metric.name for metric in metrics]
    for name in names:
        if names.count(name) > 1 or name in ("real_time", "cpu_time"):
            raise root.fail("metrics", f"{name!r} is given twice")
    return metrics


def _main_metric(root: Table, metrics: Sequence[Metric]) -> Metric:
    metric = Metric(root.text("metric"), root.text("unit"), root.choice("direction", DIRECTIONS))
    if metric.name == "real_time":
        if metric.unit != "ns":
            raise root.fail("unit", "real_time is in ns")
        return metric
    if metric not in metrics:
        raise root.fail("metric", f"{metric.name!r} is not among [[metrics]] with this unit")
    return metric


def _parameter_titles(root: Table) -> dict[str, str]:
    titles: dict[str, str] = {}
    if root.maybe("parameters", None) is None:
        return titles
    parameters = root.table("parameters")
    for name in parameters.values:
        if not _NAME.fullmatch(name) or name in _SWEEP_KEYS:
            raise parameters.fail(name, "cannot be a parameter's name")
        entry = parameters.table(name)
        titles[name] = entry.text("title")
        entry.finish()
    return titles


def parameter_value(table: Table, key: str, value: object) -> Value:
    """The value of a parameter, if it can be one; the key is for the complaint."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _VALUE.fullmatch(value):
        return value
    raise table.fail(key, f"{value!r} is neither a whole number nor a plain word")


def _values(table: Table, key: str) -> tuple[Value, ...]:
    values = table.get(key)
    if not isinstance(values, list) or not values:
        raise table.fail(key, "must be a list of values")
    return tuple(parameter_value(table, key, value) for value in values)


def _profiles(table: Table) -> tuple[str, ...]:
    names = table.maybe("profiles", [])
    if not isinstance(names, list) or not all(
        isinstance(name, str) and _NAME.fullmatch(name) for name in names
    ):
        raise table.fail("profiles", f"must be a list of profiles' names, not {names!r}")
    return tuple(names)


def _sweep(table: Table, names: Sequence[str]) -> Sweep:
    workers = _values(table, "workers")
    for value in workers:
        if value not in ("max", "2max") and (isinstance(value, str) or value < 1):
            raise table.fail("workers", f'{value!r} is neither a number, "max" nor "2max"')
    parameters = tuple((name, _values(table, name)) for name in names)
    rounds_max = table.optional_count("rounds_max")
    profiles = _profiles(table)
    table.finish()
    return Sweep(workers, parameters, rounds_max, profiles)


def _sizes(root: Table, names: Sequence[str]) -> dict[str, tuple[Sweep, ...]]:
    sizes = root.table("sizes")
    found = {}
    for size in SIZES:
        entries = sizes.get(size)
        several = isinstance(entries, list)
        sweeps = entries if several else [entries]
        if not sweeps:
            raise sizes.fail(size, "has no sweep")
        found[size] = tuple(
            _sweep(Table(e, root.file, f"sizes.{size}" + (f"[{i}]" if several else "")), names)
            for i, e in enumerate(sweeps)
        )
    sizes.finish()
    return found


def _operations(run: Table) -> int | None:
    operations = run.get("operations")
    if operations == "calibrated":
        return None
    if isinstance(operations, str):
        raise run.fail("operations", f'must be a number or "calibrated", not {operations!r}')
    return run.count("operations")


def _time_limit_s(run: Table) -> float:
    limit_s = run.maybe("time_limit_s", TIME_LIMIT_DEFAULT_S)
    if isinstance(limit_s, bool) or not isinstance(limit_s, (int, float)):
        raise run.fail("time_limit_s", f"must be a number of seconds, not {limit_s!r}")
    if not 0 < limit_s < float("inf"):
        raise run.fail("time_limit_s", "must be above 0")
    return float(limit_s)


def parse(source: Mapping[str, Any], file: str) -> Spec:
    """A spec from a parsed file; `file` is its path for the complaints and for the links."""
    root = Table(source, file, "")
    workload_id = root.text("id")
    if not _ID.fullmatch(workload_id):
        raise root.fail("id", f"{workload_id!r} must look like suite/workload")
    metrics = _metrics(root)
    titles = _parameter_titles(root)
    workload = Workload(
        id=workload_id,
        version=root.count("version"),
        title=root.text("title"),
        question=root.text("question"),
        operation=root.text("operation"),
        stresses=root.text("stresses"),
        check=root.text("check"),
        metric=_main_metric(root, metrics),
        control=root.flag("control"),
        floor=root.optional_text("floor"),
        metrics=metrics,
        parameter_titles=titles,
        path=file,
    )
    sizes = _sizes(root, list(titles))
    run = root.table("run")
    spec = Spec(
        workload=workload,
        sizes=sizes,
        operations=_operations(run),
        operations_min=run.optional_count("operations_min") or 1,
        time_limit_s=_time_limit_s(run),
        service=run.optional_text("service"),
        warmup=run.optional_count("warmup", minimum=0),
        repetitions=run.optional_count("repetitions"),
        source=source,
    )
    run.finish()
    root.finish()
    return spec


def load(suites: Path, root: Path) -> list[Spec]:
    """Every `<suites>/<suite>/<workload>.toml`, sorted by id; paths are relative to `root`."""
    specs: dict[str, Spec] = {}
    for path in sorted(suites.glob("*/*.toml")):
        file = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        source = read_toml(path, file)
        spec = parse(source, file)
        if spec.workload.id in specs:
            other = specs[spec.workload.id].workload.path
            raise InputError(f"{file}: id: {spec.workload.id!r} is already the id of {other}")
        specs[spec.workload.id] = spec
    if not specs:
        raise InputError(f"{suites}: there are no workload specs (*/*.toml) in this folder")
    return [specs[key] for key in sorted(specs)]
