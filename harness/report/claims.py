"""The claims as a part of the page: each with its source, its figures, their cells and verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Iterable, Iterator, Mapping, Sequence

from harness.claims import RATIO, Article, Claim, Finding, Judged, Place, Verdict
from harness.model import Interval
from harness.report.forest import group_words
from harness.report.standing import Anchors, Standings
from harness.report.tables import href, interval_words
from harness.report.wording import Scale, listed, number_of, percent, scale_for, times

# The sign says it where the colour does not, the token colours it.
_SIGNS = {
    Verdict.HOLDS: ("✓", "holds"),
    Verdict.SHOWN: ("✓", "holds"),
    Verdict.FAILS: ("✗", "fails"),
    Verdict.IMPOSSIBLE: ("✗", "fails"),
    Verdict.UNSETTLED: ("?", "open"),
    Verdict.NOT_MEASURED: ("–", "open"),
}
_COUNTED = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("does not hold here", "do not hold here"),
    Verdict.IMPOSSIBLE: ("cannot hold", "cannot hold"),
    Verdict.UNSETTLED: ("is not settled", "are not settled"),
    Verdict.SHOWN: ("is shown by a tested example", "are shown by tested examples"),
    Verdict.NOT_MEASURED: ("was not measured in this run", "were not measured in this run"),
}


# A cell's row, what tells its group from the others of its workload, and its link.
_CellPlace = tuple[str, str, str]


@dataclass(frozen=True)
class Line:
    """What there is to say of a claim for one contender."""

    contender: str
    figure: str
    interval: str
    words: str
    source: str
    cells: tuple[tuple[str, str], ...]  # what each is called, and its link
    verdict: str
    token: str


@dataclass(frozen=True)
class Entry:
    """A claim with its lines."""

    anchor: str
    says: str
    articles: tuple[Article, ...]
    reading: str
    asked: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Topic:
    """Claims about one thing."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class ClaimsPart:
    """The section."""

    summary: str
    articles: tuple[Article, ...]
    topics: tuple[Topic, ...]


def part(
    judged: Sequence[Judged], standings: Sequence[Standings], anchors: Anchors
) -> ClaimsPart | None:
    """The section, or None without a claim; `standings` have the cells to link to."""
    if not judged:
        return None
    places = {
        row.result.cell.id: (row.name, group_words(group.group), href(row.anchor))
        for group in standings
        for row in group.rows
    }
    articles = {article.letter: article for one in judged for article in one.claim.articles}
    return ClaimsPart(
        summary=summary(judged),
        articles=tuple(articles[letter] for letter in sorted(articles)),
        topics=tuple(
            Topic(title, tuple(_entry(one, places, anchors) for one in found))
            for title, found in groupby(judged, key=lambda one: one.claim.topic)
        ),
    )


def summary(judged: Sequence[Judged]) -> str:
    """How many claims there are and how they fare, each counted once by what it is about."""
    fates = _counted(one.verdict for one in judged)
    return f"Of {number_of(len(judged), 'claim')}, each judged by what it is about, {fates}."


def _counted(verdicts: Iterable[Verdict]) -> str:
    found = list(verdicts)
    words = []
    for verdict, (one, many) in _COUNTED.items():
        number = found.count(verdict)
        if number:
            words.append(f"{number} {one if number == 1 else many}")
    return listed(words)


def _entry(judged: Judged, places: Mapping[str, _CellPlace], anchors: Anchors) -> Entry:
    claim = judged.claim
    return Entry(
        anchor=anchors.claim("claim", claim.id),
        says=claim.says,
        articles=claim.articles,
        reading=claim.reading or "",
        asked=_asked(claim),
        lines=tuple(_line(claim, finding, places) for finding in _merged(judged.findings)),
    )


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Those of several contenders as one where they differ in nothing else and have no cell."""
    apart = {replace(finding, contender="") for finding in findings}
    if len(apart) > 1 or findings[0].cells:
        return list(findings)
    return [replace(findings[0], contender=listed([one.contender for one in findings]))]


def _asked(claim: Claim) -> str:
    """What makes the claim hold, in words made from what it is judged by."""
    if claim.place is None:
        return ""
    if claim.arithmetic is not None:
        least = _quantity(claim.unit, claim.arithmetic.least)
        return f"at least {least}: {claim.arithmetic.why}"
    if claim.finishes is not None:
        wanted = "its runs end" if claim.finishes else "no run ends"
        return f"{claim.place.workload}: holds if {wanted} with a right result"
    bounds = [bound for bound in (claim.at_least, claim.at_most) if bound is not None]
    words = [_quantity(claim.unit, bound) for bound in bounds]
    if len(words) == 2:
        return f"{_figure_name(claim.place)} from {words[0]} to {words[1]}"
    return f"{_figure_name(claim.place)} {'up to' if claim.at_least is None else 'from'} {words[0]}"


def _figure_name(place: Place) -> str:
    name = place.metric.name.removeprefix("effective.").replace("_", " ")
    divided = "" if place.divisor == 1 else f" ÷ {place.divisor:g}"
    return f"{place.workload}: {name}{divided}"


def _line(claim: Claim, finding: Finding, places: Mapping[str, _CellPlace]) -> Line:
    sign, token = _SIGNS[finding.verdict]
    figure = finding.figure
    return Line(
        contender=finding.contender,
        figure="" if figure is None else _quantity(claim.unit, figure.median),
        interval="" if figure is None else _interval(claim.unit, figure),
        words="" if claim.example else finding.reason or "",
        source=claim.example or "",
        cells=tuple(_links(finding, [places[cell] for cell in finding.cells if cell in places])),
        verdict=f"{sign} {finding.verdict.value}",
        token=token,
    )


def _links(finding: Finding, cells: Sequence[_CellPlace]) -> Iterator[tuple[str, str]]:
    for at, (row, words, link) in enumerate(cells):
        other = f"{row}, " if row != finding.contender else ""
        yield f"{'over ' if at else ''}{other}{words}", link


def _scale(unit: str, value: float) -> Scale:
    return scale_for("" if unit in ("ratio", RATIO) else unit, [value])


def _quantity(unit: str, value: float) -> str:
    return times(value) if unit == RATIO else _scale(unit, value).quantity(value)


def _interval(unit: str, figure: Interval) -> str:
    """The bounds with their coverage and n; only n where there are none."""
    if figure.low is None or figure.high is None or figure.confidence is None:
        return f"n = {figure.n}, too few for an interval"
    if figure.confidence == 1:
        return f"n = {figure.n}, as set"
    bounds = interval_words(figure, _scale(unit, figure.median).number)
    return f"{bounds} at {percent(figure.confidence)}, n = {figure.n}"
