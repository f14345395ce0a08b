"""What came from outside during a run, by the kernel's counters and by nothing of the run's own.

The bounds are fixed here, before any run, and the causes are named before a run's output is looked
at: nothing can be dropped for its value. What a run does to itself, such as its own switches and
its waiting for its own threads, is the result and never a cause.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness import machine

STEAL_SHARE_MAX = 0.02  # of the machine's time
OTHERS_SHARE_MAX = 0.10  # of one CPU's time
# The kernel counts in ticks of 10 ms. One of them may be the end of many small thefts before, and
# is more than 2 % of a short run; what other processes took may be off by more of them.
STEAL_LEAST_S = 0.015
OTHERS_LEAST_S = 0.03
SUSPENDED_LEAST_S = 0.05

STEAL = "steal"
OTHERS = "other processes"
THROTTLED = "a control group's throttling"
HOT = "thermal throttling"
SUSPENDED = "suspend"

_CPU = Path("/sys/devices/system/cpu")
_GROUPS = Path("/sys/fs/cgroup")


def steal_max_s(wall_s: float, cpus: int) -> float:
    """How much the host may take away in so long without having disturbed anything."""
    return max(STEAL_LEAST_S, STEAL_SHARE_MAX * wall_s * cpus)


@lru_cache(maxsize=None)
def _throttling() -> tuple[Path, str, float] | None:
    """The file that says how long this process's control group was throttled, key and unit."""
    for line in (machine.read("/proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        own = path.lstrip("/")
        if controllers == "":
            found = (_GROUPS / own / "cpu.stat", "throttled_usec", 1e-6)
        elif "cpu" in controllers.split(","):
            found = (_GROUPS / "cpu" / own / "cpu.stat", "throttled_time", 1e-9)
        else:
            continue
        if found[1] in (machine.read(found[0]) or ""):
            return found
    return None


def _throttled_s() -> float:
    where = _throttling()
    if where is None:
        return 0.0
    path, key, unit_s = where
    for line in (machine.read(path) or "").splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value) * unit_s
    return 0.0


@lru_cache(maxsize=None)
def _thermometers() -> tuple[Path, ...]:
    return tuple(_CPU.glob("cpu[0-9]*/thermal_throttle/*_throttle_count"))


@dataclass(frozen=True)
class Counters:
    """What the kernel has counted so far; only differences mean anything."""

    passed_s: float
    suspended_s: float
    busy_s: float
    steal_s: float
    own_s: float  # the harness's
    throttled_s: float
    throttlings: int  # of hot CPUs

    @staticmethod
    def now() -> "Counters":
        ticks, passed_s = machine.ticks(), time.monotonic()
        return Counters(
            passed_s=passed_s,
            suspended_s=time.clock_gettime(time.CLOCK_BOOTTIME) - passed_s,
            busy_s=ticks.busy_s,
            steal_s=ticks.steal_s,
            own_s=time.process_time(),
            throttled_s=_throttled_s(),
            throttlings=sum(machine.number(path) or 0 for path in _thermometers()),
        )


@dataclass(frozen=True)
class Around:
    """What happened on the machine between two moments, besides the program that was measured."""

    wall_s: float
    steal_s: float
    other_cpu_s: float | None  # None where it cannot be told from a service's beside the run
    throttled_s: float
    throttlings: int
    suspended_s: float

    @staticmethod
    def between(before: Counters, after: Counters, program_s: float | None) -> "Around":
        """`program_s` is the CPU time of what was measured; None where that is not known."""
        others_s = after.busy_s - before.busy_s - (after.own_s - before.own_s)
        return Around(
            wall_s=after.passed_s - before.passed_s,
            steal_s=max(0.0, after.steal_s - before.steal_s),
            other_cpu_s=None if program_s is None else max(0.0, others_s - program_s),
            throttled_s=max(0.0, after.throttled_s - before.throttled_s),
            throttlings=max(0, after.throttlings - before.throttlings),
            suspended_s=max(0.0, after.suspended_s - before.suspended_s),
        )

    def causes(self, cpus: int) -> list[str]:
        """Why what was measured meanwhile is to be measured again; empty where it is not."""
        others_max_s = max(OTHERS_LEAST_S, OTHERS_SHARE_MAX * self.wall_s)
        found = {
            STEAL: self.steal_s > steal_max_s(self.wall_s, cpus),
            OTHERS: self.other_cpu_s is not None and self.other_cpu_s > others_max_s,
            THROTTLED: self.throttled_s > 0,
            HOT: self.throttlings > 0,
            SUSPENDED: self.suspended_s > SUSPENDED_LEAST_S,
        }
        return [cause for cause, applies in found.items() if applies]

    def document(self, cpus: int) -> dict[str, Any]:
        """The part of a run's line that says what was beside it."""
        others_s = self.other_cpu_s
        return {
            "steal_s": round(self.steal_s, 3),
            "other_cpu_s": None if others_s is None else round(others_s, 3),
            "throttled_s": round(self.throttled_s, 6),
            "suspended_s": round(self.suspended_s, 3) if self.suspended_s > 0.001 else 0.0,
            "disturbed": self.causes(cpus),
        }
