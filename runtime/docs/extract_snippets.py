"""Turns the C++ blocks of a page into a source file that can be compiled.

Each block becomes the body of a function, which has as parameters what the snippets take for
granted; the compiler's messages name the lines of the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

FENCE = "```"
GIVEN = """    [[maybe_unused]] weft::context ctx,
    [[maybe_unused]] weft::chan<int> answers,
    [[maybe_unused]] weft::chan<int> requests,
    [[maybe_unused]] std::vector<std::string> urls"""


def blocks(page: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) of each block."""
    first = 0
    lines: list[str] | None = None
    for number, line in enumerate(page.splitlines(), start=1):
        if lines is None and line == f"{FENCE}cpp":
            first, lines = number + 1, []
        elif lines is not None and line == FENCE:
            yield first, lines
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        raise ValueError(f"the block at line {first} has no end")


def source(page: Path) -> str:
    parts = ['#include "snippets.hpp"\n']
    for first, lines in blocks(page.read_text(encoding="utf-8")):
        parts += [f"[[maybe_unused]] static void snippet_at_{first}(", f"{GIVEN}) {{"]
        parts += [f'#line {first} "{page.as_posix()}"']
        parts += [*lines, "}", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(source(Path(sys.argv[1])), encoding="utf-8")
