"""What a session writes is what the schemas describe, and nothing that they do not describe."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any, Iterator, Mapping
from unittest import mock

from harness import schema
from harness.store import read_lines
from harness.tests.bed import RecordedBed

try:
    import jsonschema  # type: ignore[import]
except ImportError:
    jsonschema = None

SCHEMAS = Path(schema.__file__).parent / "schemas"
needs_checker = unittest.skipIf(jsonschema is None, "Python's jsonschema is missing")


def undescribed(described: Mapping[str, Any], document: Any, place: str = "") -> Iterator[str]:
    """The keys of a document that its schema neither names nor leaves open on purpose."""
    if isinstance(document, list):
        for item in document:
            yield from undescribed(described.get("items", {}), item, f"{place}[]")
    if not isinstance(document, dict) or described.get("additionalProperties") is True:
        return
    if "properties" not in described and "additionalProperties" not in described:
        return
    for key, value in document.items():
        below = described.get("properties", {}).get(key, described.get("additionalProperties"))
        if isinstance(below, dict):
            yield from undescribed(below, value, f"{place}.{key}")
        else:
            yield f"{place}.{key}"


class WrittenTest(RecordedBed):
    CONTENDERS = {"weft": "good", "wrong": "wrong", "crash": "crash"}
    STATUS = 3

    def documents(self) -> Iterator[tuple[str, Any]]:
        for name in ("manifest", "env", "build", "calibration"):
            yield name, json.loads((self.out / f"{name}.json").read_text())
        for name, file in (("plan", "plan.jsonl"), ("run", "raw/runs.jsonl")):
            for line in read_lines(self.out / file):
                yield name, line

    def test_every_key_that_is_written_is_described(self) -> None:
        for name, document in self.documents():
            self.assertEqual(list(undescribed(schema.load(name), document)), [], name)

    def test_every_fact_that_is_described_is_written(self) -> None:
        environment = json.loads((self.out / "env.json").read_text())
        for part, described in schema.load("env")["properties"].items():
            self.assertIn(part, environment)
            for fact in described.get("properties", {}):
                self.assertIn(fact, environment[part])

    @needs_checker
    def test_every_document_that_is_written_keeps_its_schema(self) -> None:
        seen = set()
        for name, document in self.documents():
            self.assertEqual(list(schema.problems(name, document)), [], name)
            seen.add(name)
        self.assertEqual(len(seen), 6)
        self.assertEqual({run["status"] for run in self.runs()}, {"ok", "wrong result", "failed"})


@needs_checker
class SchemaTest(unittest.TestCase):
    RUN: dict[str, Any] = {
        **{"schema": "weft.run/1", "run": 0, "round": 0, "status": "ok", "reason": None},
        **{"exit_status": 0, "signal": None, "wall_s": 0.1, "usage": None, "left_behind": 0},
        "cell": {
            **{"workload": "a/b", "parameters": {"size": 8, "mode": "x"}, "workers": 1},
            **{"contender": "c", "profile": "p", "form": "shared", "source": None},
        },
        "command": ["c"],
        "record": {
            "context": {},
            "benchmarks": [{"real_time": 1.5, "cpu_time": 0, "iterations": 1, "time_unit": "ns"}],
        },
        "stderr": "",
    }

    def problems(self, **changes: Any) -> list[str]:
        return list(schema.problems("run", {**self.RUN, **changes}))

    def test_each_schema_is_one(self) -> None:
        for path in SCHEMAS.glob("*.json"):
            jsonschema.Draft202012Validator.check_schema(schema.load(path.stem))

    def test_a_run_that_is_right_has_no_problem(self) -> None:
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.problems(later="a reader leaves out what it does not know"), [])

    def test_a_run_that_is_wrong_is_said_with_the_place(self) -> None:
        cases: dict[str, tuple[str, Any]] = {
            "a number below zero": ("wall_s", -1),
            "no status": ("status", "splendid"),
            "an empty command": ("command", []),
            "a figure without success": ("status", "failed"),
            "a cell within another file": ("cell", {**self.RUN["cell"], "workers": 0}),
            "a cell with more": ("cell", {**self.RUN["cell"], "colour": "red"}),
            "success without a figure": ("record", None),
            "a time of zero": ("record", {"context": {}, "benchmarks": [{"real_time": 0}]}),
        }
        for words, (key, value) in cases.items():
            with self.subTest(words):
                self.assertNotEqual(self.problems(**{key: value}), [])
        (problem,) = self.problems(cell={**self.RUN["cell"], "workers": 0})
        self.assertTrue(problem.startswith("cell.workers: "), problem)
        (problem,) = schema.problems("run", [])
        self.assertTrue(problem.startswith("the document: "), problem)

    def test_a_file_of_another_format_is_not_said_line_by_line(self) -> None:
        found = list(schema.problems("run", {}))
        self.assertIn("breaches more", found[-1])
        (found_one,) = [p for p in self.problems(stderr=["x" * 10_000])]
        self.assertLess(len(found_one), 300)


class WithoutCheckerTest(unittest.TestCase):
    def test_it_is_said_with_its_cure(self) -> None:
        schema.validator.cache_clear()
        with mock.patch.dict("sys.modules", {"jsonschema": None}):
            with self.assertRaisesRegex(schema.CheckerMissing, "python3-jsonschema"):
                list(schema.problems("run", {}))
