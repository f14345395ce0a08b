"""Every colour of the report under a name, for light and for dark, and each row's mark.

A picture is drawn in the light colours; in the page each of them becomes the CSS variable of its
name, so that one drawing serves both. No two names may share a light colour. Contrast is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

TOKENS: dict[str, tuple[str, str]] = {
    "page": ("#fbfaf8", "#14181c"),
    "surface": ("#ffffff", "#1a1f24"),
    "ink": ("#1c2329", "#e9edf0"),
    "muted": ("#55616b", "#a3afb9"),
    "rule": ("#d6dbdf", "#38414a"),
    "grid": ("#e7eaec", "#2b333a"),
    "band": ("#f3f4f4", "#20262c"),
    "link": ("#0a5899", "#7ab8f0"),
    "alert": ("#9c3d00", "#f0a06a"),
    "series-0": ("#0b5fa5", "#6cb2f2"),
    "series-1": ("#c14a09", "#f58a4b"),
    "series-2": ("#0a7d5c", "#3fc79a"),
    "series-3": ("#9a4a86", "#dd92c5"),
    "series-4": ("#8f6400", "#e2b13c"),
    "series-5": ("#1d7a8c", "#6fcbd9"),
    "series-6": ("#6a6a1f", "#bdbd6c"),
    "series-rest": ("#6a737b", "#9aa5ae"),
    "better-1": ("#e4eff9", "#1a2f43"),
    "better-2": ("#c3ddf2", "#1d3f5f"),
    "better-3": ("#9bc6e9", "#1e4c76"),
    "better-4": ("#70addd", "#235f97"),
    "worse-1": ("#fdeddd", "#3b2a14"),
    "worse-2": ("#f9d4b2", "#523317"),
    "worse-3": ("#f3b680", "#693c14"),
    "worse-4": ("#ea9653", "#8a4d15"),
    "alike": ("#eef0f1", "#262c32"),
}
SERIES = tuple(name for name in TOKENS if name.startswith("series-") and name != "series-rest")
SHAPES = ("D", "o", "s", "^", "v", "P", "X", "<", ">", "p", "h", "d")
STEPS = (1.25, 2.0, 5.0)  # a factor past the k-th is drawn in step k + 2 of its side


@dataclass(frozen=True)
class Mark:
    """How a row is drawn, the same in every picture."""

    shape: str
    token: str


def marks(rows: Sequence[str], contenders: Sequence[str]) -> dict[str, Mark]:
    """One shape per row and one colour per contender; past the palette, grey with its shape."""
    tokens: dict[str, str] = {}
    for name in contenders:
        tokens[name] = SERIES[len(tokens)] if len(tokens) < len(SERIES) else "series-rest"
    return {
        row: Mark(SHAPES[at % len(SHAPES)], tokens.get(row.split(":", 1)[0], "series-rest"))
        for at, row in enumerate(rows)
    }


def step(factor: float) -> str:
    """The colour's name for a separable factor."""
    side, size = ("better", factor) if factor >= 1 else ("worse", 1 / factor)
    return f"{side}-{1 + sum(size >= limit for limit in STEPS)}"


def css() -> str:
    """The variables: light, dark by the system's wish, and either by the reader's choice."""
    light = "".join(f"--{name}:{pair[0]};" for name, pair in TOKENS.items())
    dark = "".join(f"--{name}:{pair[1]};" for name, pair in TOKENS.items())
    return (
        f":root{{color-scheme:light;{light}}}\n"
        "@media screen and (prefers-color-scheme:dark){"
        f':root:not([data-theme="light"]){{color-scheme:dark;{dark}}}}}\n'
        f'@media screen{{:root[data-theme="dark"]{{color-scheme:dark;{dark}}}}}\n'
    )
