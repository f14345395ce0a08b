"""Whether two programs are the same, and how to link one in another order."""

from __future__ import annotations

import hashlib
import random
import shlex
import struct
import subprocess
from pathlib import Path

_ALLOCATED = 2  # SHF_ALLOC
_NO_BITS = 8  # SHT_NOBITS
_BUILD_ID = b".note.gnu.build-id"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_LINK_LIMIT_S = 600.0


def _sections(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and content of what a 64-bit ELF file puts into memory; empty for another file."""
    if data[:5] != b"\x7fELF\x02" or len(data) < _HEADER.size:
        return []
    fields = _HEADER.unpack_from(data)
    table, size, number, names_at = fields[6], fields[11], fields[12], fields[13]
    headers = [_SECTION.unpack_from(data, table + size * i) for i in range(number)]
    if not headers:
        return []
    names = headers[names_at]
    found = []
    for name_at, kind, flags, _, offset, length, *_rest in headers:
        start = names[4] + name_at
        name = data[start : data.index(b"\0", start)]
        if flags & _ALLOCATED and kind != _NO_BITS and name != _BUILD_ID:
            found.append((name, data[offset : offset + length]))
    return found


def digest(program: Path, tree: Path) -> str:
    """Of what the program does: without build id and symbols, and wherever its sources lie.

    The trees that are compared have paths of one length, so a path in the text moves nothing.
    """
    data = program.read_bytes()
    found = hashlib.sha256()
    for name, content in _sections(data) or [(b"", data)]:
        found.update(name + b"\0" + content.replace(str(tree).encode(), b"<tree>"))
    return found.hexdigest()


def link_command(build: Path, target: str, program: Path) -> tuple[str, ...] | str:
    """What links a target's program, as words; or why nobody can say."""
    if not (build / "build.ninja").is_file():
        return "the build is not ninja's"
    listing = subprocess.run(
        ["ninja", "-C", str(build), "-t", "commands", target],
        capture_output=True,
        text=True,
        timeout=_LINK_LIMIT_S,
        check=False,
    )
    wanted = str(program.relative_to(build))
    for line in reversed(listing.stdout.splitlines()):
        words = shlex.split(line)
        if "-o" in words and words[words.index("-o") + 1] == wanted:
            return _of_ninja(words)
    return f"no command links {wanted}"


def _of_ninja(words: list[str]) -> tuple[str, ...] | str:
    ends = [at for at, word in enumerate(words) if word == "&&"]
    if len(ends) == 2 and words[0] == ":":  # ninja's `: && command && :`
        words = words[ends[0] + 1 : ends[1]]
    if sum(word.endswith(".o") for word in words) < 2:
        return "there are not two objects to exchange"
    return tuple(words)


def link(command: tuple[str, ...], build: Path, output: Path, seed: str) -> str | None:
    """Links the objects of a command in another order; what the linker refused, or None."""
    words = list(command)
    objects = [at for at, word in enumerate(words) if word.endswith(".o")]
    shuffled = [words[at] for at in objects]
    random.Random(seed).shuffle(shuffled)
    if shuffled == [words[at] for at in objects]:
        shuffled.reverse()
    for at, word in zip(objects, shuffled):
        words[at] = word
    words[words.index("-o") + 1] = str(output)
    linked = subprocess.run(
        words, cwd=build, capture_output=True, text=True, timeout=_LINK_LIMIT_S, check=False
    )
    return None if linked.returncode == 0 else f"the linker refused: {linked.stderr[-300:]}"
