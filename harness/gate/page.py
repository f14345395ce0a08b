"""gate.html: what gate.json says, as one page that needs nothing else, made from it alone.

Only the standard library, as all of the gate; the style, the script and the colours are those of
the report.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, Sequence
from xml.etree.ElementTree import Element

from harness.gate import error_rates, forest, wording
from harness.gate.forest import Change
from harness.report import elements, palette, skeleton, svg
from harness.report.elements import Child, element
from harness.report.wording import number_of, significant

Document = Mapping[str, Any]

# The worst first.
_ORDER = (
    *("REGRESSION", "BROKEN", "SUSPICIOUS", "NOT COMPARABLE", "INCONCLUSIVE", "UNSTABLE"),
    *("SUSPECTED", "ACCEPTED", "IMPROVEMENT", "FIXED", "NOT WORSE", "EQUIVALENT", "IDENTICAL"),
    *("NEW", "REMOVED"),
)
_STATUS = {
    0: "nothing here stands against the change",
    1: "a regression is confirmed",
    3: "something is broken or missing",
    4: "undecided: too noisy, blind or contaminated",
    5: "the two are not comparable",
    124: "the time was over before the verdict",
    130: "interrupted before the verdict",
}
_SECTIONS = {
    "cells": "Cells",
    "controls": "Controls",
    "pairs": "Pairs",
    "rates": "Error rates",
    "plan": "Plan",
    "methods": "Methods",
}


def html(document: Document) -> str:
    """The whole page."""
    sheet = svg.StyleSheet()
    main = element(
        "main",
        _verdict(document),
        _cells(document, sheet),
        _controls(document, sheet),
        _pairs(document),
        _rates(document),
        _plan(document),
        _methods(),
        class_="column",
    )
    skip = element("a", "Skip to the verdict", class_="skip", href="#verdict")
    style = skeleton.read("style.css") + palette.css() + sheet.css()
    title = f"{document['base']['revision']} to {document['head']['revision']}: gate"
    return elements.page(title, style, element("body", skip, _top(), main))


def _top() -> Element:
    links = (
        element("li", element("a", words, href=f"#{identity}"))
        for identity, words in _SECTIONS.items()
    )
    navigation = element("nav", element("ul", *links), aria_label="Sections")
    brand = element("p", "Weft gate", class_="brand")
    return element("header", element("div", brand, navigation, class_="column"), class_="top")


def _section(identity: str, title: str, *children: Child, level: str = "h2") -> Element:
    name = f"{identity}-title"
    head = element(level, title, id=name)
    return element("section", head, *children, id=identity, aria_labelledby=name)


def _listed(lines: Sequence[str], kind: str = "warnings") -> Element:
    return element("ul", *(element("li", line) for line in lines), class_=kind)


def _sorted(document: Document) -> list[Document]:
    place = {verdict: at for at, verdict in enumerate(_ORDER)}
    results: list[Document] = list(document["results"])
    return sorted(results, key=lambda r: (place[r["verdict"]], -(r["effect_percent"] or 0.0)))


def _verdict(document: Document) -> Element:
    base, head, host = document["base"], document["head"], document["host"]
    about = f"base {base['revision']} · head {head['revision']} · {document['made']}"
    counts = Counter(result["verdict"] for result in document["results"])
    rows: list[list[Child]] = [[word, str(counts[word])] for word in _ORDER if counts[word]]
    status = document["exit_status"]
    alert = None
    if document["health"] != "healthy":
        words = " The controls say so; no accusation rests on this run."
        state = element("strong", f"This run is {document['health']}.")
        alert = element("p", state, words, class_="alert")
    made = elements.table("Cells by verdict", ["verdict", "cells"], rows, "counts")
    made.set("class", "scroll fit")
    section = _section(
        "verdict",
        "Is head slower than base?",
        element("p", f"{about} · host {host['fingerprint']} ({host['nickname']})", class_="id"),
        element("p", document["sentence"], class_="sentence"),
        alert,
        element("p", f"Exit status {status}: {_STATUS.get(status, 'unknown')}.", class_="note"),
        made if rows else None,
        level="h1",
    )
    section.set("class", "verdict")
    return section


def _figure(
    name: str, title: str, changes: Sequence[Change], caption: str, sheet: svg.StyleSheet
) -> Element:
    figure = element("figure")
    for number, part in enumerate(forest.sheets(changes), start=1):
        about = "; ".join(f"{c.name}: {c.standing}, {c.words}" for c in part) + "."
        for layout in forest.LAYOUTS:
            axis = forest.axis(changes, layout)
            words = svg.Caption(f"{name}-{number}-{layout.name}", title, about)
            picture = forest.draw(part, axis, layout).element(words, sheet)
            figure.append(element("div", picture, class_=layout.name))
    return elements.add(figure, element("figcaption", caption))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} %"


def _sides(entry: Document) -> str:
    if entry["base_median"] is None or entry["head_median"] is None:
        return "–"
    words = f"{significant(entry['base_median'])} → {significant(entry['head_median'])}"
    return f"{words} {entry['unit']}" if "unit" in entry else words


def _cell_name(name: str) -> Element:
    """It may be broken after a slash."""
    first, *rest = name.split("/")
    made = element("code", first)
    for part in rest:
        elements.add(made, "/", element("wbr"), part)
    return made


def _cell_row(result: Document) -> list[Child]:
    p = result["p"]
    return [
        _cell_name(result["id"]),
        wording.verdict(result),
        forest.change(result).words,
        result["words"],
        f"{result['pairs']} of {result['pairs_planned']}",
        _percent(result["effect_min_percent"]),
        _percent(result["floor_percent"]),
        _percent(result["visible_percent"]),
        "–" if p is None else significant(p, 2),
        _sides(result),
    ]


def _cells(document: Document, sheet: svg.StyleSheet) -> Element:
    title = "What changed, by how much, how sure"
    results = _sorted(document)
    if not results:
        return _section("cells", title, element("p", "No cell was judged.", class_="empty"))
    changes = [forest.change(result) for result in results]
    measured = [found for found in changes if found.percent is not None]
    caption = (
        "How much worse head is than base, on a logarithmic axis: the median of paired ratios with"
        " its 95 % interval. Shaded: changes too small to matter for the cell. Hollow: not decided."
        " “No gate”: a cell whose verdict does not count."
    )
    heads = ["cell", "verdict", "change, 95 % interval", "why", "pairs", "matters from"]
    heads += ["noise’s floor", "visible from", "p of worse", "base → head"]
    table = elements.table("Every cell", heads, [_cell_row(result) for result in results], "gate")
    return _section(
        "cells",
        title,
        _figure("change", title, measured, caption, sheet) if measured else None,
        table,
    )


def _controls(document: Document, sheet: svg.StyleSheet) -> Element:
    title = "Could this gate see?"
    question = (
        "Equal programs must not differ (null), a slowdown that was put in must be found"
        " (positive), and two programs with none of the code must keep their speed (drift)."
    )
    controls = document["controls"]
    if not controls:
        return _section("controls", title, element("p", "No control was made.", class_="empty"))
    heads = ["control", "state", "change, 95 % interval", "what it showed", "pairs"]
    heads.append("first → second")
    rows: list[list[Child]] = [
        [
            element("code", control["id"]),
            control["health"],
            forest.change(control).words,
            control["words"].removeprefix(f"{forest.change(control).words}: "),
            f"{control['pairs']} of {control['pairs_planned']}",
            _sides(control),
        ]
        for control in controls
    ]
    changes = [forest.change(control) for control in controls]
    measured = [found for found in changes if found.percent is not None]
    caption = "The second program of each pair by the first. A positive control lies to the right."
    return _section(
        "controls",
        title,
        element("p", question, class_="question"),
        _figure("control", title, measured, caption, sheet) if measured else None,
        elements.table("Every control", heads, rows, "gate"),
    )


def _pairs(document: Document) -> Element:
    results, audited = document["results"], document["audited"]
    completeness = document["completeness"]
    measured = [result for result in results if result["pairs"]]
    cleared = sum(result["stage"] == 1 for result in measured)
    decided = sum(result["stage"] == 2 for result in measured)
    unmeasured = Counter(result["verdict"] for result in results if not result["pairs"])
    without = ", ".join(f"{number} {verdict}" for verdict, number in unmeasured.items())
    dropped = [f"{number_of(n, 'pair')}: {cause}" for cause, n in document["invalidated"].items()]
    accepted = [
        f"{result['id']}: {result['words']}"
        for result in results
        if result["verdict"] == "ACCEPTED"
    ]
    quarantined = [f"{r['id']}: {r['quarantine']}" for r in results if r["quarantine"]]
    pairs: list[tuple[str, Child]] = [
        ("cells expected", str(completeness["expected"])),
        ("measured", str(completeness["measured"])),
        ("cleared by the router", str(cleared)),
        ("decided with fresh pairs", str(decided)),
        ("of these cleared and audited", ", ".join(audited) or "none"),
        ("not measured", without or "none"),
        ("missing", ", ".join(completeness["missing"]) or "none"),
    ]
    section = _section("pairs", "What was routed, decided, and left out", elements.terms(pairs))
    for title, lines in (
        ("Pairs left out for a cause from outside", dropped),
        ("Accepted regressions", accepted),
        ("In quarantine", quarantined),
    ):
        section.append(element("h3", title))
        section.append(_listed(lines) if lines else element("p", "None.", class_="empty"))
    return section


def _rates(document: Document) -> Element:
    title = "How often is this gate wrong here?"
    found = document["host"].get("error_rates")
    if found is None:
        words = element("p", error_rates.NOT_MEASURED, class_="empty")
        return _section("rates", title, words)
    published = error_rates.parse(found)
    rows: list[list[Child]] = [
        [
            "equal programs" if line.found is None else line.slowdown,
            "–" if line.found is None else str(line.found),
            str(line.false_alarms),
            str(line.controls_failed),
        ]
        for line in published.lines
    ]
    heads = ["slowdown", "found (power)", "another cell accused (false alarm)", "controls failed"]
    return _section(
        "rates",
        title,
        elements.table("Error rates", heads, rows),
        element("p", published.words[-1], class_="note"),
    )


def _side(side: Document) -> Element:
    pairs: list[tuple[str, Child]] = [
        ("revision", element("code", side["revision"])),
        ("program’s SHA-256", element("code", side["program_sha256"] or "none")),
    ]
    pairs += [(name, element("code", value)) for name, value in side["settings"].items()]
    return elements.terms(pairs)


def _plan(document: Document) -> Element:
    rules, host = document["rules"], document["host"]
    plan: list[tuple[str, Child]] = [
        ("pairs to route", str(rules["pairs"][0])),
        ("pairs to decide", str(rules["pairs"][1])),
        ("level of the family", f"{rules['alpha']:g}, Holm’s correction"),
        ("audited of the cleared", f"{100 * rules['audit_share']:g} %"),
        ("seed", str(rules["seed"])),
        ("noise", host["noise"]),
        ("again", element("pre", document["repeat"], tabindex="0")),
    ]
    section = _section("plan", "Plan and environment", elements.terms(plan))
    for title, side in (("Base", document["base"]), ("Head", document["head"])):
        elements.add(section, element("h3", title), _side(side))
    for title, lines in (
        ("What spoils the measurement", host["warnings"]),
        ("Notes", document["notes"]),
    ):
        section.append(element("h3", title))
        section.append(_listed(lines) if lines else element("p", "None.", class_="empty"))
    return section


def _methods() -> Element:
    lines = [
        "A pair is two fresh processes with the same operations, one after the other; which comes"
        " first is drawn. Stored figures have no part in a verdict.",
        "The router may clear a cell and never accuses one; the decider measures anew, and nobody"
        " looks before its last pair.",
        "A regression takes the sign test against the noise’s floor with Holm’s correction, a"
        " median of at least what matters, and controls that are well.",
        "“Visible from” is the smallest change that these pairs would have shown in four of five"
        " gates; p is of “worse than the floor”, corrected for the family.",
        "A regression that is wanted: an [[accepted]] entry in ci/gate.toml, with its size, its"
        " reason and its end.",
        "Everything here is in gate.json beside this page; gate --from DIR makes both again from"
        " gate-plan.json, about.json and raw/runs.jsonl.",
    ]
    made = element("ul", *(element("li", line) for line in lines))
    return _section("methods", "How to read this", made)
