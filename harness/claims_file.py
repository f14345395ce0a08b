"""Reads `reports/claims.toml`: what the articles claim, and which cell speaks for or against it.

The file names workloads and contenders at once, so it stands where the flow ends: a suite names no
contender, and the harness takes both from outside. It is checked against the repository's own specs
and examples, whatever a run measures: a claim about a workload that does not exist is a mistake.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Sequence

from harness import spec
from harness.claims import Arithmetic, Article, Claim, Place, known_metrics, resolved
from harness.errors import InputError
from harness.spec import SIZES, Spec
from harness.toml_table import Table, read_toml

ROOT = Path(__file__).resolve().parents[1]
FILE = "reports/claims.toml"

_SUBJECTS = ("go", "weft")
_OURS = ("weft",)
_LETTER = re.compile(r"[A-Z]")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_CONTENDER = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)?")
_PLACE = ("workload", "parameters", "workers", "metric", "per", "race_detector")
# A number that no spec has among its values, so that only "max" is "max".
_UNLIKELY_CPUS = 1009
_KINDS = ("workload", "example", "counterexample", "not_measured")
_EXPECTATIONS = ("at_least", "at_most", "expect", "arithmetic")


def load(root: Path = ROOT) -> tuple[Claim, ...]:
    """The claims of a repository. Raises InputError where file, key and repository disagree."""
    specs = spec.load(root / "suites", root)
    return parse(read_toml(root / FILE, FILE), FILE, specs, root)


def parse(
    source: Mapping[str, Any], file: str, specs: Sequence[Spec], root: Path
) -> tuple[Claim, ...]:
    """The claims of a parsed file, in its order; `root` has the examples."""
    top = Table(source, file, "")
    articles = _articles(top)
    topics = top.texts("topics")
    known = {found.workload.id: found for found in specs}
    claims: dict[str, Claim] = {}
    for table in top.tables("claims"):
        claim = _claim(table, articles, topics, known, root)
        if claim.id in claims:
            raise table.fail("id", f"{claim.id!r} is given twice")
        claims[claim.id] = claim
    top.finish()
    for letter in articles:
        if not any(article.letter == letter for c in claims.values() for article in c.articles):
            raise InputError(f"{file}: articles.{letter}: no claim is from it")
    return tuple(claims.values())


def _articles(top: Table) -> dict[str, Article]:
    table = top.table("articles")
    found = {}
    for letter in table.values:
        if not _LETTER.fullmatch(letter):
            raise table.fail(letter, "an article's name is one capital letter")
        entry = table.table(letter)
        found[letter] = Article(letter, entry.text("title"), entry.text("file"))
        entry.finish()
    return found


def _claim(
    table: Table,
    articles: Mapping[str, Article],
    topics: Sequence[str],
    specs: Mapping[str, Spec],
    root: Path,
) -> Claim:
    identity = table.text("id")
    if not _ID.fullmatch(identity):
        raise table.fail("id", f"{identity!r} is not a plain word")
    kinds = [kind for kind in _KINDS if table.maybe(kind, None) is not None]
    if len(kinds) != 1:
        raise table.fail("id", f"{identity!r} needs exactly one of {', '.join(_KINDS)}")
    (kind,) = kinds
    own = kind in ("example", "counterexample")
    fields: dict[str, Any] = {
        "id": identity,
        "topic": table.choice("topic", topics),
        "articles": _sources(table, articles),
        "says": table.text("says"),
        "reading": table.optional_text("reading"),
        "contenders": _contenders(table, _OURS if own else _SUBJECTS),
    }
    if kind == "workload":
        fields |= _measurement(table, specs)
    elif own:
        fields |= {"example": _example(table, kind, root), "refutes": kind == "counterexample"}
    else:
        fields["unmeasured"] = table.text("not_measured")
    table.finish()
    return Claim(**fields)


def _sources(table: Table, articles: Mapping[str, Article]) -> tuple[Article, ...]:
    letters = table.texts("articles")
    for letter in letters:
        if letter not in articles:
            raise table.fail("articles", f"there is no article {letter!r}")
    return tuple(articles[letter] for letter in letters)


def _contenders(table: Table, default: tuple[str, ...]) -> tuple[str, ...]:
    if table.maybe("contenders", None) is None:
        return default
    return tuple(_contender(table, name) for name in table.texts("contenders"))


def _contender(table: Table, name: str) -> str:
    if not _CONTENDER.fullmatch(name):
        raise table.fail("contenders", f"{name!r} is neither a contender nor contender:profile")
    return name


def _example(table: Table, key: str, root: Path) -> str:
    path = f"runtime/examples/{table.text(key)}.cpp"
    if not (root / path).is_file():
        raise table.fail(key, f"there is no {path}")
    return path


def _measurement(table: Table, specs: Mapping[str, Spec]) -> dict[str, Any]:
    fields: dict[str, Any] = {"place": _place(table, specs)}
    if table.maybe("over", None) is not None:
        fields["over"] = _other_place(table, specs)
    expected = [key for key in _EXPECTATIONS if table.maybe(key, None) is not None]
    if not expected or (len(expected) > 1 and expected != ["at_least", "at_most"]):
        raise table.fail("id", "needs either at_least and at_most, or expect, or arithmetic")
    if expected == ["expect"]:
        words = table.choice("expect", ("finishes", "does not finish"))
        return fields | {"finishes": words == "finishes"}
    if expected == ["arithmetic"]:
        return fields | {"arithmetic": _arithmetic(table.table("arithmetic"))}
    fields |= {key: table.number(key) for key in expected}
    if len(expected) == 2 and fields["at_least"] >= fields["at_most"]:
        raise table.fail("at_least", "is not below at_most")
    return fields


def _arithmetic(table: Table) -> Arithmetic:
    found = Arithmetic(table.number("claimed"), table.number("least"), table.text("why"))
    if found.least <= found.claimed:
        raise table.fail("least", "does not exceed what is claimed, so it refutes nothing")
    table.finish()
    return found


def _other_place(table: Table, specs: Mapping[str, Spec]) -> Place:
    """What a figure is divided by: the same place but for what the table `over` changes."""
    changes = table.table("over")
    if not changes.values:
        raise table.fail("over", "changes nothing of the cell")
    same = {key: table.values[key] for key in _PLACE if key in table.values}
    over = Table({**same, **changes.values}, table.file, changes.where)
    place = _place(over, specs)
    if over.maybe("contender", None) is not None:
        place = replace(place, contender=_contender(over, over.text("contender")))
    over.finish()
    return place


def _place(table: Table, specs: Mapping[str, Spec]) -> Place:
    """A cell that some size of a run has, and the metric that is taken from it."""
    workload = table.text("workload")
    if workload not in specs:
        raise table.fail("workload", f"there is no workload {workload!r}")
    metrics = known_metrics(specs[workload].workload)
    parameters = table.table("parameters").values if "parameters" in table.values else {}
    workers: int | str = "max" if table.get("workers") == "max" else table.count("workers")
    sizes = tuple(s for s in SIZES if _has(specs[workload], s, parameters, workers))
    if not sizes:
        raise table.fail("parameters", f"no size of {workload} has such a cell")
    return Place(
        workload=workload,
        parameters=parameters,
        workers=workers,
        metric=metrics[table.choice("metric", tuple(metrics))],
        divisor=table.optional_count("per", minimum=2) or 1,
        contender=None,
        race_detector=table.flag("race_detector"),
        sizes=sizes,
    )


def _has(found: Spec, size: str, parameters: Mapping[str, Any], workers: int | str) -> bool:
    cell = resolved(parameters, workers, _UNLIKELY_CPUS)
    points = found.points(size, _UNLIKELY_CPUS)
    return any((dict(point.parameters), point.workers) == cell for point in points)
