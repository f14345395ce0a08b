"""A run's figures in the formats of other tools; a module for each kind of reader.

`rows` has what all formats say: every figure of every run, and every cell's interval. The formats
are pure functions from that to text, so that a format's rules can be tested without a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Mapping

from harness.export import dashboards, go, table
from harness.export.rows import Export, load

Format = Callable[[Export], str]

FORMATS: Mapping[str, Format] = {
    "csv": table.csv_text,
    "benchfmt": go.benchfmt,
    "bmf": dashboards.bmf,
    "github-action-benchmark": dashboards.smaller_is_better,
    "github-action-benchmark-bigger": dashboards.bigger_is_better,
    "openmetrics": dashboards.openmetrics,
}


def export(folder: Path, name: str) -> str:
    """A run's folder in one of FORMATS. Raises InputError or StoreError."""
    return FORMATS[name](load(folder))
