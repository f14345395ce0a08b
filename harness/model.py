"""The words of the harness as types: what a stage hands to the next.

Every figure that leaves this package can be traced through these types: a `Cell` is planned, a
`Run` of it is recorded in one JSON line, an `Analysis` is computed from the recorded lines and
nothing else, and the report is a rendering of the `Analysis`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Mapping


class Gap(str, Enum):
    """Why a cell has no figures; the values are the words that a reader sees."""

    NOT_EXPRESSIBLE = "not expressible"
    NOT_INSTALLED = "not installed"
    NOT_IMPLEMENTED = "not implemented"
    DID_NOT_FINISH = "did not finish"
    FAILED = "failed"
    WRONG_RESULT = "wrong result"
    MISMATCH = "configuration mismatch"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Metric:
    """A figure of a repetition: its record field, its unit and which way is better."""

    name: str
    unit: str
    direction: str  # "lower" or "higher"


@dataclass(frozen=True)
class Workload:
    """A workload's spec, as read from its TOML file; `path` is relative to the repository."""

    id: str
    version: int
    title: str
    question: str
    operation: str
    stresses: str
    check: str
    metric: Metric
    control: bool
    floor: str | None
    metrics: tuple[Metric, ...]
    parameter_titles: Mapping[str, str]
    path: str

    @property
    def suite(self) -> str:
        """The part of the id before the slash."""
        return self.id.split("/", 1)[0]


@dataclass(frozen=True)
class Contender:
    """A contender as the build left it and as it describes itself (empty when absent)."""

    name: str
    title: str
    status: str  # "built" or "absent"
    reason: str | None
    program: str | None
    describe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def default_profile(self) -> str:
        """The profile of its plain row; empty where it does not say."""
        profiles = self.describe.get("profiles")
        for profile in profiles if isinstance(profiles, (list, tuple)) else ():
            if isinstance(profile, Mapping) and profile.get("default") is True:
                return str(profile.get("name"))
        return ""


@dataclass(frozen=True)
class Cell:
    """One workload with one set of parameters on one contender's profile at W workers."""

    workload: str
    parameters: tuple[tuple[str, int | str], ...]
    workers: int
    contender: str
    profile: str
    form: str = "shared"
    source: str | None = None

    @property
    def group(self) -> str:
        """What is compared: the cells of a group differ only in contender and profile."""
        words = [f"{name}={value}" for name, value in self.parameters]
        return "/".join([self.workload, *words, f"workers={self.workers}"])

    @property
    def row(self) -> str:
        """The contender's row, `name` or `name:profile`."""
        return self.contender if not self.profile else f"{self.contender}:{self.profile}"

    @property
    def id(self) -> str:
        """Stable identity of the cell; also the fragment of its link in the report."""
        return f"{self.group}@{self.row}"


@dataclass(frozen=True)
class Interval:
    """A median with its order-statistic interval; the bounds are None when n is too small."""

    n: int
    median: float
    low: float | None
    high: float | None
    confidence: float | None  # the interval's exact coverage, at least 0.95 when there is one


@dataclass(frozen=True)
class CellResult:
    """A cell with its figures, or the reason why it has none."""

    cell: Cell
    gap: Gap | None
    reason: str | None
    by_round: Mapping[int, float] = field(default_factory=dict)  # the metric, of runs that count
    interval: Interval | None = None
    metrics: Mapping[str, Interval] = field(default_factory=dict)  # every other recorded figure
    effective: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[str, ...] = ()  # runs that did not count, each with its reason
    command: str | None = None  # repeats one run by hand
    notes: tuple[str, ...] = ()  # what a reader has to know beside the figures

    @property
    def values(self) -> tuple[float, ...]:
        """Of the workload's metric, one per finished run, in run order."""
        return tuple(self.by_round.values())


@dataclass(frozen=True)
class Comparison:
    """Two cells of a group: the ratio `other / base` of the metric from runs paired by round.

    A ratio above 1 means that `base` is better where lower is better. `separable` is False when
    the interval includes 1 or when there is none.
    """

    base: Cell
    other: Cell
    ratio: Interval
    separable: bool


@dataclass(frozen=True)
class Group:
    """Cells that may be compared, with every contender's row, missing ones included."""

    id: str
    workload: Workload
    parameters: tuple[tuple[str, int | str], ...]
    workers: int
    results: tuple[CellResult, ...]
    comparisons: tuple[Comparison, ...]  # weft's default row against each other row with figures
    floor: Interval | None
    floor_name: str | None


@dataclass(frozen=True)
class Analysis:
    """A run folder, judged; pure function of its files."""

    manifest: Mapping[str, Any]
    environment: Mapping[str, Any]
    warnings: tuple[str, ...]  # what spoils the measurement, in words
    contenders: tuple[Contender, ...]
    workloads: tuple[Workload, ...]
    groups: tuple[Group, ...]
    interrupted: bool
    runs_planned: int
    runs_finished: int
    runs_failed: int
