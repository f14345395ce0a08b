"""Runs a program in its own session, within limits, and leaves nothing of it behind.

A contender may crash, hang, ignore SIGTERM, stop itself, flood its output or leave a daemon. What
holds against each: a process group that is killed while its leader is still a zombie (so that the
group's number cannot have passed to a stranger), limits on the time and on each stream, and the
harness as the reaper of whatever escapes the group. Nothing is waited for without a bound, and the
harness sleeps while a contender is measured.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Mapping, Sequence

GRACE_S = 2.0  # from SIGTERM to SIGKILL
READ_BYTES = 1 << 16
STREAM_LIMIT_BYTES = 16 << 20

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Usage:
    """What the kernel charged to the program and to the children that it waited for."""

    user_s: float
    system_s: float
    max_rss_bytes: int
    voluntary_switches: int
    involuntary_switches: int
    minor_faults: int
    major_faults: int


@dataclass(frozen=True)
class Finished:
    """How a program ended; `exit_status` is None where a signal ended it or it never began."""

    exit_status: int | None
    signal: int | None
    timed_out: bool
    aborted: bool
    flooded: str | None  # the stream that passed its limit
    stdout: bytes
    stderr: bytes
    wall_s: float
    usage: Usage | None
    error: str | None  # why it could not be started
    left_behind: int  # processes that outlived it and were killed


class Abort:
    """A wish to stop now that wakes a sleeping `run`: set from a signal handler, never cleared."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self.wanted = False

    def fileno(self) -> int:
        return self._reader

    def set(self) -> None:
        self.wanted = True
        os.write(self._writer, b"!")

    def close(self) -> None:
        os.close(self._reader)
        os.close(self._writer)


def environment(source: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The fixed minimum that a program gets: no variable can tune one contender unseen."""
    kept = {name: source[name] for name in ("PATH", "HOME") if name in source}
    return {**kept, "LANG": "C.UTF-8"}


def become_reaper() -> None:
    """Makes this process the parent of every orphan below it, so that none can escape."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _die_with(parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was killed before the wish was uttered
        os._exit(1)


def start(
    command: Sequence[str],
    cwd: Path | None,
    stdin: int = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.PIPE,
    padding: int = 0,
) -> subprocess.Popen[bytes]:
    """A program in a session of its own that dies with the harness. Raises OSError."""
    return subprocess.Popen(
        list(command),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**environment(), **({"PADDING": "x" * padding} if padding else {})},
        cwd=cwd,
        start_new_session=True,
        preexec_fn=partial(_die_with, os.getpid()),
    )


def signal_group(pid: int, number: int) -> None:
    """Signals the group whose leader this harness started and has not reaped yet."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def children() -> set[int]:
    """The processes whose parent is this one, zombies included."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found.update(int(pid) for pid in (task / "children").read_text().split())
        except OSError:
            continue
    return found


def kill_orphans(before: set[int]) -> int:
    """Kills and reaps the children that were not there before; how many were still alive.

    Each killed process may pass its own children on, so this repeats, with a bound.
    """
    alive = 0
    for _ in range(64):
        orphans = children() - before
        if not orphans:
            break
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                _, status = os.waitpid(pid, 0)
            except (ChildProcessError, ProcessLookupError):
                continue
            alive += os.WIFSIGNALED(status)
    return alive


