"""A record counts only if it is the asked one, whole, finite and checked."""

from __future__ import annotations

import copy
import json
import unittest
from dataclasses import replace
from typing import Any, Callable

from harness.contenders import Deviation
from harness.model import Cell, Metric
from harness.process import Finished
from harness.record import Asked, Status, Verdict, figures, judge

CELL = Cell("alpha/first", (("size", 128),), 2, "good", "plain")
ASKED = Asked(CELL, 1, 1000, 1, 3, Metric("real_time", "ns", "lower"))


def finished(stdout: bytes = b"", status: int | None = 0, **changes: Any) -> Finished:
    fields: dict[str, Any] = dict(
        exit_status=status, signal=None, timed_out=False, aborted=False, flooded=None
    )
    fields.update(stdout=stdout, stderr=b"one\nlast words\n", wall_s=1.0, usage=None)
    fields.update(error=None, left_behind=0)
    return Finished(**{**fields, **changes})


def good_record() -> dict[str, Any]:
    context = {"schema": "weft.record/1", "contender": "good", "workload": "alpha/first"}
    context.update(workload_version="1", profile="plain", form="shared", check="ok")
    context.update({f"effective.{name}": value for name, value in ASKED.effective().items()})
    repetitions = [
        {"run_type": "iteration", "repetition_index": i, "iterations": 1000, "time_unit": "ns"}
        | {"real_time": 10.0 + i, "cpu_time": 20, "peak_rss_bytes": 100 - i}
        for i in range(3)
    ]
    return {"context": context, "benchmarks": repetitions}


class ArgumentsTest(unittest.TestCase):
    def test_the_command_line_is_the_contract_s_word_by_word(self) -> None:
        words = "run --workload alpha/first --profile plain --workers 2 --param size=128"
        words += " --operations 1000 --warmup 1 --repetitions 3"
        self.assertEqual(ASKED.arguments(), words.split())


