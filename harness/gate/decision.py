"""From the samples of both stages to an exit status and a sentence; a pure function."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Mapping, Sequence

from harness.gate.controls import judge_control, overall
from harness.gate.model import (
    Decision,
    Health,
    Judgement,
    Kind,
    Rules,
    Sample,
    Subject,
    Verdict,
)
from harness.gate.routing import route
from harness.gate.verdicts import judge_cells

PASS = 0
REGRESSED = 1
BROKEN = 3
INCONCLUSIVE = 4
NOT_COMPARABLE = 5
OUT_OF_TIME = 124
INTERRUPTED = 130

# The first that applies wins: an error is never hidden behind a regression.
_STATUS_OF = (
    (NOT_COMPARABLE, (Verdict.NOT_COMPARABLE,)),
    (BROKEN, (Verdict.BROKEN, Verdict.SUSPICIOUS)),
    (REGRESSED, (Verdict.REGRESSION,)),
    (INCONCLUSIVE, (Verdict.INCONCLUSIVE,)),
)
_OPENING = {
    PASS: "Pass",
    REGRESSED: "Fail",
    BROKEN: "Broken",
    INCONCLUSIVE: "Undecided",
    NOT_COMPARABLE: "Not comparable",
}
_PLURALS = {Verdict.REGRESSION: "confirmed regression", Verdict.IMPROVEMENT: "improvement"}


def _untrusted(judgement: Judgement, health: Health) -> Judgement:
    """An accusation needs controls that are well."""
    if health is Health.HEALTHY or judgement.verdict is not Verdict.REGRESSION:
        return judgement
    words = f"would be a regression, but the run is {health.value}"
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, words=words)


def exit_status(judgements: Sequence[Judgement], health: Health) -> int:
    """What the process ends with."""
    if not judgements:
        return BROKEN
    found = {judgement.verdict for judgement in judgements if judgement.counts}
    for status, verdicts in _STATUS_OF:
        if found & set(verdicts):
            return status
    # Where nothing was measured, because nothing differs, no verdict rests on the controls.
    measured = any(judgement.interval is not None for judgement in judgements)
    return PASS if health is Health.HEALTHY or not measured else INCONCLUSIVE


def sentence(judgements: Sequence[Judgement], health: Health, status: int) -> str:
    """The verdict in words."""
    counts = Counter(judgement.verdict for judgement in judgements)
    parts = []
    for verdict in Verdict:
        number = counts[verdict]
        if number:
            word = _PLURALS.get(verdict, verdict.value.lower())
            plural = "s" if number > 1 and verdict in _PLURALS else ""
            parts.append(f"{number} {word}{plural}")
    state = {
        Health.HEALTHY: "",
        Health.BLIND: " The gate was blind: it did not see the slowdown that was put in.",
        Health.CONTAMINATED: (
            " The run was contaminated: equal programs differed, or could not be compared."
        ),
    }[health]
    action = "no action needed" if status == PASS else "action needed"
    return f"{_OPENING[status]}: {', '.join(parts) or 'no cell was judged'}; {action}.{state}"


def decide(
    subjects: Sequence[Subject],
    router: Mapping[str, Sample],
    decider: Mapping[str, Sample],
    rules: Rules,
) -> Decision:
    """The whole verdict."""
    cells = [subject for subject in subjects if subject.kind is Kind.CELL]
    controls = tuple(
        judge_control(subject, subjects, router, decider, rules)
        for subject in subjects
        if subject.kind is not Kind.CELL
    )
    health = overall(controls)
    judged = judge_cells(cells, router, decider, rules)
    judgements = tuple(_untrusted(judgement, health) for judgement in judged)
    status = exit_status(judgements, health)
    _, audited = route(subjects, router, rules)
    return Decision(
        judgements,
        controls,
        health,
        status,
        sentence(judgements, health, status),
        tuple(subject.id for subject in audited),
    )
