"""summary.json: a run's figures in short, so that a later run can read them in no time.

It is made from the run's other files whenever its report is, and can be made again. The ratios are
those of the analysis: medians over runs that were paired within this one session.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Mapping

from harness.model import Analysis, CellResult, Comparison, Group, Interval

SCHEMA = "weft.summary/1"
NAME = "summary.json"
_RATIO_MIN = 1e-300


@dataclass(frozen=True)
class Figure:
    """A cell's figure in one run; `ratio` is it divided by the base row's, None for that itself."""

    own: Interval
    ratio: Interval | None


@dataclass(frozen=True)
class GroupSummary:
    """What a group means, and its rows that have figures by `contender:profile`."""

    version: int
    metric: str
    unit: str
    direction: str
    base: str | None
    rows: Mapping[str, Figure]


@dataclass(frozen=True)
class Summary:
    """A run in short."""

    host: str
    software: str | None
    started: str
    commit: str | None
    dirty: bool
    size: str
    seed: int
    status: str
    merged: bool
    versions: Mapping[str, str]  # of the contenders, as they describe themselves
    groups: Mapping[str, GroupSummary]


def _interval(found: Interval) -> dict[str, Any] | None:
    """None where a number is none that a file of JSON can carry."""
    bounds = (found.median, found.low, found.high)
    if not all(bound is None or math.isfinite(bound) for bound in bounds):
        return None
    return {"n": found.n, "median": found.median, "low": found.low, "high": found.high}


def _row(result: CellResult, ratios: Mapping[str, Comparison]) -> dict[str, Any] | None:
    own = None if result.interval is None else _interval(result.interval)
    if result.gap is not None or own is None:
        return None
    found = ratios.get(result.cell.row)
    ratio = None if found is None else found.ratio
    return {
        "row": result.cell.row,
        "own": own,
        "ratio": _interval(ratio) if ratio and _is_ratio(ratio) else None,
    }


def _is_ratio(found: Interval) -> bool:
    """Whether it and its reciprocal are numbers."""
    bounds = (found.median, found.low, found.high)
    return all(bound is None or _RATIO_MIN < bound < 1 / _RATIO_MIN for bound in bounds)


def _group(group: Group) -> dict[str, Any]:
    metric = group.workload.metric
    ratios = {comparison.other.row: comparison for comparison in group.comparisons}
    rows = [_row(result, ratios) for result in group.results]
    return {
        "id": group.id,
        "version": group.workload.version,
        "metric": metric.name,
        "unit": metric.unit,
        "direction": metric.direction,
        "base": group.comparisons[0].base.row if group.comparisons else None,
        "rows": [row for row in rows if row is not None],
    }


def document(analysis: Analysis) -> dict[str, Any]:
    """The file of a run."""
    manifest, environment = analysis.manifest, analysis.environment
    built = [contender for contender in analysis.contenders if contender.status == "built"]
    return {
        "schema": SCHEMA,
        "host": environment.get("fingerprint", ""),
        "software": environment.get("fingerprint_software"),
        "started": manifest.get("started", ""),
        "commit": manifest.get("commit"),
        "dirty": bool(manifest.get("dirty")),
        "size": manifest.get("size", ""),
        "seed": manifest.get("seed", 0),
        "status": manifest.get("status", ""),
        "merged": "merged" in manifest,
        "versions": {c.name: str(c.describe.get("version", "")) for c in built},
        "groups": [_group(group) for group in analysis.groups],
    }


def text(analysis: Analysis) -> str:
    """The same as the file holds it."""
    return json.dumps(document(analysis), separators=(",", ":"), allow_nan=False) + "\n"


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no figure")
    return number


def _read_interval(found: Mapping[str, Any]) -> Interval:
    low, high = (None if found[end] is None else _number(found[end]) for end in ("low", "high"))
    return Interval(int(found["n"]), _number(found["median"]), low, high, None)


def _read_group(found: Mapping[str, Any]) -> GroupSummary:
    rows = {}
    for row in found["rows"]:
        ratio = None if row["ratio"] is None else _read_interval(row["ratio"])
        if ratio is not None and not _is_ratio(ratio):
            raise ValueError(f"{ratio} is no ratio")
        rows[str(row["row"])] = Figure(_read_interval(row["own"]), ratio)
    return GroupSummary(
        version=int(found["version"]),
        metric=str(found["metric"]),
        unit=str(found["unit"]),
        direction=str(found["direction"]),
        base=_text_or_none(found["base"]),
        rows=rows,
    )


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def parse(found: Mapping[str, Any]) -> Summary:
    """What `document` made. Raises KeyError, TypeError, ValueError or AttributeError elsewhere."""
    if found["schema"] != SCHEMA:
        raise ValueError(f"the schema is not {SCHEMA}")
    return Summary(
        host=str(found["host"]),
        software=_text_or_none(found["software"]),
        started=str(found["started"]),
        commit=_text_or_none(found["commit"]),
        dirty=bool(found["dirty"]),
        size=str(found["size"]),
        seed=int(found["seed"]),
        status=str(found["status"]),
        merged=bool(found["merged"]),
        versions={str(name): str(words) for name, words in found["versions"].items()},
        groups={str(group["id"]): _read_group(group) for group in found["groups"]},
    )


def of(analysis: Analysis) -> Summary:
    """A run's summary without a detour through its file."""
    return parse(document(analysis))
