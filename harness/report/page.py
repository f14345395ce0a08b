"""The page: the analysis in the order in which it is read, put through the templates.

The environment of the templates is the one place where text becomes HTML: whatever a contender, a
host or a file says is made printable and escaped there, and nothing reaches the page around it but
the pictures, the style and the script.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import jinja2
from markupsafe import Markup

from harness.claims import Judged
from harness.model import Analysis, Workload
from harness.report import (
    causes,
    claims,
    heatmap,
    overview,
    palette,
    standing,
    tables,
    trust,
    verdict,
)
from harness.report.pictures import Gallery, Picture
from harness.report.standing import Anchors, Mean, Standings
from harness.report.wording import count, number_of, printable, times

TEMPLATES = Path(__file__).resolve().parents[2] / "reports" / "templates"


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


def render(analysis: Analysis, folder: Path, judged_claims: Sequence[Judged] = ()) -> Path:
    """Writes `report.html` and `charts/` into the run's folder, in place of earlier ones."""
    text = html(analysis, folder / "charts", judged_claims)
    target, partial = folder / "report.html", folder / "report.html.partial"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, target)
    return target


def html(analysis: Analysis, charts: Path, judged_claims: Sequence[Judged] = ()) -> str:
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
    style = _read("style.css") + palette.css() + _series_css(marks) + gallery.sheet.css()
    script = _read("report.js")
    return (
        _environment()
        .get_template("report.html")
        .render(
            analysis=analysis,
            reference=reference,
            rivals=rivals,
            suites=suites,
            claims=claims.part(judged_claims, judged, anchors),
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
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
        loader=jinja2.FileSystemLoader(TEMPLATES),
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


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _series_css(marks: dict[str, palette.Mark]) -> str:
    tokens = sorted({mark.token for mark in marks.values()})
    return "".join(f".dot.{token}{{background:var(--{token})}}\n" for token in tokens)


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