class _Capture:
    """The two streams of a program, each kept up to the limit."""

    def __init__(self, process: subprocess.Popen[bytes], limit: int) -> None:
        assert process.stdout is not None and process.stderr is not None
        self.streams = {"stdout": process.stdout, "stderr": process.stderr}
        self.kept = {"stdout": bytearray(), "stderr": bytearray()}
        self.flooded: str | None = None
        self._limit = limit
        for stream in self.streams.values():
            os.set_blocking(stream.fileno(), False)

    def read(self, name: str) -> bool:
        """Takes what is there; False at the end of the stream."""
        try:
            chunk = os.read(self.streams[name].fileno(), READ_BYTES)
        except BlockingIOError:
            return True
        kept = self.kept[name]
        kept += chunk[: self._limit - len(kept)]
        if len(chunk) and len(kept) >= self._limit:
            self.flooded = self.flooded or name
        return bool(chunk)

    def drain(self) -> None:
        """Takes what a dead program left in its pipes; a daemon that holds them is not awaited."""
        for name, stream in self.streams.items():
            capacity = fcntl.fcntl(stream.fileno(), fcntl.F_GETPIPE_SZ)
            for _ in range(capacity // READ_BYTES + 2):
                if not self.read(name):
                    break
            stream.close()


def _await_end(
    process: subprocess.Popen[bytes], capture: _Capture, limit_s: float, abort: Abort | None
) -> tuple[bool, bool]:
    """Sleeps until the program is dead or killed; (timed out, aborted). Does not reap it."""
    timed_out = aborted = False
    deadline = time.monotonic() + limit_s
    pidfd = os.pidfd_open(process.pid)
    with selectors.DefaultSelector() as selector:
        selector.register(pidfd, selectors.EVENT_READ, "end")
        for name, stream in capture.streams.items():
            selector.register(stream, selectors.EVENT_READ, name)
        if abort is not None:
            selector.register(abort, selectors.EVENT_READ, "abort")
        killing = False
        while True:
            events = selector.select(max(0.0, deadline - time.monotonic()))
            ready = {key.data for key, _ in events}
            for name in capture.streams.keys() & ready:
                if not capture.read(name):
                    selector.unregister(capture.streams[name])
            if "end" in ready:
                break
            late = time.monotonic() >= deadline
            if killing:
                if late:
                    break
                continue
            aborted = "abort" in ready
            timed_out = late and not aborted
            if not (aborted or timed_out or capture.flooded):
                continue
            # A stopped process acts on SIGTERM only once it continues.
            signal_group(process.pid, signal.SIGTERM)
            signal_group(process.pid, signal.SIGCONT)
            killing = True
            deadline = time.monotonic() + GRACE_S
            for name in (*capture.streams, "abort"):
                _unregister(selector, name)
    os.close(pidfd)
    return timed_out, aborted


def _unregister(selector: selectors.BaseSelector, name: str) -> None:
    for key in list(selector.get_map().values()):
        if key.data == name:
            selector.unregister(key.fileobj)


def _usage(raw: resource.struct_rusage) -> Usage:
    return Usage(
        user_s=raw.ru_utime,
        system_s=raw.ru_stime,
        max_rss_bytes=raw.ru_maxrss * 1024,
        voluntary_switches=raw.ru_nvcsw,
        involuntary_switches=raw.ru_nivcsw,
        minor_faults=raw.ru_minflt,
        major_faults=raw.ru_majflt,
    )


def run(
    command: Sequence[str],
    limit_s: float,
    cwd: Path | None = None,
    stream_limit_bytes: int = STREAM_LIMIT_BYTES,
    abort: Abort | None = None,
    padding: int = 0,
) -> Finished:
    """Runs a program to its end or to a limit, and returns once nothing of it is left.

    `padding` is the length of a variable that makes its environment so much larger.
    """
    before = children()
    began = time.monotonic()
    try:
        process = start(command, cwd, padding=padding)
    except (OSError, ValueError) as error:
        reason = f"cannot be started: {error}"
        return Finished(None, None, False, False, None, b"", b"", 0.0, None, reason, 0)
    capture = _Capture(process, stream_limit_bytes)
    timed_out, aborted = _await_end(process, capture, limit_s, abort)
    wall_s = time.monotonic() - began
    signal_group(process.pid, signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    left_behind = kill_orphans(before)
    capture.drain()
    return Finished(
        exit_status=process.returncode if process.returncode >= 0 else None,
        signal=-process.returncode if process.returncode < 0 else None,
        timed_out=timed_out,
        aborted=aborted,
        flooded=capture.flooded,
        stdout=bytes(capture.kept["stdout"]),
        stderr=bytes(capture.kept["stderr"]),
        wall_s=wall_s,
        usage=_usage(usage),
        error=None,
        left_behind=left_behind,
    )
