"""A sheet to draw on in pixels: the one place that knows matplotlib.

Text is real text in the SVG and is never read as mathematics, whatever a contender calls itself.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import matplotlib  # type: ignore[import]
from matplotlib.figure import Figure  # type: ignore[import]
from matplotlib.lines import Line2D  # type: ignore[import]
from matplotlib.patches import Rectangle  # type: ignore[import]
from matplotlib.text import Text  # type: ignore[import]

from harness.report.palette import TOKENS
from harness.report.wording import printable

UNITS_PER_INCH = 72
PNG_DPI = 160


class Canvas:
    """Coordinates are pixels from the top left corner; colours are names of the palette."""

    def __init__(self, width: float, height: float) -> None:
        size = (width / UNITS_PER_INCH, height / UNITS_PER_INCH)
        self.width, self.height = width, height
        self._figure = Figure(figsize=size, dpi=UNITS_PER_INCH)
        self._figure.patch.set_visible(False)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        token: str = "ink",
        align: str = "left",
        bold: bool = False,
        italic: bool = False,
    ) -> None:
        """One line of text, centred on `y`."""
        self._axes.add_artist(
            Text(
                x,
                y,
                printable(words),
                color=TOKENS[token][0],
                fontsize=size,
                horizontalalignment=align,
                verticalalignment="center_baseline",
                fontweight="bold" if bold else "normal",
                fontstyle="italic" if italic else "normal",
                parse_math=False,
            )
        )

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        token: str = "rule",
        width: float = 1.0,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """A straight line."""
        self._axes.add_artist(
            Line2D(
                (start[0], end[0]),
                (start[1], end[1]),
                color=TOKENS[token][0],
                linewidth=width,
                linestyle="-" if dash is None else (0, dash),
                solid_capstyle="butt",
            )
        )

    def mark(self, x: float, y: float, shape: str, token: str, filled: bool) -> None:
        """A row's mark, hollow where it must not weigh as much."""
        self._axes.add_artist(
            Line2D(
                (x,),
                (y,),
                linestyle="none",
                marker=shape,
                markersize=8.5,
                markerfacecolor=TOKENS[token if filled else "page"][0],
                markeredgecolor=TOKENS[token][0],
                markeredgewidth=1.6,
            )
        )

    def box(
        self,
        corner: tuple[float, float],
        size: tuple[float, float],
        token: str,
        *,
        outline: str | None = None,
    ) -> None:
        """A filled rectangle; an outline is dashed."""
        self._axes.add_artist(
            Rectangle(
                corner,
                *size,
                facecolor=TOKENS[token][0],
                edgecolor=TOKENS[outline][0] if outline else "none",
                linewidth=1.2 if outline else 0,
                linestyle=(0, (2, 2)) if outline else "-",
            )
        )

    def svg(self) -> str:
        """The drawing as matplotlib writes it; the same drawing gives the same bytes."""
        stream = io.StringIO()
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "weft"}):
            self._save(stream, format="svg", metadata={"Date": None}, transparent=True)
        return stream.getvalue()

    def png(self, path: Path) -> None:
        """The drawing in the light colours on paper."""
        self._save(
            path,
            format="png",
            dpi=PNG_DPI,
            facecolor=TOKENS["surface"][0],
            metadata={"Software": ""},
        )

    def _save(self, target: io.StringIO | Path, **options: object) -> None:
        self._figure.patch.set_visible(options["format"] == "png")
        with warnings.catch_warnings():
            # A name may have letters that the measuring font lacks; the reader's font decides.
            warnings.filterwarnings("ignore", message=".*Glyph .* missing.*")
            self._figure.savefig(target, **options)
