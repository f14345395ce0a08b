"""Go's benchmark format, so that benchstat reads a run: a line for every run that counts.

A line is a name, an iteration count and pairs of value and unit. The parts of the name are keys
that benchstat can project: `benchstat -col /contender -ignore /profile RUN.txt` sets the contenders
side by side. A name ends in the number of workers, where Go writes its GOMAXPROCS. What separates
fields or parts of a name may not stand in one: it is written as %XX.
"""

from __future__ import annotations

import re
from typing import Iterator, Mapping

from harness.export.rows import Export, Made, metrics
from harness.model import Metric

_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PLAIN = re.compile(r"[A-Za-z0-9_.:+-]")


def escaped(text: str) -> str:
    """One part of a name."""
    escape = "".join
    return escape(
        char if _PLAIN.fullmatch(char) else escape(f"%{byte:02X}" for byte in char.encode())
        for char in text
    )


def name(made: Made) -> str:
    """`BenchmarkChannel/workload=ping_pong/capacity=0/contender=weft/profile=default-2`."""
    cell = made.cell
    suite, workload = cell.workload.split("/", 1)
    first = escaped(suite)
    # Go takes a name for a benchmark's only if no lower-case letter follows "Benchmark".
    parts = [f"Benchmark{first[:1].upper()}{first[1:]}", f"workload={escaped(workload)}"]
    parts += [f"{escaped(key)}={escaped(str(value))}" for key, value in cell.parameters]
    parts += [f"contender={escaped(cell.contender)}", f"profile={escaped(cell.profile)}"]
    return f"{'/'.join(parts)}-{cell.workers}"


def unit(metric: Metric) -> str:
    """Go's own name of the time of an operation; else the figure's name and its unit.

    A unit that begins with a figure's name keeps two figures of a line apart.
    """
    if metric.name == "real_time":
        text = f"{metric.unit}/op"
    else:
        text = f"{metric.name.removesuffix(f'_{metric.unit}')}-{metric.unit}"
    return re.sub(r"\s", "_", text)


def _config(export: Export) -> Iterator[tuple[str, str | None]]:
    """What benchstat keeps apart: figures of two machines are two tables."""
    environment: Mapping[str, object] = export.analysis.environment
    cpu = environment.get("cpu")
    architecture = cpu.get("architecture") if isinstance(cpu, Mapping) else None
    yield "goos", "linux"
    yield "goarch", _GO_ARCHITECTURES.get(str(architecture), str(architecture))
    yield "cpu", cpu.get("model") if isinstance(cpu, Mapping) else None
    yield "fingerprint", str(environment.get("fingerprint"))


def benchfmt(export: Export) -> str:
    """Configuration, which way is better for each unit, then the runs in the order made."""
    lines = [f"{key}: {' '.join(value.split())}" for key, value in _config(export) if value]
    directions = {
        unit(metric): metric.direction
        for workload in export.analysis.workloads
        for metric in metrics(workload).values()
    }
    lines += [f"Unit {unit} better={better}" for unit, better in sorted(directions.items())]
    lines.append("")
    for made in export.runs:
        if made.samples:
            pairs = "\t".join(f"{s.value!r} {unit(s.metric)}" for s in made.samples)
            lines.append(f"{name(made)}\t{max(made.operations, 1)}\t{pairs}")
    return "\n".join([*lines, ""])
