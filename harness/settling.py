"""Waits before a round until the machine is quiet, for a bounded time, and says how that went."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from typing import Any, Callable, Protocol

from harness.disturbance import Around, Counters

WINDOW_S = 0.1
LIMIT_S = 2.0
# Of the machine's time. One tick of the clock in a window is the least that is counted.
_OTHERS_SHARE_MAX = 0.05
_STEAL_SHARE_MAX = 0.01


class Wakes(Protocol):
    """Something whose descriptor becomes readable when there is to be no more waiting."""

    def fileno(self) -> int:
        ...


@dataclass(frozen=True)
class Settled:
    """How long the wait was, and whether it ended because nothing else ran."""

    waited_s: float
    quiet: bool

    def document(self) -> dict[str, Any]:
        return {"waited_s": round(self.waited_s, 2), "quiet": self.quiet}


def _quiet(around: Around, cpus: int) -> bool:
    window_s = around.wall_s * cpus
    others_s = around.other_cpu_s or 0.0
    return others_s <= _OTHERS_SHARE_MAX * window_s and (
        around.steal_s <= _STEAL_SHARE_MAX * window_s
    )


def settle(stop: Wakes, read: Callable[[], Counters] = Counters.now) -> Settled:
    """Sleeps through windows until one is quiet, the limit is reached or `stop` is readable."""
    cpus = os.cpu_count() or 1
    waited_s, before = 0.0, read()
    while waited_s < LIMIT_S:
        stopped, _, _ = select.select([stop], [], [], WINDOW_S)
        after = read()
        around = Around.between(before, after, 0.0)
        waited_s, before = waited_s + around.wall_s, after
        if stopped or _quiet(around, cpus):
            return Settled(waited_s, not stopped)
    return Settled(waited_s, False)
