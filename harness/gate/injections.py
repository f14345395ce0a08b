"""Slowdowns of another structure: changes of the sources, declared in `ci/injections.toml`.

A program whose stopwatch waits a little longer is slower everywhere alike. An extra lock or a
detour of a wake-up is slower in some cells only, by as much as it costs there: whether the gate
finds that is another question, and so is whom else it accuses.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterable, Sequence

from harness.errors import InputError
from harness.gate import builds
from harness.gate.builds import BuildError, Built, Tree
from harness.gate.config import patterns
from harness.gate.revisions import Revision
from harness.progress import Progress
from harness.replacement import Replacement
from harness.toml_table import Table, read_toml


@dataclass(frozen=True)
class Structural:
    """A change that makes some cells slower, and which they are."""

    name: str
    reason: str
    change: Replacement
    hurts: tuple[re.Pattern[str], ...]  # the cells that ought to show it
    touches: tuple[re.Pattern[str], ...]  # those that may

    def hurt(self, cells: Iterable[str]) -> tuple[str, ...]:
        return tuple(cell for cell in cells if any(each.search(cell) for each in self.hurts))

    def touched(self, cells: Iterable[str]) -> frozenset[str]:
        return frozenset(cell for cell in cells if any(each.search(cell) for each in self.touches))


@dataclass(frozen=True)
class Injected:
    """Base with such a change, built."""

    slowdown: Structural
    built: Built


def parse(source: Any, file: str) -> tuple[Structural, ...]:
    """The entries of a parsed file. Raises InputError."""
    root = Table(source, file, "")
    found: list[Structural] = []
    for table in root.tables("injection"):
        name = table.text("name")
        if name in (each.name for each in found):
            raise table.fail("name", f"{name!r} is there twice")
        change = Replacement(table.text("file"), table.text("old"), table.text("new"))
        hurts, touches = patterns(table, "hurts"), patterns(table, "touches")
        found.append(Structural(name, table.text("reason"), change, hurts, touches))
        table.finish()
    root.finish()
    return tuple(found)


def load(path: Path) -> tuple[Structural, ...]:
    """The entries of a file. Raises InputError."""
    return parse(read_toml(path, str(path)), str(path))


def check(slowdowns: Sequence[Structural], top: Path) -> None:
    """Raises InputError, with the entry's name, where one does not fit the sources below `top`."""
    for slowdown in slowdowns:
        try:
            slowdown.change.changed(top)
        except InputError as error:
            raise InputError(f"{slowdown.name!r}: {error}") from error


def build(
    root: Path,
    work: Path,
    revision: Revision,
    contender: str,
    slowdowns: Sequence[Structural],
    progress: Progress,
) -> tuple[Built, list[Injected]]:
    """Base, and base with each of the changes. Raises InputError, BuildError."""
    plain, changed = (builds.check_out(root, work, side, revision) for side in ("base", "head"))
    check(slowdowns, changed.root)
    progress.say(f"building base, {revision.name}, in {plain.root}")
    base = _made(plain, contender)
    found = []
    for number, slowdown in enumerate(slowdowns):
        progress.say(f"building base with {slowdown.name}, in {changed.root}")
        try:
            with slowdown.change.made(changed.root):
                built = _made(changed, contender)
        except BuildError as error:
            raise BuildError(f"{slowdown.name!r}: {error}") from error
        if built.digest == base.digest:
            raise InputError(f"{slowdown.name!r}: the program is the same with it")
        found.append(Injected(slowdown, _kept(built, work / "injected" / str(number))))
    return base, found


def _made(tree: Tree, contender: str) -> Built:
    builds.make(tree, f"contender_{contender}")
    built = builds.look_at(tree, contender)
    if built.candidate.program is None:
        raise BuildError(built.candidate.contender.reason or "there is no program")
    return built


def _kept(built: Built, path: Path) -> Built:
    """With a copy of the build, since the next change builds other objects in its place.

    The program alone would not do: a gate links its objects anew for each pair.
    """
    assert built.candidate.program is not None
    program = path / built.candidate.program.relative_to(built.tree.build)
    shutil.copytree(built.tree.build, path, symlinks=True)
    tree = replace(built.tree, build=path)
    return replace(built, tree=tree, candidate=replace(built.candidate, program=program))
