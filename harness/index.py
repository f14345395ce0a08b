"""A table of all runs and their cells in one SQLite file, made from the runs' folders alone.

It is a cache and holds nothing of its own: a folder that changed is read again, one that went is
forgotten, and a file that is damaged or of another version is thrown away and made anew. So it may
be deleted at any time.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from harness import sums
from harness.analysis import analyse
from harness.errors import HarnessError, InputError, StoreError

NAME = "index.sqlite"
_VERSION = 1

_TABLES = """
CREATE TABLE runs (
    folder TEXT PRIMARY KEY, state TEXT NOT NULL, host TEXT NOT NULL, software TEXT,
    nickname TEXT NOT NULL, started TEXT NOT NULL, finished TEXT, commit_id TEXT, dirty INTEGER,
    size TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL, sealed INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    planned INTEGER NOT NULL, recorded INTEGER NOT NULL, failed INTEGER NOT NULL
);
CREATE TABLE cells (
    folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, cell TEXT NOT NULL,
    workload TEXT NOT NULL, version INTEGER NOT NULL, contender TEXT NOT NULL,
    profile TEXT NOT NULL, workers INTEGER NOT NULL, metric TEXT NOT NULL, unit TEXT NOT NULL,
    direction TEXT NOT NULL, n INTEGER NOT NULL, median REAL, low REAL, high REAL, gap TEXT,
    PRIMARY KEY (folder, cell)
);
CREATE INDEX cells_by_cell ON cells (cell);
"""

Say = Callable[[str], None]


@dataclass(frozen=True)
class IndexedRun:
    """A row of the runs; the names are the table's."""

    folder: str
    host: str
    nickname: str
    started: str
    commit_id: str | None
    size: str
    status: str
    sealed: int
    merged: int
    planned: int
    recorded: int
    failed: int


@dataclass(frozen=True)
class Point:
    """A cell's figure in one run; the history of a cell is the points of one host."""

    host: str
    cell: str
    version: int
    metric: str
    unit: str
    started: str
    folder: str
    software: str | None
    commit_id: str | None
    n: int
    median: float | None
    low: float | None
    high: float | None
    gap: str | None


def _folders(top: Path) -> Iterator[Path]:
    """Every run's folder below `top`, but none that is inside another."""
    inside: list[Path] = []
    for manifest in sorted(top.rglob("manifest.json"), key=lambda path: len(path.parts)):
        folder = manifest.parent
        if not any(folder.is_relative_to(run) for run in inside):
            inside.append(folder)
            yield folder


def _state(folder: Path) -> str:
    """What changes when the folder's content does: its sums, or how far an open run has got."""
    try:
        return (folder / sums.NAME).read_text(encoding="utf-8", errors="replace")
    except OSError:
        names = ("manifest.json", "env.json", "plan.jsonl", "raw/runs.jsonl")
        there = [folder / name for name in names if (folder / name).is_file()]
        return " ".join(f"{path.stat().st_mtime_ns}:{path.stat().st_size}" for path in there)


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def _add(connection: sqlite3.Connection, top: Path, folder: Path, state: str) -> None:
    analysis = analyse(folder)
    manifest, environment = analysis.manifest, analysis.environment
    name = folder.relative_to(top).as_posix()
    run = {key: manifest[key] for key in ("started", "finished", "dirty", "size", "seed", "status")}
    run.update(folder=name, state=state, commit_id=manifest["commit"])
    run.update(host=environment["fingerprint"], software=environment.get("fingerprint_software"))
    run.update(merged="merged" in manifest)
    run.update(nickname=environment["nickname"], sealed=(folder / sums.NAME).is_file())
    run.update(planned=analysis.runs_planned, recorded=analysis.runs_finished)
    _insert(connection, "runs", {**run, "failed": analysis.runs_failed})
    for group in analysis.groups:
        workload = group.workload
        for result in group.results:
            cell, interval = result.cell, result.interval
            row: dict[str, Any] = {"folder": name, "cell": cell.id, "workload": cell.workload}
            row.update(version=workload.version, contender=cell.contender, profile=cell.profile)
            row.update(workers=cell.workers, metric=workload.metric.name)
            row.update(unit=workload.metric.unit, direction=workload.metric.direction)
            row.update(n=len(result.values), gap=None if result.gap is None else result.gap.value)
            for value in ("median", "low", "high"):
                row[value] = None if interval is None else getattr(interval, value)
            _insert(connection, "cells", row)


def _connect(path: Path) -> sqlite3.Connection:
    """The file's tables; a file that is none of ours or of another version is made anew."""
    connection = sqlite3.connect(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == _VERSION:
            connection.execute("SELECT count(*) FROM runs").fetchone()
            connection.execute("PRAGMA foreign_keys = ON")
            return connection
    except sqlite3.DatabaseError:
        pass
    connection.close()
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript(f"{_TABLES}PRAGMA user_version = {_VERSION};")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class Index:
    """The index of the runs below a folder; brought up to date when it is opened."""

    def __init__(self, top: Path, say: Say, rebuild: bool = False) -> None:
        if not top.is_dir():
            raise InputError(f"{top}: there is no such folder")
        self._top = top
        path = top / NAME
        try:
            if rebuild:
                path.unlink(missing_ok=True)
            with closing(_connect(path)) as connection:
                self._update(connection, say)
                self._runs = self._select(connection, IndexedRun, "runs", "started, folder")
                # A merged run's sources are there themselves.
                joined = "cells JOIN runs USING (folder) WHERE NOT merged"
                order = "host, cell, version, started, folder"
                self._points = self._select(connection, Point, joined, order)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: cannot be written: {error}") from error

    def _update(self, connection: sqlite3.Connection, say: Say) -> None:
        known = dict(connection.execute("SELECT folder, state FROM runs"))
        there = {path.relative_to(self._top).as_posix(): path for path in _folders(self._top)}
        for name in known.keys() - there.keys():
            connection.execute("DELETE FROM runs WHERE folder = ?", [name])
        for name, folder in there.items():
            state = _state(folder)
            if known.get(name) == state:
                continue
            connection.execute("DELETE FROM runs WHERE folder = ?", [name])
            try:
                _add(connection, self._top, folder, state)
            except (HarnessError, sqlite3.IntegrityError, KeyError, TypeError, ValueError) as error:
                connection.execute("DELETE FROM runs WHERE folder = ?", [name])
                say(f"{folder}: is left out: {error}")
        connection.commit()

    @staticmethod
    def _select(connection: sqlite3.Connection, kind: type, table: str, order: str) -> list[Any]:
        names = ", ".join(field.name for field in fields(kind))
        query = f"SELECT {names} FROM {table} ORDER BY {order}"
        return [kind(*row) for row in connection.execute(query)]

    @property
    def runs(self) -> Sequence[IndexedRun]:
        """Every run, the earliest first."""
        return self._runs

    def history(self, pattern: str) -> list[Point]:
        """The points of the cells whose id a regular expression finds, host by host."""
        try:
            wanted = re.compile(pattern)
        except re.error as error:
            raise InputError(f"--cell {pattern!r}: {error}") from error
        return [point for point in self._points if wanted.search(point.cell)]
