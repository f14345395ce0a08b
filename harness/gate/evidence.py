"""What a verdict rests on: the plan and the runs. The verdict is a pure function of both files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Mapping, Sequence

from harness.gate.decision import decide
from harness.gate.model import Bar, Decision, Kind, Rules, Sample, Standing, Subject, Verdict
from harness.gate.pairs import sample
from harness.model import Metric

SCHEMA = "weft.gate_plan/1"
_CANARY = {"name": "real_time", "unit": "ns", "direction": "lower"}


def document(
    subjects: Sequence[Subject],
    metrics: Mapping[str, Metric],
    rules: Rules,
    decided: Sequence[str],
    notes: Sequence[str],
) -> dict[str, Any]:
    """gate-plan.json; written before the first run, and again when the router has chosen."""
    return {
        "schema": SCHEMA,
        "rules": {**asdict(rules), "pairs": list(rules.pairs)},
        "subjects": [asdict(subject) for subject in subjects],
        "metrics": {name: asdict(metric) for name, metric in metrics.items()},
        "decided": list(decided),
        "notes": list(notes),
    }


def read_subject(values: Mapping[str, Any]) -> Subject:
    standing = values["standing"]
    if standing is not None:
        standing = Standing(Verdict(standing["verdict"]), standing["reason"])
    fields = {**values, "kind": Kind(values["kind"]), "bar": Bar(**values["bar"])}
    return Subject(**{**fields, "standing": standing})


def metric(plan: Mapping[str, Any], subject: str) -> Metric:
    """What is compared of a subject."""
    return Metric(**plan["metrics"].get(subject, _CANARY))


def samples(
    plan: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Sample], dict[str, Sample]]:
    """What the router and the decider saw, by subject; who was not measured has a sample too.

    What broke in the router never came to the decider, so its sample there is the router's.
    """
    found: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for run in runs:
        found.setdefault((run["stage"], run["subject"]), []).append(run)
    pairs = plan["rules"]["pairs"]

    def of(stage: int, names: Sequence[str]) -> dict[str, Sample]:
        planned = pairs[stage - 1]
        return {
            name: sample(
                found.get((stage, name), []), planned, metric(plan, name).direction == "lower"
            )
            for name in names
        }

    measured = [s["id"] for s in plan["subjects"] if s["standing"] is None]
    router, decider = of(1, measured), of(2, plan["decided"])
    for name, first in router.items():
        if name in decider and (first.broken_base or first.broken_head):
            decider[name] = first
    return router, decider


def judge(plan: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> Decision:
    """The verdict on recorded runs."""
    subjects = [read_subject(values) for values in plan["subjects"]]
    fields: dict[str, Any] = {**plan["rules"], "pairs": tuple(plan["rules"]["pairs"])}
    rules = Rules(**fields)
    router, decider = samples(plan, runs)
    return decide(subjects, router, decider, rules)
