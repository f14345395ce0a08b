"""The words of the gate as types. Every difference is a logarithm, above 0 where head is worse."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Mapping

from harness.model import Interval


class Verdict(str, Enum):
    """What is said about a cell; the values are the words that a reader sees."""

    REGRESSION = "REGRESSION"
    ACCEPTED = "ACCEPTED"
    SUSPECTED = "SUSPECTED"
    IMPROVEMENT = "IMPROVEMENT"
    SUSPICIOUS = "SUSPICIOUS"
    EQUIVALENT = "EQUIVALENT"
    NOT_WORSE = "NOT WORSE"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNSTABLE = "UNSTABLE"
    IDENTICAL = "IDENTICAL"
    NEW = "NEW"
    REMOVED = "REMOVED"
    BROKEN = "BROKEN"
    FIXED = "FIXED"
    NOT_COMPARABLE = "NOT COMPARABLE"


class Kind(str, Enum):
    """What a pair is for."""

    CELL = "cell"
    NULL_COPY = "null copy"
    NULL_RELINK = "null relink"
    POSITIVE = "positive"
    DRIFT = "drift"


class Health(str, Enum):
    """What the controls say about the run as a whole."""

    HEALTHY = "healthy"
    BLIND = "blind"
    CONTAMINATED = "contaminated"


@dataclass(frozen=True)
class Bar:
    """What a median has to exceed: the floor to be a difference, the effect to matter."""

    floor: float  # what equal programs differ by: the noise file's, or the least that is assumed
    effect: float
    noise: float = 0.0  # what the median of equal programs strays by, floor included
    measured: bool = False  # the floor is the noise file's


@dataclass(frozen=True)
class Standing:
    """A verdict that needs no measurement, with its reason."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Subject:
    """What is measured in pairs: a cell of base and head, or a control."""

    id: str
    kind: Kind
    cell: str
    bar: Bar
    gated: bool = True
    standing: Standing | None = None
    accepted_up_to: float | None = None  # a regression up to here has been accepted
    quarantine: str | None = None  # why its verdict does not count


@dataclass(frozen=True)
class Sample:
    """What the pairs of one stage showed of one subject."""

    differences: tuple[float, ...] = ()
    planned: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)  # invalid pairs by their cause
    broken_base: str | None = None
    broken_head: str | None = None
    mismatch: str | None = None  # the two sides did not do the same
    first: tuple[float, ...] = ()  # the sides' own values, pair by pair
    second: tuple[float, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What holds for all cells of a gate."""

    pairs: tuple[int, int]  # of the router, and of the decider
    alpha: float = 0.05
    audit_share: float = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Judgement:
    """The verdict on a cell and what it rests on."""

    subject: Subject
    verdict: Verdict
    words: str
    stage: int
    bar: Bar
    sample: Sample
    interval: Interval | None = None  # of the median difference
    p: float | None = None  # of "worse than the floor", adjusted for the family
    visible: float | None = None  # the smallest change that would have shown

    @property
    def counts(self) -> bool:
        return self.subject.gated and self.subject.quarantine is None


@dataclass(frozen=True)
class Control:
    """What a control showed; `health` is what it alone would say about the run."""

    subject: Subject
    health: Health
    words: str
    sample: Sample
    interval: Interval | None = None


@dataclass(frozen=True)
class Decision:
    """Everything that the gate says."""

    judgements: tuple[Judgement, ...]
    controls: tuple[Control, ...]
    health: Health
    status: int
    sentence: str
    audited: tuple[str, ...] = ()
