"""A sheet to draw on without matplotlib, for what is drawn in great numbers or must need nothing.

The verbs and the coordinates are those of `canvas.Canvas`; what comes out is the page's SVG at
once: classes of its one style sheet, colours as CSS variables.
"""

from __future__ import annotations

from typing import Sequence
from xml.etree import ElementTree

from harness.report import svg
from harness.report.wording import printable

_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_BASELINE = 0.35  # of a font's size: from the middle of a line down to where its letters stand

Point = tuple[float, float]


class Drawing:
    """Coordinates are pixels from the top left corner; colours are names of the palette."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._shapes: list[tuple[str, str, dict[str, str], str]] = []

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
    ) -> None:
        """One line of text, centred on `y`."""
        style = f"fill:var(--{token});font-size:{size:g}px;text-anchor:{_ANCHORS[align]}"
        place = {"x": _pixels(x), "y": _pixels(y + _BASELINE * size)}
        weight = ";font-weight:600" if bold else ""
        self._shapes.append(("text", style + weight, place, printable(words)))

    def line(
        self,
        points: Sequence[Point],
        *,
        token: str = "rule",
        width: float = 1.0,
        dash: str = "",
    ) -> None:
        """A line through two points or more."""
        style = f"fill:none;stroke:var(--{token});stroke-width:{width:g}"
        style += f";stroke-dasharray:{dash}" if dash else ""
        path = " L".join(f"{_pixels(x)} {_pixels(y)}" for x, y in points)
        self._shapes.append(("path", style, {"d": f"M{path}"}, ""))

    def mark(self, x: float, y: float, token: str, *, filled: bool, radius: float = 4.0) -> None:
        """A dot, hollow where it must not weigh as much."""
        style = f"fill:var(--{token if filled else 'page'});stroke:var(--{token});stroke-width:1.6"
        place = {"cx": _pixels(x), "cy": _pixels(y), "r": f"{radius:g}"}
        self._shapes.append(("circle", style, place, ""))

    def box(self, corner: Point, size: Point, token: str) -> None:
        """A filled rectangle."""
        place = {"x": _pixels(corner[0]), "y": _pixels(corner[1])}
        place |= {"width": _pixels(size[0]), "height": _pixels(size[1])}
        self._shapes.append(("rect", f"fill:var(--{token})", place, ""))

    def element(self, caption: svg.Caption, sheet: svg.StyleSheet) -> ElementTree.Element:
        """The picture as an element for the page whose style sheet includes `sheet`."""
        picture = svg.frame(f"0 0 {_pixels(self.width)} {_pixels(self.height)}", caption)
        for tag, style, place, words in self._shapes:
            shape = ElementTree.SubElement(picture, tag, {"class": sheet.name(style), **place})
            shape.text = words or None
        return picture

    def inline(self, caption: svg.Caption, sheet: svg.StyleSheet) -> str:
        """The same as text."""
        return ElementTree.tostring(self.element(caption, sheet), encoding="unicode")

    def standalone(self, caption: svg.Caption) -> str:
        """The picture as a file of its own."""
        sheet = svg.StyleSheet()
        return svg.standing_alone(self.element(caption, sheet), sheet)


def _pixels(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
