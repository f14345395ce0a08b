"""What every form of a gate's outcome says alike of an entry of gate.json."""

from __future__ import annotations

from typing import Any, Mapping

NO_GATE = "(no gate)"


def counts(result: Mapping[str, Any]) -> bool:
    """Whether the gate's own verdict rests on this cell's, too."""
    return bool(result["gated"]) and not result["quarantine"]


def verdict(result: Mapping[str, Any]) -> str:
    """As it is shown: one that does not count says so."""
    word = str(result["verdict"])
    return word if counts(result) else f"{word} {NO_GATE}"
