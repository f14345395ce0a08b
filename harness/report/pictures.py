"""The pictures of a report: drawn once, put into the page and into files of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from harness.report import forest, heatmap, strips, svg
from harness.report.palette import Mark
from harness.report.standing import Standings
from harness.report.trend import Line, span_words
from harness.report.wording import times


@dataclass(frozen=True)
class Picture:
    """One sheet in its two widths, as elements for the page."""

    wide: str
    narrow: str


class Gallery:
    """Draws into a folder and collects the style that the page needs for its copies."""

    def __init__(self, folder: Path, marks: dict[str, Mark], reference: str) -> None:
        self.sheet = svg.StyleSheet()
        self._folder = folder
        self._marks = marks
        self._reference = reference
        self._names: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def overview(self, standings: Sequence[Standings], rows: Sequence[str]) -> None:
        """`overview.svg` and `overview.png`, for where the page cannot be shown."""
        canvas = heatmap.draw(standings, rows, self._reference)
        title = f"How many times better {self._reference} is than each contender"
        about = f"{len(standings)} groups by {len(rows)} rows; the report has them as a table."
        caption = svg.Caption("overview", title, about)
        self._write("overview.svg", svg.standalone(canvas.svg(), caption))
        canvas.png(self._folder / "overview.png")

    def workload(self, standings: Sequence[Standings]) -> list[Picture]:
        """The workload's sheets, none without a ratio to draw; its files are the wide ones."""
        if not any(row.factor for group in standings for row in group.rows):
            return []
        pictures = []
        workload = standings[0].group.workload
        axes = [forest.workload_axis(standings, layout) for layout in forest.LAYOUTS]
        stem = self._stem(workload.id)
        for number, sheet in enumerate(forest.sheets(standings), start=1):
            elements = []
            for layout, axis in zip(forest.LAYOUTS, axes):
                canvas = forest.draw(sheet, axis, layout, self._marks, self._reference)
                source = canvas.svg()
                name = f"{stem}-{number}"
                caption = self._caption(f"{name}-{layout.name}", workload.question, sheet)
                elements.append(svg.inline(source, caption, self.sheet))
                if layout is forest.WIDE:
                    self._write(f"{name}.svg", svg.standalone(source, caption))
            pictures.append(Picture(*elements))
        return pictures

    def trend(self, suite: str, lines: Sequence[Line], spans: tuple[float, float]) -> Picture:
        """A suite's strips; the file is the wide one."""
        stem = self._stem(f"trend-{suite}")
        words = [
            f"{line.group.group.workload.title}: {times(now.median)} against {line.peer}"
            + (f", before {span_words(line.before)}" if line.before else "")
            for line in lines
            if (now := line.ratios[-1]) is not None
        ]
        title = f"How the ratios of {suite} moved over earlier runs"
        elements = []
        for layout in strips.LAYOUTS:
            drawing = strips.draw(lines, spans, layout, self._reference)
            caption = svg.Caption(f"{stem}-{layout.name}", title, "; ".join(words) + ".")
            elements.append(drawing.inline(caption, self.sheet))
            if layout is strips.WIDE:
                self._write(f"{stem}.svg", drawing.standalone(caption))
        return Picture(*elements)

    def _caption(self, id: str, question: str, sheet: Sequence[Standings]) -> svg.Caption:
        words = []
        for group in sheet:
            factors = [
                f"{row.name} {times(row.factor.median)} ({row.standing.value})"
                for row in group.rows
                if row.factor
            ]
            words.append(f"{forest.group_words(group.group)}: {', '.join(factors) or 'no ratios'}")
        return svg.Caption(id, question, "; ".join(words) + ".")

    def _stem(self, workload: str) -> str:
        """A file name that nobody's id can lead out of the folder, and that is taken once."""
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", workload).strip("-")[:80] or "workload"
        name, copies = stem, 1
        while name in self._names:
            copies += 1
            name = f"{stem}-again-{copies}"
        self._names.add(name)
        return name

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text, encoding="utf-8")
