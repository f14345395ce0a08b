"""The noise file of a host: what each cell's median strays by between equal programs.

`calibrate` writes it from gates of a program against itself. A gate on a host of the same
fingerprint, before the file expires, takes its floors from there.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Mapping, Sequence

from harness.errors import InputError
from harness.gate.arithmetic import log_effect, percent
from harness.store import read_json

SCHEMA = "weft.noise/1"
NAME = "noise.json"
VALID_DAYS = 30
_RESAMPLES = 2000
_QUANTILE = 0.99


@dataclass(frozen=True)
class Noise:
    """The floors of one host, by cell, as differences of logarithms."""

    floors: Mapping[str, float]
    source: str


def floor(differences: Sequence[float], pairs: int, least: float, seed: int) -> float:
    """The 99th percentile of the median of so many pairs drawn from differences of equals."""
    source = random.Random(seed)
    medians = sorted(abs(median(source.choices(differences, k=pairs))) for _ in range(_RESAMPLES))
    return max(least, medians[int(_QUANTILE * len(medians))])


def document(
    differences: Mapping[str, Sequence[float]],
    pairs: int,
    floor_percent: float,
    fingerprint: str,
    today: date,
) -> dict[str, Any]:
    """The file, from the differences of equal programs by cell."""
    least = log_effect(floor_percent)
    cells = {
        cell: {
            "floor_percent": round(percent(floor(values, pairs, least, seed=0)), 3),
            "differences": len(values),
        }
        for cell, values in sorted(differences.items())
        if len(values) >= pairs
    }
    return {
        "schema": SCHEMA,
        "fingerprint": fingerprint,
        "made": today.isoformat(),
        "expires": (today + timedelta(days=VALID_DAYS)).isoformat(),
        "pairs": pairs,
        "cells": cells,
    }


def load(path: Path, fingerprint: str, today: date) -> Noise | None:
    """The floors of this host; None where nobody measured them, or too long ago."""
    if not path.is_file():
        return None
    found = read_json(path)
    if found.get("schema") != SCHEMA:
        raise InputError(f"{path}: is no noise file")
    if found["fingerprint"] != fingerprint or found["expires"] < today.isoformat():
        return None
    floors = {cell: log_effect(entry["floor_percent"]) for cell, entry in found["cells"].items()}
    return Noise(floors, f"{path.name} of {found['made']}")
