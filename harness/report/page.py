"""The page: the analysis in the order in which it is read, put through the templates.

The environment of the templates is the one place where text becomes HTML: whatever a contender, a
host or a file says is made printable and escaped there, and nothing reaches the page around it but
the pictures, the style and the script.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import jinja2
from markupsafe import Markup

from harness import summary
from harness.beside import Earlier
from harness.claims import Judged
from harness.gate import error_rates
from harness.model import Analysis, Workload
from harness.report import (
    causes,
    claims,
    forest,
    heatmap,
    overview,
    palette,
    skeleton,
    standing,
    strips,
    tables,
    trend,
    trust,
    verdict,
)
from harness.report.pictures import Gallery, Picture
from harness.report.standing import Anchors, Mean, Standings
from harness.report.wording import count, number_of, printable, times


@dataclass(frozen=True)
class WorkloadPart:
    """A workload's part of its suite's section."""

    workload: Workload
    anchor: str
    facts: list[tuple[str, str]]
    pictures: list[Picture]
    columns: tuple[tables.Column, ...]
    blocks: list[tables.Block]
    causes: list[causes.Sheet]
    has_floor: bool


@dataclass(frozen=True)
class SuitePart:
    """A suite's section."""

    name: str
    anchor: str
    parts: list[WorkloadPart]
    means: list[Mean]


@dataclass(frozen=True)
class TrendLine:
    """A workload's line in the table of the trend."""

    title: str
    words: str
    peer: str
    href: str
    cells: list[tuple[str, str, str]]


@dataclass(frozen=True)
class SuiteTrend:
    """A suite's part of the trend."""

    name: str
    picture: Picture
    lines: list[TrendLine]


def render(
    analysis: Analysis,
    folder: Path,
    judged_claims: Sequence[Judged] = (),
    earlier: Earlier = Earlier(),
    gate_rates: Sequence[str] = (error_rates.NOT_MEASURED,),
) -> Path:
    """Writes `report.html` and `charts/` into the run's folder, in place of earlier ones."""
    text = html(analysis, folder / "charts", judged_claims, earlier, gate_rates)
    target, partial = folder / "report.html", folder / "report.html.partial"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, target)
    return target


def html(
    analysis: Analysis,
    charts: Path,
    judged_claims: Sequence[Judged] = (),
    earlier: Earlier = Earlier(),
    gate_rates: Sequence[str] = (error_rates.NOT_MEASURED,),
) -> str:
    """The whole page; its pictures are also written to `charts`."""
    anchors = Anchors()
    judged = standing.judge(analysis, anchors)
    rows = standing.row_order(analysis)
    reference = standing.reference_name(analysis)
    names = list(dict.fromkeys(row.split(":", 1)[0] for row in rows))
    marks = palette.marks(rows, names)
    gallery = Gallery(charts, marks, reference)
    gallery.overview(judged, rows)
    rivals = [row for row in rows if row != reference]
    suites = _suites(judged, rivals, marks, gallery, anchors)
    moved = _trend(analysis, judged, earlier, gallery, reference)
    style = skeleton.read("style.css") + palette.css() + _series_css(marks) + gallery.sheet.css()
    script = skeleton.read("report.js")
    return (
        _environment()
        .get_template("report.html")
        .render(
            analysis=analysis,
            reference=reference,
            rivals=rivals,
            suites=suites,
            claims=claims.part(judged_claims, judged, anchors),
            trend=moved,
            gate_rates=gate_rates,
            style=Markup(style),
            script=Markup(script),
            policy=skeleton.policy(style, script),
            **_verdict_parts(analysis, judged, reference, rivals),
            **_trust_parts(analysis, judged),
        )
    )


def _verdict_parts(
    analysis: Analysis, judged: Sequence[Standings], reference: str, rivals: Sequence[str]
) -> dict[str, Any]:
    return {
        "standfirst": verdict.standfirst(analysis),
        "verdict": verdict.sentence(judged, reference),
        "chance": verdict.chance(judged),
        "losses": overview.losses(verdict.losses(judged)),
        "ties": overview.losses(verdict.ties(judged)),
        "controls": overview.losses(verdict.differing_controls(judged)),
        "control_groups": len(judged) - len(verdict.counted(judged)),
        "counted_groups": len(verdict.counted(judged)),
        "counts": overview.counts(_of_rivals(rivals, judged, reference), judged),
        "heat": overview.heat(rivals, reference, judged),
        "further": overview.further_heat(rivals, reference, judged),
    }