class JudgeTest(unittest.TestCase):
    def judge(self, change: Callable[[dict[str, Any]], object], asked: Asked = ASKED) -> Verdict:
        record = copy.deepcopy(good_record())
        change(record)
        return judge(finished(json.dumps(record).encode()), 5.0, asked)

    def test_what_a_profile_promises_has_to_be_in_its_records(self) -> None:
        asked = replace(ASKED, promised=(("gear", "fifth"),))

        def shift(gear: str) -> Callable[[dict[str, Any]], object]:
            return lambda record: record["context"].update({"effective.gear": gear})

        self.assertEqual(self.judge(shift("fifth"), asked).status, Status.OK)
        for change, words in ((shift("first"), "is 'first'"), (lambda record: None, "is None")):
            verdict = self.judge(change, asked)
            self.assertEqual(verdict.status, Status.MISMATCH)
            self.assertIn(f"effective.gear {words}", verdict.reason or "")

    def test_a_good_record_is_ok_and_its_figures_are_medians(self) -> None:
        verdict = self.judge(lambda record: None)
        self.assertEqual((verdict.status, verdict.reason), (Status.OK, None))
        assert verdict.record is not None
        found = figures(verdict.record)
        self.assertEqual((found["real_time"], found["peak_rss_bytes"]), (11.0, 99.0))
        self.assertNotIn("repetition_index", found)

    def test_aggregates_are_not_repetitions(self) -> None:
        mean = {"run_type": "aggregate", "real_time": 1e9}
        verdict = self.judge(lambda record: record["benchmarks"].append(mean))
        assert verdict.record is not None
        self.assertEqual(figures(verdict.record)["real_time"], 11.0)

    def test_each_undeclared_difference_is_a_mismatch_that_says_what(self) -> None:
        keys = ["schema", "contender", "workload", "workload_version", "profile", "form"]
        keys += [f"effective.{name}" for name in ASKED.effective()]
        for key in keys:
            with self.subTest(key):
                verdict = self.judge(lambda record: record["context"].update({key: "other"}))
                self.assertEqual(verdict.status, Status.MISMATCH)
                self.assertIn(key, verdict.reason or "")
                verdict = self.judge(lambda record: record["context"].pop(key))
                self.assertEqual(verdict.status, Status.MISMATCH)

    def test_a_declared_deviation_is_accepted_for_exactly_its_values(self) -> None:
        declared = Deviation("size", "128", "127", "it holds one less")
        asked = Asked(CELL, 1, 1000, 1, 3, ASKED.metric, (declared,))
        for effective, status in (("127", Status.OK), ("126", Status.MISMATCH)):
            verdict = self.judge(
                lambda record: record["context"].update({"effective.size": effective}), asked
            )
            self.assertEqual(verdict.status, status)

    def test_other_counts_of_work_are_a_mismatch(self) -> None:
        verdict = self.judge(lambda record: record["benchmarks"][1].update(iterations=999))
        self.assertEqual(verdict.status, Status.MISMATCH)

    def test_how_google_benchmark_was_built_is_not_how_the_contender_was(self) -> None:
        verdict = self.judge(lambda record: record["context"].update(library_build_type="debug"))
        self.assertEqual(verdict.status, Status.OK)

    def test_an_unchecked_record_is_a_wrong_result(self) -> None:
        verdict = self.judge(lambda record: record["context"].pop("check"))
        self.assertEqual(verdict.status, Status.WRONG_RESULT)

    def test_what_is_missing_or_not_finite_is_a_failure(self) -> None:
        changes: list[Callable[[dict[str, Any]], object]] = [
            lambda record: record["benchmarks"].pop(),
            lambda record: record["benchmarks"].append(record["benchmarks"][0]),
            lambda record: record["benchmarks"].reverse(),
            lambda record: record.update(benchmarks=None),
            lambda record: record["benchmarks"][0].update(real_time=float("nan")),
            lambda record: record["benchmarks"][0].update(real_time=0),
            lambda record: record["benchmarks"][0].update(real_time=-1.0),
            lambda record: record["benchmarks"][0].update(real_time="10"),
            lambda record: record["benchmarks"][0].update(real_time=True),
            lambda record: record["benchmarks"][0].update(peak_rss_bytes=float("inf")),
            lambda record: record["benchmarks"][0].pop("cpu_time"),
            lambda record: record["benchmarks"][0].update(time_unit="us"),
            lambda record: record["benchmarks"][0].update(error_occurred=True),
            lambda record: record.pop("context"),
        ]
        for index, change in enumerate(changes):
            with self.subTest(index):
                verdict = self.judge(change)
                self.assertEqual(verdict.status, Status.FAILED)
                self.assertIsNone(verdict.record)

    def test_work_that_the_compiler_left_out_is_a_failure(self) -> None:
        verdict = self.judge(lambda record: record["benchmarks"][0].update(real_time=3e-12))
        self.assertEqual(verdict.status, Status.FAILED)
        self.assertIn("an operation took 3e-12 ns: no machine can", verdict.reason or "")
        verdict = self.judge(lambda record: record["benchmarks"][0].update(real_time=2e-4))
        self.assertEqual(verdict.status, Status.OK)

    def test_the_workload_s_own_metric_must_be_there(self) -> None:
        asked = Asked(CELL, 1, 1000, 1, 3, Metric("bytes_per_task", "B", "lower"))
        verdict = self.judge(lambda record: None, asked)
        self.assertEqual(verdict.status, Status.FAILED)
        self.assertIn("bytes_per_task", verdict.reason or "")

    def test_a_number_too_great_for_a_float_is_a_failure(self) -> None:
        text = json.dumps(good_record()).replace("10.0", "1e999").encode()
        self.assertEqual(judge(finished(text), 5.0, ASKED).status, Status.FAILED)

    def test_how_a_program_ends_gives_the_status(self) -> None:
        endings = [
            (finished(status=2), Status.FAILED, "status 2"),
            (finished(status=3), Status.WRONG_RESULT, "last words"),
            (finished(status=4), Status.NOT_EXPRESSIBLE, "last words"),
            (finished(status=5), Status.DID_NOT_FINISH, "refused: last words"),
            (finished(status=None, signal=11), Status.FAILED, "SIGSEGV"),
            (finished(status=None, signal=15, timed_out=True), Status.DID_NOT_FINISH, "within 5 s"),
            (finished(status=0, timed_out=True), Status.DID_NOT_FINISH, "within 5 s"),
            (finished(status=None, signal=9, flooded="stdout"), Status.FAILED, "stdout"),
            (finished(status=None, error="cannot be started"), Status.FAILED, "started"),
        ]
        for ended, status, words in endings:
            with self.subTest(words):
                verdict = judge(ended, 5.0, ASKED)
                self.assertEqual(verdict.status, status)
                self.assertIn(words, verdict.reason or "")
