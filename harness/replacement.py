"""A change of a source file as data: one text in it becomes another."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from harness.errors import InputError


@dataclass(frozen=True)
class Replacement:
    """`old` stands in `file` exactly once, so that it cannot come to mean another place."""

    file: str
    old: str
    new: str

    def changed(self, top: Path) -> str:
        """What the file below `top` would be. Raises InputError where the change does not fit."""
        try:
            text = (top / self.file).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{self.file}: cannot be read: {error.strerror}") from error
        if (times := text.count(self.old)) != 1:
            raise InputError(f"{self.file} has {times} times what is to be replaced, not once")
        return text.replace(self.old, self.new)

    @contextmanager
    def made(self, top: Path) -> Iterator[None]:
        """Changes the file and takes that back afterwards. Raises InputError as `changed`."""
        path = top / self.file
        after = self.changed(top)
        before = path.read_text(encoding="utf-8")
        path.write_text(after, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")
