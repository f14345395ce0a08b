"""Formats of services that draw a point for each cell: its median, with its interval if it has one.

Cells without figures are left out where a format has no word for them; OpenMetrics has one.
"""

from __future__ import annotations

import json
import math
from typing import Any, Iterator

from harness.export.rows import Export
from harness.model import CellResult, Interval, Metric, Workload

# OpenMetrics wants base units, named at the end of a metric.
_BASE_UNITS = {
    "ns": ("seconds", 1e-9),
    "B": ("bytes", 1.0),
    "%": ("ratio", 0.01),
    "ns/s": ("ratio", 1e-9),
    "ratio": ("ratio", 1.0),
}


def _measured(export: Export) -> Iterator[tuple[Workload, CellResult, Interval]]:
    for workload, result in export.results:
        if result.interval is not None:
            yield workload, result, result.interval


def _json(document: Any) -> str:
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def bmf(export: Export) -> str:
    """Bencher Metric Format: a benchmark is a cell, a measure a figure of it."""
    document = {}
    for workload, result, interval in _measured(export):
        measure = {"value": interval.median}
        if interval.low is not None and interval.high is not None:
            measure.update(lower_value=interval.low, upper_value=interval.high)
        # Bencher knows the measure `latency`, in nanoseconds, without being told.
        plain = (workload.metric.name, workload.metric.unit) == ("real_time", "ns")
        document[result.cell.id] = {"latency" if plain else workload.metric.name: measure}
    return _json(document)


def _points(export: Export, direction: str) -> str:
    points = []
    for workload, result, interval in _measured(export):
        if workload.metric.direction != direction:
            continue
        point: dict[str, Any] = {
            "name": result.cell.id,
            "unit": workload.metric.unit,
            "value": interval.median,
            "extra": f"{workload.metric.name}, median of {interval.n} runs",
        }
        if interval.low is not None and interval.high is not None:
            point["range"] = f"{interval.low:.6g} to {interval.high:.6g}"
        points.append(point)
    return _json(points)


def smaller_is_better(export: Export) -> str:
    """For github-action-benchmark's tool `customSmallerIsBetter`."""
    return _points(export, "lower")


def bigger_is_better(export: Export) -> str:
    """For github-action-benchmark's tool `customBiggerIsBetter`."""
    return _points(export, "higher")


def _label(name: str, value: str) -> str:
    value = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'{name}="{value}"'


def _labels(result: CellResult, metric: Metric) -> list[str]:
    cell = result.cell
    labels = {
        "cell": cell.id,
        "workload": cell.workload,
        "workers": str(cell.workers),
        "contender": cell.contender,
        "profile": cell.profile,
        "figure": metric.name,
        "better": metric.direction,
    }
    return [_label(name, value) for name, value in labels.items()]


def _sample(name: str, labels: list[str], value: float) -> str:
    return f"{name}{{{','.join(labels)}}} {float(value)!r}"


def _info(export: Export) -> list[str]:
    manifest, environment = export.analysis.manifest, export.analysis.environment
    facts = {
        **{name: manifest.get(name) for name in ("commit", "started", "status", "size", "seed")},
        **{name: environment.get(name) for name in ("fingerprint", "fingerprint_software")},
    }
    labels = [_label(name, str(value)) for name, value in facts.items() if value is not None]
    head = ["# TYPE weft_run info", "# HELP weft_run What was measured, and where."]
    return [*head, _sample("weft_run_info", labels, 1)]


def openmetrics(export: Export) -> str:
    """OpenMetrics text: a family for each base unit, one for the numbers of runs, one for gaps."""
    families: dict[str, list[str]] = {}
    runs, gaps = [], []
    for workload, result in export.results:
        metric, labels = workload.metric, _labels(result, workload.metric)
        if result.interval is None:
            gap = result.gap.value if result.gap is not None else "unknown"
            gaps.append(_sample("weft_cell_gap", [*labels, _label("gap", gap)], 1))
            continue
        runs.append(_sample("weft_cell_runs", labels, result.interval.n))
        base, factor = _BASE_UNITS.get(metric.unit, ("other", 1.0))
        interval = result.interval
        points = (("median", interval.median), ("low", interval.low), ("high", interval.high))
        samples = families.setdefault(base, [])
        for point, value in points:
            if value is not None and math.isfinite(value):
                name = f"weft_cell_{base}"
                samples.append(_sample(name, [*labels, _label("point", point)], value * factor))
    lines = _info(export)
    for base, samples in sorted(families.items()):
        lines.append(f"# TYPE weft_cell_{base} gauge")
        if base != "other":
            lines.append(f"# UNIT weft_cell_{base} {base}")
        lines.append(f"# HELP weft_cell_{base} The median over a cell's runs, and its interval.")
        lines += samples
    for name, words, samples in (
        ("weft_cell_runs", "Runs that count.", runs),
        ("weft_cell_gap", "Cells without figures.", gaps),
    ):
        if samples:
            lines += [f"# TYPE {name} gauge", f"# HELP {name} {words}", *samples]
    return "\n".join([*lines, "# EOF", ""])
