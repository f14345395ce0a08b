"""Files that are compiled alike, as one: for tools that spend their time on the headers of each."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

_WITH_A_VALUE = frozenset({"-o", "-c", "-MF", "-MT", "-MQ"})
_ALONE = frozenset({"-MD", "-MMD"})
_MAIN = re.compile(r"^int main\(", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """A file that includes others of one folder, and the options that all of them have."""

    path: Path
    options: tuple[str, ...]
    sources: tuple[Path, ...]


def options_of(command: str) -> tuple[str, ...]:
    """What of a compiler's command holds for other files, too."""
    words = shlex.split(command)
    first = next(index for index, word in enumerate(words) if word.startswith("-"))
    kept = []
    skip = False
    for word in words[first:]:
        if skip or word in _ALONE:
            skip = False
        elif word in _WITH_A_VALUE:
            skip = True
        else:
            kept.append(word)
    return tuple(kept)


def units(database: Path, sources: Sequence[Path]) -> list[Unit]:
    """Writes a unit for each folder and set of options below `database`, the largest first."""
    entries = json.loads((database / "compile_commands.json").read_text(encoding="utf-8"))
    options = {Path(entry["file"]): options_of(entry["command"]) for entry in entries}
    alike: dict[tuple[Path, tuple[str, ...]], list[Path]] = defaultdict(list)
    for source in sources:
        # Programs cannot be one: each stays alone.
        is_program = _MAIN.search(source.read_text(encoding="utf-8"))
        alike[source if is_program else source.parent, options[source]].append(source)
    folder = database / "together"
    folder.mkdir(exist_ok=True)
    found = []
    ordered = sorted(alike.items(), key=lambda item: -len(item[1]))
    for number, ((_, shared), files) in enumerate(ordered):
        path = folder / f"{number}.cpp"
        path.write_text("".join(f'#include "{file}"\n' for file in files), encoding="utf-8")
        found.append(Unit(path, shared, tuple(files)))
    return found
