"""gate.json: everything that a gate says, for programs; `schemas/gate.json` describes it."""

from __future__ import annotations

from statistics import median
from typing import Any, Mapping

from harness.gate import evidence
from harness.gate.arithmetic import percent
from harness.gate.model import Control, Decision, Judgement, Sample
from harness.model import Interval, Metric

SCHEMA = "weft.gate/1"


def _percent(value: float | None) -> float | None:
    return None if value is None else round(percent(value), 3)


def _effect(interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {"effect_percent": None, "interval_percent": None}
    bounds = [_percent(interval.low), _percent(interval.high)]
    return {
        "effect_percent": _percent(interval.median),
        "interval_percent": None if None in bounds else bounds,
    }


def _middle(values: tuple[float, ...]) -> float | None:
    return median(values) if values else None


def _figures(sample: Sample) -> dict[str, Any]:
    return {
        "pairs": len(sample.differences),
        "pairs_planned": sample.planned,
        "dropped": dict(sample.dropped),
        "base_median": _middle(sample.first),
        "head_median": _middle(sample.second),
    }


def _result(judgement: Judgement, metric: Metric) -> dict[str, Any]:
    subject = judgement.subject
    return {
        "id": subject.cell,
        "verdict": judgement.verdict.value,
        "words": judgement.words,
        "metric": metric.name,
        "unit": metric.unit,
        "direction": metric.direction,
        "gated": subject.gated,
        "quarantine": subject.quarantine,
        "stage": judgement.stage,
        **_effect(judgement.interval),
        "p": judgement.p,
        "floor_percent": _percent(judgement.bar.floor),
        "noise_percent": _percent(judgement.bar.noise),
        "effect_min_percent": _percent(judgement.bar.effect),
        "visible_percent": _percent(judgement.visible),
        **_figures(judgement.sample),
    }


def _control(control: Control) -> dict[str, Any]:
    return {
        "id": control.subject.id,
        "kind": control.subject.kind.value,
        "health": control.health.value,
        "words": control.words,
        **_effect(control.interval),
        **_figures(control.sample),
    }


def _dropped(decision: Decision) -> dict[str, int]:
    found: dict[str, int] = {}
    samples = [j.sample for j in decision.judgements] + [c.sample for c in decision.controls]
    for sample in samples:
        for cause, number in sample.dropped.items():
            found[cause] = found.get(cause, 0) + number
    return found


def document(
    decision: Decision, plan: Mapping[str, Any], about: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole file; `about` is who was compared, where, when and how to repeat it."""
    results = [_result(j, evidence.metric(plan, j.subject.id)) for j in decision.judgements]
    ran = sum(result["pairs"] > 0 for result in results)
    return {
        "schema": SCHEMA,
        "sentence": decision.sentence,
        "exit_status": decision.status,
        "health": decision.health.value,
        **about,
        "rules": plan["rules"],
        "controls": [_control(control) for control in decision.controls],
        "completeness": {
            "expected": len(results),
            "measured": ran,
            "missing": [r["id"] for r in results if r["verdict"] == "BROKEN"],
        },
        "audited": list(decision.audited),
        "invalidated": _dropped(decision),
        "results": results,
        "notes": list(plan["notes"]),
    }
