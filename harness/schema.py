"""The JSON Schemas of a run's files, and what in a document breaks one of them.

Measuring and judging never need this: the package that checks a schema (python3-jsonschema) may be
missing there. `verify` and the tests need it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Iterator

from harness.errors import HarnessError

_FOLDER = Path(__file__).resolve().parent / "schemas"
_SHOWN_CHARACTERS = 200
_PROBLEMS_MAX = 5  # of one document; a file of another format breaks every line of a schema


class CheckerMissing(HarnessError):
    """There is no package here that checks a schema."""


@cache
def load(name: str) -> dict[str, Any]:
    """The schema of a kind of document, with the schemas that it refers to in their places."""
    document: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return {key: _inlined(value) for key, value in document.items()}


def _inlined(node: Any) -> Any:
    if isinstance(node, list):
        return [_inlined(item) for item in node]
    if not isinstance(node, dict):
        return node
    target = node.get("$ref", "")
    if isinstance(target, str) and target.endswith(".json"):
        return load(target.removesuffix(".json"))
    return {key: _inlined(value) for key, value in node.items()}


@cache
def validator(name: str) -> Any:
    try:
        import jsonschema  # type: ignore[import]
    except ImportError as error:
        raise CheckerMissing(
            "schemas cannot be checked: Python's jsonschema is missing"
            " (sudo apt-get install python3-jsonschema)"
        ) from error
    return jsonschema.Draft202012Validator(load(name))


def _place(path: Any) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[:80]


def problems(name: str, document: Any) -> Iterator[str]:
    """What in a document breaks its schema, in words. Raises CheckerMissing."""
    errors = sorted(
        validator(name).iter_errors(document), key=lambda error: list(map(str, error.path))
    )
    for error in errors[:_PROBLEMS_MAX]:
        message = error.message
        if len(message) > _SHOWN_CHARACTERS:
            message = f"{message[:_SHOWN_CHARACTERS]}…"
        yield f"{_place(error.path).lstrip('.') or 'the document'}: {message}"
    if len(errors) > _PROBLEMS_MAX:
        yield f"and {len(errors) - _PROBLEMS_MAX} breaches more"
