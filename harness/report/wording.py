"""Figures and names as words: significant digits, units, and text that cannot break its carrier."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Iterable, Sequence

THIN_SPACE = "\u202f"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TIME_STEPS = (("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9))
_BYTE_STEPS = (("B", 1.0), ("KiB", 1024.0), ("MiB", 1024.0**2), ("GiB", 1024.0**3))
_LINE_BREAKS = "\n\t"


def printable(text: str) -> str:
    """The text without what neither XML nor a terminal can carry: controls and lone surrogates."""
    return "".join(
        character
        if character in _LINE_BREAKS or unicodedata.category(character) not in ("Cc", "Cs")
        else "\ufffd"
        for character in text
    )


def shortened(text: str, limit: int) -> str:
    """The text on one line in at most `limit` characters, its end marked when it was cut."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: max(limit - 1, 1)].rstrip() + "…"


def significant(value: float, digits: int = 3) -> str:
    """The value with so many digits that matter; far from 1 as a power of ten."""
    if not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    mantissa, exponent_text = f"{value:.{digits - 1}e}".split("e")
    exponent = int(exponent_text)
    if not -4 < exponent < 9:
        return f"{mantissa}{THIN_SPACE}×{THIN_SPACE}10{str(exponent).translate(_SUPERSCRIPTS)}"
    rounded = float(f"{mantissa}e{exponent}")
    return f"{rounded:,.{max(digits - 1 - exponent, 0)}f}".replace(",", THIN_SPACE)


def count(value: float) -> str:
    """A number of things: whole where it is whole."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}".replace(",", THIN_SPACE)
    return significant(value)


def ratio(factor: float) -> str:
    """A ratio, with the digit that tells it from 1 where three would not."""
    digits, closer = significant(factor), significant(factor, 4)
    return closer if digits == "1.00" and closer != "1.000" else digits


def times(factor: float) -> str:
    """A ratio as a multiple."""
    return ratio(factor) + "×"


def percent(share: float) -> str:
    """A share of one, rounded down, so that no confidence is overstated."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:g}{THIN_SPACE}%"


def number_of(things: int, one: str, many: str | None = None) -> str:
    """`1 run`, `3 runs`."""
    return f"{things:,} {one if things == 1 else many or one + 's'}".replace(",", THIN_SPACE)


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


@dataclass(frozen=True)
class Scale:
    """One unit for figures that are to be compared."""

    unit: str
    divisor: float

    def number(self, value: float) -> str:
        return count(value) if not self.unit else significant(value / self.divisor)

    def quantity(self, value: float) -> str:
        return f"{self.number(value)}{THIN_SPACE}{self.unit}" if self.unit else self.number(value)


def scale_for(unit: str, values: Iterable[float]) -> Scale:
    """The largest step of the unit in which the smallest of the values is still at least 1.

    Of a rate such as ns/s, what stands before the slash is stepped.
    """
    base, slash, per = unit.partition("/")
    for steps in (_TIME_STEPS, _BYTE_STEPS):
        if base == steps[0][0]:
            smallest = min((value for value in values if value > 0), default=0.0)
            name, divisor = [step for step in steps if step[1] <= smallest or step[1] == 1.0][-1]
            return Scale(name + slash + per, divisor)
    return Scale("" if unit in ("", "1", "count") else unit, 1.0)
