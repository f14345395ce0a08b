"""What other programs read of a gate: JUnit's XML, GitHub's annotations, and the files together."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from harness.gate import page, wording
from harness.gate.markdown import render
from harness.store import write_atomically

ANNOTATIONS_MAX = 10  # GitHub shows no more of one kind
_FAILURES = ("REGRESSION",)
_ERRORS = ("BROKEN", "SUSPICIOUS")
_SKIPPED = ("INCONCLUSIVE", "NOT COMPARABLE", "UNSTABLE")


def _printable(text: object) -> str:
    """Without the characters that XML has no form for."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def _case(result: Mapping[str, Any]) -> ElementTree.Element:
    workload, _, name = result["id"].partition("/")
    case = ElementTree.Element("testcase", classname=workload, name=_printable(name))
    properties = ElementTree.SubElement(case, "properties")
    for key in ("effect_percent", "interval_percent", "p", "pairs", "floor_percent", "unit"):
        value = _printable(result[key])
        ElementTree.SubElement(properties, "property", name=key, value=value)
    verdict, words = result["verdict"], _printable(result["words"])
    counts = wording.counts(result)
    if verdict in _FAILURES and counts:
        ElementTree.SubElement(case, "failure", type="regression", message=words)
    elif verdict in _ERRORS and counts:
        ElementTree.SubElement(case, "error", type=verdict.lower(), message=words)
    elif verdict in (*_SKIPPED, *_FAILURES, *_ERRORS):
        ElementTree.SubElement(case, "skipped", message=f"{verdict}: {words}")
    return case


def junit(document: Mapping[str, Any]) -> bytes:
    """A suite with a case for each cell, and one that fails where the gate cannot be trusted."""
    suite = ElementTree.Element("testsuite", name="gate")
    suite.extend(_case(result) for result in document["results"])
    health = ElementTree.SubElement(suite, "testcase", classname="gate", name="health")
    if document["exit_status"] in (4, 5) or document["health"] != "healthy":
        ElementTree.SubElement(
            health, "error", type=document["health"], message=_printable(document["sentence"])
        )
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite)))
    ElementTree.indent(suite)
    text: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _escaped(text: object) -> str:
    """As a workflow command's data; nothing in it can begin another command."""
    plain = _printable(text).replace("%", "%25")
    return plain.replace(":", "%3A").replace(",", "%2C")


def github_lines(document: Mapping[str, Any]) -> list[str]:
    """Lines that GitHub shows beside a change, the worst first."""
    kinds = {"error": (*_FAILURES, *_ERRORS), "warning": ("INCONCLUSIVE", "NOT COMPARABLE")}
    lines = []
    for kind, verdicts in kinds.items():
        chosen = [r for r in document["results"] if r["verdict"] in verdicts and r["gated"]]
        chosen.sort(key=lambda r: -(r["effect_percent"] or 0.0))
        for result in chosen[:ANNOTATIONS_MAX]:
            change = result["effect_percent"]
            by = "" if change is None else f"{change:+.1f} %: "
            title = _escaped(f"{result['verdict']} {result['id']}")
            lines.append(f"::{kind} title={title}::{_escaped(by + result['words'])}")
    if document["health"] != "healthy":
        lines.append(f"::warning title=gate::{_escaped(document['sentence'])}")
    return lines


def write(folder: Path, document: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """gate.json, gate.md and junit.xml, each whole or not at all; and gate.html, if it can be."""
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "gate.json", text.encode())
    write_atomically(folder / "gate.md", render(document).encode())
    write_atomically(folder / "junit.xml", junit(document))
    _write_page(folder / "gate.html", document, say)


def _write_page(path: Path, document: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """A page that cannot be made, for whatever reason, may not change what the gate says."""
    try:
        path.unlink(missing_ok=True)
        write_atomically(path, page.html(document).encode())
    except Exception as error:
        say(f"gate.html is left out: {error!r}")


def for_github(document: Mapping[str, Any]) -> Sequence[str]:
    """Adds the summary to the job's page and gives the annotations; nothing outside of a job."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return ()
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with open(summary, "a", encoding="utf-8") as stream:
            stream.write(render(document))
    return github_lines(document)
