"""Words on stderr while the runs are made: one line that is redrawn, or sparse plain lines.

It is drawn between runs only; a redraw during a run would be a context switch in somebody's figure.
"""

from __future__ import annotations

import time
from typing import TextIO

PLAIN_INTERVAL_S = 15.0
_OUTLIER_FACTOR = 4.0  # a run that hung says nothing about the others


def duration(seconds: float) -> str:
    """A length of time as a person would say it: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Estimate:
    """Time left: the planned costs of what is left, times how wrong the plan was so far."""

    def __init__(self, planned_s: float) -> None:
        self._left_s = planned_s
        self._planned_done_s = 0.0
        self._actual_s = 0.0

    def done(self, planned_s: float, actual_s: float) -> None:
        self._left_s -= planned_s
        self._planned_done_s += planned_s
        self._actual_s += min(actual_s, _OUTLIER_FACTOR * planned_s)

    @property
    def left_s(self) -> float:
        # One run says little; a second's worth of plan is mixed in so that the start is calm.
        factor = (self._actual_s + 1.0) / (self._planned_done_s + 1.0)
        return max(0.0, self._left_s) * factor


class Progress:
    """Where the session stands; `say` is for what must be read, `show` may be overwritten."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._redraws = stream.isatty()
        self._drawn = False
        self._shown_at = -PLAIN_INTERVAL_S

    def show(self, done: int, total: int, what: str, left_s: float | None) -> None:
        """A passing state: `done` of `total` things, the one that is about to begin."""
        now = time.monotonic()
        if not self._redraws and now - self._shown_at < PLAIN_INTERVAL_S:
            return
        self._shown_at = now
        share = 100 * done // total if total else 100
        left = "" if left_s is None else f"  about {duration(left_s)} left"
        line = f"[{done}/{total} {share}%] {what}{left}"
        if self._redraws:
            self._write(f"\r\x1b[K{line[:110]}")
            self._drawn = True
        else:
            self._write(line + "\n")

    def say(self, words: str) -> None:
        """A line that stays."""
        if self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False
        self._write(words + "\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (BrokenPipeError, UnicodeEncodeError):
            # Nobody reads, or a terminal cannot show a word: no reason to stop a measurement.
            self._redraws = False
