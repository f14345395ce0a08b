"""What happened around a run that is no doing of the run: the only reason to leave a pair out.

It is looked at before the run's value is, and both members of the pair go together. What the
contender did itself, switches and migrations included, is its result and no disturbance.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from harness import machine


@dataclass(frozen=True)
class Limits:
    """How much of others' work a run bears."""

    steal_share_max: float  # of all CPUs
    other_cpu_share_max: float  # of one CPU
    cpus: int


@dataclass(frozen=True)
class Moment:
    """The machine's counters at one time."""

    ticks: machine.Ticks
    monotonic_s: float
    boot_s: float
    throttled_us: int


def _throttled_us() -> int:
    own = (machine.read("/proc/self/cgroup") or "").rpartition("0::")[2].lstrip("/")
    text = machine.read(Path("/sys/fs/cgroup") / own / "cpu.stat") or ""
    found = re.search(r"^throttled_usec (\d+)$", text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def moment() -> Moment:
    return Moment(
        machine.ticks(),
        time.clock_gettime(time.CLOCK_MONOTONIC),
        time.clock_gettime(time.CLOCK_BOOTTIME),
        _throttled_us(),
    )


def cause(before: Moment, after: Moment, own_cpu_s: float | None, limits: Limits) -> str | None:
    """Why a run between two moments does not count; `own_cpu_s` is None where it is not known."""
    passed_s = after.monotonic_s - before.monotonic_s
    if after.boot_s - before.boot_s - passed_s > 0.1:
        return "the machine slept"
    if after.throttled_us > before.throttled_us:
        return "throttled"
    steal_s = after.ticks.steal_s - before.ticks.steal_s
    if steal_s > limits.steal_share_max * passed_s * limits.cpus:
        return "steal"
    busy_s = after.ticks.busy_s - before.ticks.busy_s
    if own_cpu_s is not None and busy_s - own_cpu_s > limits.other_cpu_share_max * passed_s:
        return "other processes"
    return None
