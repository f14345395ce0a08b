"""A run's folder: written so that nothing recorded is lost, read so that nothing torn is believed.

One line per finished run is appended, flushed and synced before the next run begins. A line that a
crash tore off is the last one and has no end; it is dropped and its run is made again. Anything
else that does not parse is damage, and is said, with its place. All other files are written beside
their place and renamed into it; SHA256SUMS comes last, so its presence says that the rest is whole.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Mapping, Sequence

from harness import sums
from harness.errors import DamageError, InputError, StoreError
from harness.model import Cell
from harness.plan import Planned

LOG_LIMIT_BYTES = 64 << 10
RACE = "race"  # a run of programs with race detectors, inside that of the programs themselves
_BESIDE = ".{}.new"
_RUNS = "raw/runs.jsonl"
_PLAN = "plan.jsonl"


def cell_document(cell: Cell) -> dict[str, Any]:
    return {**asdict(cell), "parameters": dict(cell.parameters)}


def read_cell(values: Mapping[str, Any]) -> Cell:
    fields: dict[str, Any] = {**values, "parameters": tuple(values["parameters"].items())}
    return Cell(**fields)


def _dump(document: Any, indent: int | None = None) -> bytes:
    return (json.dumps(document, indent=indent, allow_nan=False) + "\n").encode()


def _refused(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"{path}: the disk is full; what was recorded before is kept")
    return StoreError(f"{path}: cannot be written: {error.strerror}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or none of it, whatever happens meanwhile. Raises StoreError."""
    beside = path.with_name(_BESIDE.format(path.name))
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, path)
        _sync_folder(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _refused(path, error) from error


def read_json(path: Path) -> dict[str, Any]:
    """A file that `write_atomically` wrote. Raises InputError."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file: is this a run's folder?") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: is not a JSON object")
    return document


def _lines(path: Path) -> tuple[list[Any], int]:
    """The parsed lines of a file and the length of its whole part."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    whole = data.rfind(b"\n") + 1
    parsed = []
    for index, line in enumerate(data[:whole].splitlines(), start=1):
        try:
            parsed.append(json.loads(line))
        except ValueError as error:
            raise StoreError(f"{path}: line {index} is damaged: {error}") from error
    return parsed, whole


def read_lines(path: Path) -> list[Any]:
    """The whole lines of a file of JSON lines, as they are. Raises StoreError."""
    return _lines(path)[0]


def load_runs(folder: Path) -> list[dict[str, Any]]:
    """Every finished run, in the order in which they finished. Raises StoreError."""
    runs = read_lines(folder / _RUNS)
    seen: set[int] = set()
    for index, run in enumerate(runs, start=1):
        if not isinstance(run, dict) or run.get("schema") != "weft.run/1":
            raise StoreError(f"{folder / _RUNS}: line {index} is not a run")
        if run["run"] in seen:
            raise StoreError(f"{folder / _RUNS}: line {index} has run {run['run']} a second time")
        seen.add(run["run"])
    return runs


def load_plan(folder: Path) -> list[Planned]:
    """The runs to be made, in order; empty where the plan was never reached."""
    lines = read_lines(folder / _PLAN)
    fields: list[dict[str, Any]] = [{**line, "cell": read_cell(line["cell"])} for line in lines]
    return [Planned(**field) for field in fields]


def check_undamaged(folder: Path) -> None:
    """Raises DamageError where what was recorded changed since the folder was sealed."""
    try:
        damage = sums.damage(folder)
    except (OSError, ValueError) as error:
        damage = [f"{sums.NAME}: {error}"]
    if damage:
        raise DamageError(f"{folder}: {damage[0]} (harness verify says everything)")


class RunFolder:
    """The folder of one run, held by one harness at a time; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runs: int | None = None
        try:
            (path / "raw").mkdir(parents=True, exist_ok=True)
            (path / "logs").mkdir(exist_ok=True)
            self._lock = os.open(path / sums.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _refused(path, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise InputError(f"{path}: another harness is at work in this folder") from error
        # What a killed harness did not get to rename is part of nothing, so no sum may name it.
        for left in path.rglob(_BESIDE.format("*")):
            left.unlink()

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_: object) -> None:
        if self._runs is not None:
            os.close(self._runs)
        os.close(self._lock)

    def write_json(self, name: str, document: Mapping[str, Any]) -> None:
        write_atomically(self.path / name, _dump(document, indent=1))

    def write_plan(self, runs: Sequence[Planned]) -> None:
        lines = (_dump({**asdict(run), "cell": cell_document(run.cell)}) for run in runs)
        write_atomically(self.path / _PLAN, b"".join(lines))

    def open_runs(self) -> int:
        """Makes the runs' file ready for appending; how many bytes of a torn line were dropped."""
        path = self.path / _RUNS
        _, whole = _lines(path)
        try:
            (self.path / sums.NAME).unlink(missing_ok=True)
            self._runs = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            torn = os.fstat(self._runs).st_size - whole
            os.ftruncate(self._runs, whole)
            os.fsync(self._runs)
            _sync_folder(path.parent)
        except OSError as error:
            raise _refused(path, error) from error
        return torn

    def append_run(self, run: Mapping[str, Any]) -> None:
        """Records a finished run for good, or raises StoreError and records nothing of it."""
        assert self._runs is not None, "open_runs comes first"
        size = os.fstat(self._runs).st_size
        try:
            _write_all(self._runs, _dump(run))
            os.fsync(self._runs)
        except OSError as error:
            os.ftruncate(self._runs, size)
            raise _refused(self.path / _RUNS, error) from error

    def write_log(self, name: str, data: bytes) -> None:
        """What a failed run said; its end, where it is longer than the limit."""
        if data:
            write_atomically(self.path / "logs" / name, data[-LOG_LIMIT_BYTES:])

    def seal(self) -> None:
        """Writes SHA256SUMS over every file of the folder; nothing is written after it."""
        write_atomically(self.path / sums.NAME, sums.text(self.path).encode())
