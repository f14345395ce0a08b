"""gate.md: the verdict for a person, in its first line; the tail may be cut, and says so.

Everything in it that a contender, a host or a file said is untrusted: it is shown as code, with
what would end the code or the table's cell replaced.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from harness.gate import error_rates, wording

LIMIT_BYTES = 60_000  # comments of 65 536 characters are refused
MARKER = "<!-- weft-gate -->"
_FIRST = ("REGRESSION", "BROKEN", "SUSPICIOUS", "NOT COMPARABLE")
_REST = (
    ("To look at", ("INCONCLUSIVE", "UNSTABLE", "SUSPECTED")),
    ("Better", ("IMPROVEMENT", "FIXED")),
    ("Accepted", ("ACCEPTED",)),
    ("Unchanged", ("EQUIVALENT", "NOT WORSE", "IDENTICAL")),
    ("New and removed", ("NEW", "REMOVED")),
)
_REPLACED = str.maketrans({"`": "'", "|": "/", "\n": " ", "\r": " "})


def code(text: object) -> str:
    """A text that cannot become markup."""
    return f"`{str(text).translate(_REPLACED)}`"


def _change(result: Mapping[str, Any]) -> str:
    if result["effect_percent"] is None:
        return "-"
    text = f"{result['effect_percent']:+.1f} %"
    bounds = result["interval_percent"]
    return text if bounds is None else f"{text} [{bounds[0]:+.1f}, {bounds[1]:+.1f}]"


def _sides(result: Mapping[str, Any]) -> str:
    if result["base_median"] is None:
        return "-"
    return f"{result['base_median']:.4g} → {result['head_median']:.4g} {code(result['unit'])}"


def _visible(result: Mapping[str, Any]) -> str:
    visible = result["visible_percent"]
    return "-" if visible is None else f"{visible:.1f} %"


def _row(result: Mapping[str, Any]) -> str:
    cells = [
        code(result["id"]),
        wording.verdict(result),
        _change(result),
        f"{result['effect_min_percent']:.1f} %",
        _visible(result),
        str(result["pairs"]),
        _sides(result),
        code(result["words"]),
    ]
    return f"| {' | '.join(cells)} |"


def _table(results: Iterable[Mapping[str, Any]]) -> list[str]:
    head = "cell|verdict|change, 95 % interval|matters from|visible from|pairs|base → head|why"
    return [f"|{head}|", "|" + "---|" * len(head.split("|")), *(_row(r) for r in results)]


def _controls(document: Mapping[str, Any]) -> list[str]:
    lines = ["|control|state|what it showed|", "|---|---|---|"]
    for control in document["controls"]:
        lines.append(f"|{code(control['id'])}|{control['health']}|{code(control['words'])}|")
    return lines


def _rates(host: Mapping[str, Any]) -> list[str]:
    found = host.get("error_rates")
    return [error_rates.NOT_MEASURED] if found is None else error_rates.parse(found).words


def _about(document: Mapping[str, Any]) -> list[str]:
    base, head, host = document["base"], document["head"], document["host"]
    dropped = ", ".join(f"{code(c)}: {n}" for c, n in document["invalidated"].items()) or "none"
    return [
        f"* base {code(base['revision'])}, head {code(head['revision'])}",
        f"* host {code(host['fingerprint'])} ({code(host['nickname'])}), noise: {host['noise']}",
        f"* pairs left out because of something outside: {dropped}",
        f"* pairs: {document['rules']['pairs'][0]} to route, {document['rules']['pairs'][1]} to"
        f" decide; seed {document['rules']['seed']}",
        *(f"* how often it is wrong here: {code(words)}" for words in _rates(host)),
        *(f"* {code(warning)}" for warning in host["warnings"]),
        *(f"* {code(note)}" for note in document["notes"]),
        f"* again: {code(document['repeat'])}",
        "* a regression that is wanted: an `[[accepted]]` entry in `ci/gate.toml`, with its size,"
        " its reason and its end",
    ]


def _details(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def render(document: Mapping[str, Any]) -> str:
    """The whole text."""
    results = document["results"]
    first = [r for r in results if r["verdict"] in _FIRST]
    lines = [document["sentence"], "", MARKER]
    if first:
        lines += ["", *_table(first)]
    for title, verdicts in _REST:
        chosen = [r for r in results if r["verdict"] in verdicts]
        if chosen:
            lines += _details(f"{title}: {len(chosen)}", _table(chosen))
    lines += _details(f"Controls: {document['health']}", _controls(document))
    lines += _details("What was compared, and how to repeat it", _about(document))
    return _cut(lines)


def _cut(lines: Sequence[str]) -> str:
    """At most so many bytes, and a line that says how many lines are missing."""
    text = "\n".join(lines) + "\n"
    if len(text.encode()) <= LIMIT_BYTES:
        return text
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode()) + 1
        if size > LIMIT_BYTES - 200:
            break
        kept.append(line)
    kept.append(f"\n{len(lines) - len(kept)} lines were cut; gate.json has all results.")
    return "\n".join(kept) + "\n"
