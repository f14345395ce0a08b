"""SHA256SUMS of a run's folder: written last, so that its presence says that the rest is whole."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import Iterator

NAME = "SHA256SUMS"
LOCK = ".lock"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_MADE_AGAIN = re.compile(r"(?:report|gate)\.html|summary\.json|(?:charts|race)/.*")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[str]:
    """Every file that has a sum, links among them: what they point to is not the folder's."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.name != LOCK and name != NAME and (path.is_file() or path.is_symlink()):
            yield name


def text(folder: Path) -> str:
    """The file's content, as sha256sum writes it."""
    names = (name for name in _files(folder) if not (folder / name).is_symlink())
    return "".join(f"{_digest(folder / name)}  {name}\n" for name in names)


def read(folder: Path) -> dict[str, str] | None:
    """The digests by name; None where there is no such file, ValueError where it is none."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    found: dict[str, str] = {}
    for index, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        name = PurePosixPath(match[2]) if match else None
        if match is None or name is None or name.is_absolute() or ".." in name.parts:
            raise ValueError(f"line {index} is not a digest and a file of the folder")
        if match[2] in found:
            raise ValueError(f"line {index} has {match[2]} a second time")
        found[match[2]] = match[1]
    return found


def changed(folder: Path, recorded: dict[str, str]) -> Iterator[str]:
    """What differs from what was recorded, in words."""
    there = set(_files(folder))
    for name, digest in sorted(recorded.items()):
        path = folder / name
        if name not in there:
            yield f"{name}: is missing"
        elif path.is_symlink():
            yield f"{name}: is a link, not a file of the folder"
        elif _digest(path) != digest:
            yield f"{name}: is not what {NAME} says: it changed since"


def unlisted(folder: Path, recorded: dict[str, str]) -> list[str]:
    """Files that came after the sums."""
    return [name for name in _files(folder) if name not in recorded]


def damage(folder: Path) -> list[str]:
    """What changed of the files that cannot be made again; nothing where there are no sums."""
    recorded = read(folder) or {}
    kept = {name: sum for name, sum in recorded.items() if not _MADE_AGAIN.fullmatch(name)}
    return list(changed(folder, kept))
