"""A logarithmic axis for factors: from how far to how far, and which lines to print."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable

from harness.report.wording import THIN_SPACE, significant

SPAN_MIN = math.log10(4)  # so that noise around 1 does not fill the whole width
MARGIN = 0.06
TICKS_MAX = 7
DECADES_MAX = 300  # further out a factor stands at the edge; a double ends soon after


@dataclass(frozen=True)
class Axis:
    """Powers of ten `low` to `high` on pixels `left` to `right`."""

    low: float
    high: float
    left: float
    right: float

    def place(self, factor: float) -> float:
        """The pixel of a positive factor."""
        log = min(max(math.log10(factor), self.low), self.high)
        share = (log - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)

    def ticks(self) -> list[tuple[float, str]]:
        """Round factors with their labels, at most `TICKS_MAX`, 1 always among them."""
        for mantissas in ((1, 1.5, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
            found = self._within(mantissas)
            if len(found) <= TICKS_MAX:
                return found
        decades = self._within((1,))
        stride = math.ceil(len(decades) / TICKS_MAX)
        one = [factor for factor, _ in decades].index(1.0)
        return decades[one % stride :: stride]

    def _within(self, mantissas: Iterable[float]) -> list[tuple[float, str]]:
        # Built both ways from 1, so that an axis has 0.5 where it has 2.
        found = {1.0}
        for decade in range(max(math.ceil(abs(self.low)), math.ceil(abs(self.high))) + 1):
            for mantissa in mantissas:
                size = float(f"{mantissa}e{decade}")
                found.update(
                    factor
                    for factor in (size, 1 / size)
                    if self.low <= math.log10(factor) <= self.high
                )
        return [(factor, _label(factor)) for factor in sorted(found)]


def _label(factor: float) -> str:
    mantissa, power, exponent = significant(factor, 2).partition(f"{THIN_SPACE}×{THIN_SPACE}10")
    if power:
        return f"10{exponent}×"
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + "×"


def axis_for(factors: Iterable[float], left: float, right: float) -> Axis:
    """An axis that shows every positive finite factor, and 1."""
    logs = [math.log10(factor) for factor in factors if factor > 0 and math.isfinite(factor)]
    low, high = min([0.0, *logs]), max([0.0, *logs])
    missing = max(SPAN_MIN - (high - low), 0.0)
    low, high = low - missing / 2, high + missing / 2
    margin = MARGIN * (high - low)
    return Axis(max(low - margin, -DECADES_MAX), min(high + margin, DECADES_MAX), left, right)