def _of_rivals(rows: Sequence[str], judged: Sequence[Standings], reference: str) -> list[str]:
    home = heatmap.contender_of(reference)
    able = standing.rows_with_a_ratio(rows, judged)
    return [row for row in able if heatmap.contender_of(row) != home]


def _trend(
    analysis: Analysis,
    judged: Sequence[Standings],
    earlier: Earlier,
    gallery: Gallery,
    reference: str,
) -> dict[str, Any]:
    shown = trend.lines(judged, earlier.runs)
    spans = strips.span(line.ratios for line in shown), strips.span(line.own for line in shown)
    by_suite: dict[str, list[trend.Line]] = {}
    for line in shown:
        by_suite.setdefault(line.group.group.workload.suite, []).append(line)
    return {
        "summary": trend.summary(earlier, shown),
        "left_out": trend.left_out(earlier),
        "furthest": trend.furthest(shown),
        "span": math.exp(spans[0]),
        "own_span": math.exp(spans[1]),
        "runs": trend.run_lines([*earlier.runs, summary.of(analysis)]),
        "suites": [
            SuiteTrend(name, gallery.trend(name, lines, spans), [_trend_line(x) for x in lines])
            for name, lines in by_suite.items()
        ],
    }


def _trend_line(line: trend.Line) -> TrendLine:
    group = line.group.group
    words, link = forest.group_words(group), tables.href(line.group.anchor)
    return TrendLine(group.workload.title, words, line.peer, link, trend.cells(line))


def _trust_parts(analysis: Analysis, judged: Sequence[Standings]) -> dict[str, Any]:
    return {
        "identity": trust.identity(analysis),
        "missing": trust.missing(judged),
        "failures": trust.failures(judged),
        "contenders": trust.contenders(analysis),
        "environment": trust.facts(analysis.environment),
        "manifest": trust.facts(analysis.manifest),
        "empty_workloads": _without_groups(analysis),
    }


def _without_groups(analysis: Analysis) -> list[Workload]:
    measured = {group.workload.id for group in analysis.groups}
    return [workload for workload in analysis.workloads if workload.id not in measured]


def _suites(
    judged: Sequence[Standings],
    rivals: Sequence[str],
    marks: dict[str, palette.Mark],
    gallery: Gallery,
    anchors: Anchors,
) -> list[SuitePart]:
    by_suite: dict[str, dict[str, list[Standings]]] = {}
    for group in judged:
        workload = group.group.workload
        by_suite.setdefault(workload.suite, {}).setdefault(workload.id, []).append(group)
    return [
        SuitePart(
            name=suite,
            anchor=anchors.claim("suite", suite),
            parts=[_part(groups, marks, gallery, anchors) for groups in workloads.values()],
            means=_means(rivals, [group for groups in workloads.values() for group in groups]),
        )
        for suite, workloads in by_suite.items()
    ]


def _means(rows: Sequence[str], groups: Sequence[Standings]) -> list[Mean]:
    return standing.suite_means(standing.rows_with_a_ratio(rows, groups), groups)


def _part(
    groups: list[Standings], marks: dict[str, palette.Mark], gallery: Gallery, anchors: Anchors
) -> WorkloadPart:
    workload = groups[0].group.workload
    columns = tables.columns(workload, groups)
    return WorkloadPart(
        workload=workload,
        anchor=anchors.claim("workload", workload.id),
        facts=tables.facts(workload, groups),
        pictures=gallery.workload(groups),
        columns=columns,
        blocks=[tables.block(group, columns, marks) for group in groups],
        causes=causes.sheets(groups, marks),
        has_floor=any(group.group.floor for group in groups),
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(skeleton.TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        times=times,
        count=count,
        href=tables.href,
        number_of=number_of,
        drawing=Markup,
    )
    return environment


def _finalize(value: object) -> object:
    return value if isinstance(value, Markup) else printable(str(value))


def _series_css(marks: dict[str, palette.Mark]) -> str:
    tokens = sorted({mark.token for mark in marks.values()})
    return "".join(f".dot.{token}{{background:var(--{token})}}\n" for token in tokens)
