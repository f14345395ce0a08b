"""Which figures may be compared: two fingerprints over named facts.

`hardware` is the machine as its programs feel it: the processor, what sets its clock, and the
share of it that is theirs. Figures that differ in it are two machines' figures. `software` is what
runs on it and changes with an update: the kernel, the C library, the compiler. Figures that differ
in it alone may be compared, but whoever compares them has to be told.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Mapping, Sequence

_LENGTH = 12

Field = tuple[str, str]

HARDWARE: tuple[Field, ...] = (
    ("cpu", "architecture"),
    ("cpu", "vendor"),
    ("cpu", "family"),
    ("cpu", "model"),
    ("cpu", "stepping"),
    ("cpu", "sockets"),
    ("cpu", "online"),
    ("cpu", "usable"),
    ("cpu", "cores"),
    ("cpu", "numa_nodes"),
    ("cpu", "smt"),
    ("cpu", "caches"),
    ("cpu", "governor"),
    ("cpu", "turbo"),
    ("cpu", "virtualisation"),
    ("memory", "total_gib"),
    ("cgroup", "cpu_limit"),
)
SOFTWARE: tuple[Field, ...] = (
    ("cpu", "microcode"),
    ("cpu", "driver"),
    ("cpu", "energy_preference"),
    ("memory", "transparent_hugepage"),
    ("kernel", "release_major"),
    ("kernel", "preemption"),
    ("kernel", "mitigations"),
    ("kernel", "clock_source"),
    ("kernel", "address_randomisation"),
    ("libraries", "libc"),
    ("compiler", "id"),
    ("compiler", "version"),
    ("compiler", "flags"),
)


def _value(facts: Mapping[str, Any], field: Field) -> Any:
    """None where a fact is not there: an older run did not read it, or nobody could."""
    return facts.get(field[0], {}).get(field[1])


def _digest(facts: Mapping[str, Any], fields: Sequence[Field]) -> str:
    text = json.dumps({".".join(f): _value(facts, f) for f in fields}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def of(facts: Mapping[str, Any]) -> dict[str, str]:
    """Both fingerprints, twelve hexadecimal digits each, under their names in env.json."""
    return {
        "fingerprint": _digest(facts, HARDWARE),
        "fingerprint_software": _digest(facts, SOFTWARE),
    }


def differences(
    before: Mapping[str, Any], now: Mapping[str, Any], fields: Sequence[Field]
) -> list[str]:
    """The named facts that differ, such as `cpu.model`."""
    return [".".join(f) for f in fields if _value(before, f) != _value(now, f)]
