"""What every form of a gate's outcome says alike of an entry of gate.json."""

from __future__ import annotations

from typing import Any, Mapping


def counts(result: Mapping[str, Any]) -> bool:
    """Whether the gate's own verdict rests on this cell's, too."""
    return bool(result["gated"]) and not result["quarantine"]


def shown(verdict: str, counted: bool) -> str:
    """One that does not count says so."""
    return verdict if counted else f"{verdict} (no gate)"


def verdict(result: Mapping[str, Any]) -> str:
    """As it is shown."""
    return shown(result["verdict"], counts(result))
