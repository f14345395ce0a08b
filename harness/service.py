"""A program that runs beside a cell, such as the server that answers late.

It is started by the harness, says its address and a token in its first line, and ends when its
standard input does. The harness hands out an address only once it has seen that the socket which
listens there belongs to the very process it started: a stranger's server on the same port, or one
left over from an earlier run, would otherwise be measured in its place.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from harness import process
from harness.errors import HarnessError

READY_LIMIT_S = 10.0
END_LIMIT_S = 2.0
LINE_LIMIT_BYTES = 4096
_TCP_LISTEN = "0A"


class ServiceError(HarnessError):
    """The service cannot be used; the cells that need it have no figures."""


@dataclass(frozen=True)
class Endpoint:
    """What a run is handed."""

    address: str
    token: str


def find_program(build: Path, name: str) -> Path:
    """The service's program in the build folder of the suites."""
    for path in sorted((build / "suites").rglob(name)):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise ServiceError(f"the service {name!r} has not been built in {build / 'suites'}")


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _TCP_LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(fields[9])
    return inodes


def _owned_inodes(pid: int) -> set[str]:
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    return inodes


def _check_owner(pid: int, address: str) -> None:
    """Every listener on the port must be ours: SO_REUSEPORT would share it with a stranger."""
    port = address.rsplit(":", 1)[-1]
    if not port.isdigit():
        raise ServiceError(f"the service says an address without a port: {address!r}")
    listening = _listening_inodes(int(port))
    if not listening or not listening <= _owned_inodes(pid):
        raise ServiceError(f"the listener at {address} is not the service that was started")


def _parse(line: bytes) -> Endpoint:
    try:
        said = json.loads(line.decode("utf-8"))
        address, token = said["address"], said["token"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ServiceError(f"the service's first line is not usable: {line[:200]!r}") from error
    if not (isinstance(address, str) and isinstance(token, str) and address and token):
        raise ServiceError("the service's first line names no address or no token")
    return Endpoint(address, token)


class Service:
    """A running service; a context manager that ends it with everything it started."""

    def __init__(self, program: Path, cwd: Path | None = None) -> None:
        self._program = program
        self._cwd = cwd

    def __enter__(self) -> Endpoint:
        self._before = process.children()
        # A file, because nobody empties a pipe while the service runs: it would block on its words.
        self._words = tempfile.TemporaryFile()
        try:
            self._process = process.start(
                [str(self._program)], self._cwd, stdin=subprocess.PIPE, stderr=self._words
            )
        except OSError as error:
            raise ServiceError(f"the service cannot be started: {error}") from error
        try:
            endpoint = _parse(self._first_line())
            _check_owner(self._process.pid, endpoint.address)
        except BaseException:
            self._stop()
            raise
        return endpoint

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _first_line(self) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + READY_LIMIT_S
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in line:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ServiceError(f"the service was not ready within {READY_LIMIT_S:g} s")
                chunk = os.read(descriptor, LINE_LIMIT_BYTES)
                if not chunk:
                    raise ServiceError(f"the service ended before it was ready{self._said()}")
                line += chunk
                if len(line) > LINE_LIMIT_BYTES:
                    raise ServiceError("the service's first line is too long")
        return line.split(b"\n", 1)[0]

    def _said(self) -> str:
        self._words.seek(0)
        said = self._words.read(LINE_LIMIT_BYTES).decode("utf-8", "replace").strip()
        return f": {said}" if said else ""

    def _stop(self) -> None:
        service = self._process
        for stream in (service.stdin, service.stdout):
            assert stream is not None
            stream.close()
        # Not Popen.wait: reaping the leader would free the group's number before the group is dead.
        deadline = time.monotonic() + END_LIMIT_S
        pidfd = os.pidfd_open(service.pid)
        with selectors.DefaultSelector() as selector:
            selector.register(pidfd, selectors.EVENT_READ)
            selector.select(max(0.0, deadline - time.monotonic()))
        os.close(pidfd)
        process.signal_group(service.pid, signal.SIGKILL)
        service.wait()
        process.kill_orphans(self._before)
        self._words.close()
