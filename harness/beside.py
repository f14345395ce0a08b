"""What lies beside a run in its host's folder: earlier runs in short, the gate's error rates.

It reads, and writes nothing.

Each folder is believed only as far as its SHA256SUMS; one that is damaged is counted and left out,
whatever is in it. How much is read is bounded: a folder of a host may hold years.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

from harness import summary, sums
from harness.analysis import analyse
from harness.errors import HarnessError, InputError
from harness.gate import error_rates
from harness.model import Analysis
from harness.store import read_json
from harness.summary import Summary

SHOWN_MAX = 10
LOOKED_AT_MAX = 40
SUMMARY_BYTES_MAX = 4 << 20
ANALYSED_BYTES_MAX = 4 << 20  # of recorded runs, all folders without a summary together

_HOST_FOLDER = re.compile(r"[0-9a-f]{12}-")
_STAMPED = re.compile(r"\d{8}T\d{6}Z-")
_UNREADABLE = "could not be read"
_BROKEN = (HarnessError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Earlier:
    """The earlier runs of a run's host, the oldest first; why there can be none, or ''."""

    runs: tuple[Summary, ...] = ()
    more: int = 0  # still older ones
    left_out: Mapping[str, int] | None = None  # folders by the reason why they are not shown
    none: str = ""


class _Unread(Exception):
    """A reason in a few words."""


class _Reader:
    """Reads the summaries of folders, and analyses those without one while its share lasts."""

    def __init__(self) -> None:
        self._left = ANALYSED_BYTES_MAX

    def read(self, folder: Path) -> Summary:
        recorded = sums.read(folder)
        if recorded is None:
            raise _Unread("not closed by its harness")
        if summary.NAME in recorded:
            return self._summary(folder / summary.NAME, recorded[summary.NAME])
        return self._analysed(folder)

    def _summary(self, path: Path, digest: str) -> Summary:
        if path.is_symlink() or path.stat().st_size > SUMMARY_BYTES_MAX:
            raise ValueError("no summary is a link or so large")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise ValueError("it changed since")
        return summary.parse(json.loads(data))

    def _analysed(self, folder: Path) -> Summary:
        """Of a run without a report, or from before there were summaries."""
        if "merged" in read_json(folder / "manifest.json"):
            raise _Unread("merged from others")
        size = (folder / "raw" / "runs.jsonl").stat().st_size
        if size > self._left:
            raise _Unread("without a summary.json (harness report makes it)")
        self._left -= size
        if sums.damage(folder):
            raise ValueError("it changed since")
        return summary.of(analyse(folder))


def _candidates(folder: Path) -> list[Path]:
    """The runs' folders beside this one, by their names the latest first.

    Where names begin with their time, those after this one's are no earlier runs.
    """
    stamped = _STAMPED.match(folder.name) is not None
    found = []
    for path in folder.parent.iterdir():
        later = stamped and _STAMPED.match(path.name) and path.name > folder.name
        if path != folder and not later and (path / "manifest.json").is_file():
            found.append(path)
    return sorted(found, key=lambda path: path.name, reverse=True)


def _why_none(analysis: Analysis, folder: Path) -> str:
    host = str(analysis.environment.get("fingerprint", ""))
    if "merged" in analysis.manifest:
        return "A merged run has no trend: the runs that it is made of have one each."
    if _HOST_FOLDER.match(folder.parent.name) and not folder.parent.name.startswith(host):
        return "This run lies in the folder of another host, so what is beside it is not its past."
    return ""


def gate_rates(analysis: Analysis, folder: Path) -> list[str]:
    """How often the gate is wrong on the host of this run, in words."""
    try:
        found = error_rates.load(folder.parent, str(analysis.environment.get("fingerprint", "")))
    except InputError:
        return [f"{error_rates.NAME} of this host could not be read."]
    return [error_rates.NOT_MEASURED] if found is None else error_rates.parse(found).words


def earlier(analysis: Analysis, folder: Path) -> Earlier:
    """The runs of the same host, begun before this one, whose folders lie beside its folder."""
    none = _why_none(analysis, folder)
    if none:
        return Earlier(none=none)
    own = summary.of(analysis)
    try:
        candidates = _candidates(folder)
    except OSError:
        return Earlier(left_out={"the folder above this run " + _UNREADABLE: 1})
    left_out = Counter({"not looked at": max(0, len(candidates) - LOOKED_AT_MAX)})
    found: dict[tuple[str, int], Summary] = {}
    reader = _Reader()
    for path in candidates[:LOOKED_AT_MAX]:
        try:
            run = reader.read(path)
        except _Unread as reason:
            left_out[str(reason)] += 1
        except _BROKEN:
            left_out[_UNREADABLE] += 1
        else:
            if run.merged:
                left_out["merged from others"] += 1
            elif run.host != own.host:
                left_out["of another host"] += 1
            elif run.started < own.started:
                found[run.started, run.seed] = run
    runs = [found[key] for key in sorted(found)]
    return Earlier(tuple(runs[-SHOWN_MAX:]), len(runs[:-SHOWN_MAX]), +left_out)
