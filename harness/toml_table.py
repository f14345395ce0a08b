"""A TOML table that is read whole or refused: every complaint has the file and the key in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Sequence

from harness.errors import InputError


def read_toml(path: Path, file: str) -> dict[str, Any]:
    """A parsed file; `file` is its name for the complaint. Raises InputError."""
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from error


class Table:
    """A TOML table that knows where it is from, for the complaints, and which keys were read."""

    def __init__(self, values: object, file: str, where: str) -> None:
        if not isinstance(values, dict):
            raise InputError(f"{file}: {where or 'the file'} must be a table")
        self.values: dict[str, Any] = values
        self.file = file
        self.where = where
        self._read: set[str] = set()

    def fail(self, key: str, problem: str) -> InputError:
        name = f"{self.where}.{key}" if self.where else key
        return InputError(f"{self.file}: {name}: {problem}")

    def get(self, key: str) -> Any:
        self._read.add(key)
        if key not in self.values:
            raise self.fail(key, "is missing")
        return self.values[key]

    def maybe(self, key: str, default: Any) -> Any:
        self._read.add(key)
        return self.values.get(key, default)

    def text(self, key: str) -> str:
        value = self.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, f"must be a text, not {value!r}")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.maybe(key, None) is not None else None

    def count(self, key: str, minimum: int = 1) -> int:
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise self.fail(key, f"must be a whole number of at least {minimum}, not {value!r}")
        return value

    def optional_count(self, key: str, minimum: int = 1) -> int | None:
        return self.count(key, minimum) if self.maybe(key, None) is not None else None

    def number(self, key: str) -> float:
        value = self.get(key)
        whole_or_real = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not whole_or_real or not 0 < value < float("inf"):
            raise self.fail(key, f"must be a number above 0, not {value!r}")
        return float(value)

    def flag(self, key: str) -> bool:
        value = self.maybe(key, False)
        if not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key)
        if not isinstance(values, list) or not values:
            raise self.fail(key, "must be a list of texts")
        for value in values:
            if not isinstance(value, str) or not value.strip() or values.count(value) > 1:
                raise self.fail(key, f"{value!r} is not a text, or is there twice")
        return tuple(values)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        value = self.text(key)
        if value not in choices:
            raise self.fail(key, f"must be one of {', '.join(choices)}, not {value!r}")
        return value

    def table(self, key: str) -> "Table":
        name = f"{self.where}.{key}" if self.where else key
        return Table(self.get(key), self.file, name)

    def tables(self, key: str) -> list["Table"]:
        values = self.get(key)
        if not isinstance(values, list) or not values:
            raise self.fail(key, "must be an array of tables")
        name = f"{self.where}.{key}" if self.where else key
        return [Table(value, self.file, f"{name}[{at}]") for at, value in enumerate(values)]

    def finish(self) -> None:
        """A key that nobody reads is a misspelt one."""
        for key in self.values:
            if key not in self._read:
                raise self.fail(key, "is not a key that the harness knows")
