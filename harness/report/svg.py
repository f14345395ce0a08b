"""matplotlib's SVG made fit for the page: no inline styles, no ids, colours as CSS variables.

A strict content-security policy forbids style attributes, so each distinct style becomes a class of
one `StyleSheet`. Markers are written out where they stand, so that no picture refers to an id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from harness.report import palette
from harness.report.wording import printable

_NAMESPACE = "http://www.w3.org/2000/svg"
_FONT = re.compile(r"(?P<italic>italic )?(?P<weight>\d+ |bold )?(?P<size>[\d.]+)px")
_NUMBER = re.compile(r"-?\d+\.\d+")
_VARIABLES = {pair[0]: f"var(--{name})" for name, pair in palette.TOKENS.items()}
_COPIED = ("x", "y", "d", "width", "height")


class StyleSheet:
    """The distinct styles of some pictures, each under a class name."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, declarations: str) -> str:
        return self._names.setdefault(declarations, f"k{len(self._names)}")

    def css(self) -> str:
        rules = "".join(f".{name}{{{style}}}\n" for style, name in self._names.items())
        return ".chart text{font-family:var(--sans)}\n" + rules


@dataclass(frozen=True)
class Caption:
    """What a picture says to who cannot see it, and the id prefix that its parts get."""

    id: str
    title: str
    about: str


def inline(source: str, caption: Caption, sheet: StyleSheet) -> str:
    """The picture as an `<svg>` element for the page whose style sheet includes `sheet`."""
    return ElementTree.tostring(_picture(source, caption, sheet), encoding="unicode")


def standalone(source: str, caption: Caption) -> str:
    """The picture as a file of its own that follows the viewer's light or dark."""
    sheet = StyleSheet()
    return standing_alone(_picture(source, caption, sheet), sheet)


def standing_alone(picture: ElementTree.Element, sheet: StyleSheet) -> str:
    """A finished picture as a file with its own style and paper."""
    picture.set("xmlns", _NAMESPACE)
    style = ElementTree.Element("style")
    style.text = palette.css() + ":root{--sans:system-ui,sans-serif}\n" + sheet.css()
    paper = ElementTree.Element("rect", {"width": "100%", "height": "100%", "class": "paper"})
    style.text += ".paper{fill:var(--page)}\n"
    picture.insert(2, style)
    picture.insert(3, paper)
    return ElementTree.tostring(picture, encoding="unicode") + "\n"


def frame(box: str, caption: Caption) -> ElementTree.Element:
    """An empty picture with what it says to who cannot see it."""
    picture = ElementTree.Element(
        "svg",
        {
            "class": "chart",
            "viewBox": box,
            "role": "img",
            "aria-labelledby": f"{caption.id}-title {caption.id}-about",
        },
    )
    for tag, part, words in (("title", "title", caption.title), ("desc", "about", caption.about)):
        ElementTree.SubElement(picture, tag, id=f"{caption.id}-{part}").text = printable(words)
    return picture


def _picture(source: str, caption: Caption, sheet: StyleSheet) -> ElementTree.Element:
    root = ElementTree.fromstring(source)
    picture = frame(root.get("viewBox", "0 0 1 1"), caption)
    shapes = {
        element.get("id"): element.get("d", "")
        for element in root.iter(f"{{{_NAMESPACE}}}path")
        if element.get("id")
    }
    for element in _drawn(root):
        picture.append(_plain(element, shapes, sheet))
    return picture


def _drawn(root: ElementTree.Element) -> list[ElementTree.Element]:
    found = []
    for child in root:
        tag = child.tag.rpartition("}")[2]
        if tag in ("path", "text", "use"):
            found.append(child)
        elif tag == "g":
            found.extend(_drawn(child))
    return found


def _plain(
    element: ElementTree.Element, shapes: dict[str | None, str], sheet: StyleSheet
) -> ElementTree.Element:
    tag = element.tag.rpartition("}")[2]
    attributes = {"class": sheet.name(_declarations(element.get("style", "")))}
    copied = {name: _short(element.get(name, "")) for name in _COPIED if element.get(name)}
    if tag == "use":
        reference = element.get("{http://www.w3.org/1999/xlink}href", "").lstrip("#")
        place = f"translate({copied.get('x', '0')} {copied.get('y', '0')})"
        attributes |= {"d": _short(shapes[reference]), "transform": place}
        return ElementTree.Element("path", attributes)
    plain = ElementTree.Element(tag, attributes | copied)
    plain.text = element.text
    return plain


def _declarations(style: str) -> str:
    kept = []
    for declaration in filter(None, (part.strip() for part in style.split("; "))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            kept.extend(_font(value))
        elif name != "stroke-dashoffset":
            kept.append(f"{name}:{_VARIABLES.get(value, value)}")
    return ";".join(kept)


def _font(value: str) -> list[str]:
    match = _FONT.match(value)
    if match is None:
        raise ValueError(f"a font that is not matplotlib's: {value}")
    parts = [f"font-size:{match['size']}px"]
    if match["italic"]:
        parts.append("font-style:italic")
    if match["weight"]:
        parts.append("font-weight:600")
    return parts


def _short(numbers: str) -> str:
    """At most two decimals: a hundredth of a pixel is more than anyone sees."""
    flat = " ".join(numbers.split())
    return _NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), flat)
