"""Checks a rendered report as a stranger would find it: the file alone, with nothing to believe.

`python3 -m harness.report.check report.html [--run FOLDER]`
exits 0 without a complaint, 1 with one line for each, 2 where there is nothing to check. With a
run's folder it expects every group and contender of the manifest.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Collection, Iterator, Mapping, Sequence
from urllib.parse import unquote

from harness.contenders import FLOORS
from harness.store import read_cell

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_FORBIDDEN = frozenset("applet base embed frame iframe object".split())
_REFERENCES = frozenset(
    "action background cite data formaction href poster src srcset xlink:href".split()
)
_STYLE_REFERENCE = re.compile(r"@import|url\(\s*['\"]?(?!data:)", re.IGNORECASE)
_ID_REFERENCES = ("aria-labelledby", "aria-describedby", "for")

Attributes = Sequence[tuple[str, str | None]]


@dataclass
class _Findings:
    """What a pass over the page collects."""

    problems: list[str] = field(default_factory=list)
    policy: str | None = None
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    inline: list[tuple[str, str]] = field(default_factory=list)
    cell_words: dict[str, str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)


class _Page(HTMLParser):
    """Walks the page once; every element must be closed where it was opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = _Findings()
        self._open: list[str] = []
        self._cell: str | None = None

    def handle_decl(self, decl: str) -> None:
        if decl.lower() == "doctype html":
            self.found.tags.add("!doctype")

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self._look_at(tag, attrs)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self._look_at(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            where = self._open[-1] if self._open else "nothing"
            self.found.problems.append(f"line {self.getpos()[0]}: </{tag}> closes <{where}>")
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "tr":
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.found.inline.append((self._open[-1], data))
        if self._cell is not None and "td" in self._open:
            self.found.cell_words[self._cell] += data.strip()

    def close(self) -> None:
        super().close()
        if self._open:
            self.found.problems.append(f"never closed: {', '.join(self._open)}")

    def _look_at(self, tag: str, attrs: Attributes) -> None:
        found, line = self.found, self.getpos()[0]
        found.tags.add(tag)
        values = {name: value or "" for name, value in attrs}
        if tag in _FORBIDDEN:
            found.problems.append(f"line {line}: <{tag}> has no place in a report")
        if tag == "meta":
            self._look_at_meta(values)
        if tag in ("style", "script") and found.policy is None:
            found.problems.append(f"line {line}: <{tag}> stands before the content policy")
        for name, value in values.items():
            if name in _REFERENCES:
                self._look_at_reference(tag, name, value)
            elif name == "style" or name.startswith("on"):
                found.problems.append(f"line {line}: attribute {name} on <{tag}>")
            elif name in _ID_REFERENCES:
                found.links += value.split()
        if "id" in values:
            found.ids.append(values["id"])
            if tag == "tr" and values["id"].startswith("cell="):
                self._cell = values["id"]
                found.cell_words.setdefault(self._cell, "")

    def _look_at_meta(self, values: dict[str, str]) -> None:
        kind = values.get("http-equiv", "").lower()
        if kind == "content-security-policy":
            self.found.policy = values.get("content", "")
        elif kind:
            self.found.problems.append(f"line {self.getpos()[0]}: <meta http-equiv={kind}>")

    def _look_at_reference(self, tag: str, name: str, value: str) -> None:
        if value.startswith("#"):
            self.found.links.append(unquote(value[1:]))
        elif tag == "a" and name == "href" and value.startswith(("https://", "http://")):
            return
        elif not value.startswith("data:") or tag in ("a", "script"):
            line = self.getpos()[0]
            self.found.problems.append(f"line {line}: <{tag} {name}> leaves the file: {value[:60]}")


def check(text: str, rows: Mapping[str, Collection[str]] | None = None) -> list[str]:
    """What is wrong with the page, in words; `rows` has the contenders expected in each group."""
    page = _Page()
    page.feed(text)
    page.close()
    found = page.found
    problems = list(found.problems)
    needed = ("!doctype", "html", "head", "title", "body", "main", "h1")
    problems += [f"no <{tag}>" for tag in needed if tag not in found.tags]
    problems += _policy_problems(found)
    problems += _link_problems(found)
    problems += _content_problems(found, rows or {})
    return problems


def _policy_problems(found: _Findings) -> list[str]:
    if found.policy is None:
        return ["no content security policy"]
    directives = {words[0]: words[1:] for words in map(str.split, found.policy.split(";")) if words}
    problems = []
    if directives.get("default-src") != ["'none'"]:
        problems.append("the content policy does not begin from default-src 'none'")
    for name, sources in directives.items():
        for source in sources:
            if source not in ("'none'", "data:") and not source.startswith("'sha256-"):
                problems.append(f"the content policy's {name} admits {source}")
    for tag, text in found.inline:
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        if f"'sha256-{digest}'" not in directives.get(f"{tag}-src", []):
            problems.append(f"the content policy blocks the page's own <{tag}>")
        if tag == "style" and _STYLE_REFERENCE.search(text):
            problems.append("the style refers to something outside the file")
    return problems


def _link_problems(found: _Findings) -> list[str]:
    seen: set[str] = set()
    problems = []
    for identity in found.ids:
        if identity in seen:
            problems.append(f"the id {identity[:80]} is there twice")
        if not identity or any(character.isspace() for character in identity):
            problems.append(f"the id {identity[:80]!r} is empty or has white space")
        seen.add(identity)
    missing = sorted(set(found.links) - seen)
    return problems + [f"a link to #{link[:80]} goes nowhere" for link in missing]


def _content_problems(found: _Findings, rows: Mapping[str, Collection[str]]) -> Iterator[str]:
    for cell, words in found.cell_words.items():
        if not words:
            yield f"the cell {cell[:120]} says nothing"
    for group, contenders in rows.items():
        if _id("group", group) not in found.ids:
            yield f"the group {group} is missing"
        for contender in sorted(contenders):
            start = re.escape(_id("cell", f"{group}@{contender}"))
            if not any(re.match(start + r"($|[:~])", cell) for cell in found.cell_words):
                yield f"{contender} has no row in {group}"


def _id(kind: str, name: str) -> str:
    return f"{kind}={'_'.join(name.split())}"


def expected(run: Path) -> dict[str, set[str]]:
    """The groups that the manifest of a run's folder expects, and whose rows in each."""
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    groups: dict[str, set[str]] = {}
    for entry in manifest["expected"]:
        cell = read_cell(entry["cell"])
        if cell.contender != FLOORS:
            groups.setdefault(cell.group, set()).add(cell.contender)
    return groups


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m harness.report.check")
    parser.add_argument("report", type=Path)
    parser.add_argument("--run", type=Path, help="the run's folder, for what is expected")
    options = parser.parse_args(arguments)
    try:
        rows = expected(options.run) if options.run else {}
        text = options.report.read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        print(f"nothing to check: {error!r}", file=sys.stderr)
        return 2
    if options.run and not rows:
        print(f"nothing to check: {options.run} expects no cell", file=sys.stderr)
        return 2
    problems = check(text, rows)
    for problem in problems:
        print(f"{options.report}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
