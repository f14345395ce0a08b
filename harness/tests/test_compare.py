"""Two runs are compared by their ratios, and only where both can be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Callable

from harness.store import read_json
from harness.tests.bed import Output, RecordedBed

ROW = "real_time"


class CompareTest(RecordedBed):
    CONTENDERS = {"weft": "good", "other": "good"}
    ROUNDS = 6

    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = self.folder / "first", self.folder / "second"
        self.runs_of(self.first, {"weft": 100.0, "other": 200.0})

    def runs_of(self, folder: Path, figures: dict[str, float], spread: float = 0.01) -> None:
        """A run whose contenders have these figures, a little more with every round."""

        def change(run: dict[str, Any]) -> None:
            value = figures[run["cell"]["contender"]] * (1 + spread * run["round"])
            for repetition in run["record"]["benchmarks"]:
                if ROW in repetition:
                    repetition[ROW] = value

        self.change_runs(change)
        self.seal()
        shutil.copytree(self.out, folder)

    def second_is(
        self, weft: float, other: float, change: Callable[[], None] | None = None
    ) -> None:
        if change is not None:
            change()
        self.runs_of(self.second, {"weft": weft, "other": other})

    def compare(self, *words: str) -> Output:
        return self.call(["compare", str(self.first), str(self.second), *words])

    def document(self) -> Any:
        output = self.compare("--json")
        self.assertEqual(output.status, 0, output.stderr)
        return json.loads(output.stdout)

    def test_the_machine_s_speed_is_no_part_of_the_order(self) -> None:
        self.second_is(250.0, 500.0)
        found = self.document()
        (pair,) = found["pairs"]
        self.assertEqual((pair["decided"], pair["opposed"], pair["moved"]), (True, False, False))
        self.assertEqual((found["decided"], found["agreement"]), (1, 1.0))
        for level in found["levels"]:
            self.assertAlmostEqual(level, 2.5)
        text = self.compare().stdout
        self.assertIn("separable in both: 1, 1 of them in the same order (100.0%)", text)
        self.assertNotIn("another order", text)

    def test_another_order_is_found(self) -> None:
        self.second_is(200.0, 100.0)
        found = self.document()
        self.assertEqual((found["opposed"], found["agreement"]), (1, 0.0))
        text = self.compare().stdout
        self.assertIn("0 of them in the same order (0.0%)", text)
        self.assertIn("separable in both, in another order (1):", text)
        self.assertNotIn("do not overlap", text)
        self.assertIn("other:plain / weft:plain: 2 [2, 2], then 0.5 [0.5, 0.5]", text)

    def test_a_ratio_that_moved_is_named_though_the_order_is_the_same(self) -> None:
        self.second_is(100.0, 300.0)
        (pair,) = self.document()["pairs"]
        self.assertEqual((pair["opposed"], pair["moved"]), (False, True))
        self.assertIn("intervals do not overlap (1):", self.compare().stdout)

    def test_what_one_run_cannot_separate_has_no_order(self) -> None:
        self.second_is(100.0, 100.0)
        found = self.document()
        self.assertEqual((found["decided"], found["agreement"]), (0, None))
        text = self.compare().stdout
        self.assertIn("separable in both: none", text)
        self.assertIn("separable in one only: 1, in none: 0", text)

    def test_another_machine_is_refused_unless_it_is_asked_for_and_then_said(self) -> None:
        cpu = {**read_json(self.out / "env.json")["cpu"], "model": "Another"}
        self.second_is(100.0, 200.0, lambda: self.change_json("env.json", cpu=cpu))
        output = self.compare()
        self.assertEqual((output.status, output.stdout), (5, ""))
        self.assertIn("not of the same hardware: cpu.model", output.stderr)
        output = self.compare("--allow-drift", "hardware")
        self.assertEqual(output.status, 0)
        self.assertIn("note: these are not runs of the same hardware: cpu.model", output.stdout)

    def test_other_software_and_programs_are_said(self) -> None:
        def change() -> None:
            kernel = {**read_json(self.out / "env.json")["kernel"], "release_major": "4.4"}
            programs = {**read_json(self.out / "build.json")["programs"], "weft": "0" * 64}
            self.change_json("env.json", kernel=kernel)
            self.change_json("build.json", programs=programs)

        self.second_is(100.0, 200.0, change)
        text = self.compare().stdout
        self.assertIn("not runs of the same software: kernel.release_major", text)
        self.assertIn("these contenders are not the same: weft", text)

    def test_a_workload_that_means_something_else_is_left_out(self) -> None:
        def change() -> None:
            workloads = read_json(self.out / "manifest.json")["workloads"]
            workloads[0]["spec"]["version"] = 2
            self.change_json("manifest.json", workloads=workloads)

        self.second_is(100.0, 200.0, change)
        output = self.compare()
        self.assertEqual((output.status, output.stdout), (2, ""))
        self.assertIn("the two runs have no two rows of a group in common", output.stderr)

    def test_only_what_the_filter_finds_is_compared(self) -> None:
        self.second_is(100.0, 200.0)
        self.assertEqual(self.compare("--filter", "^alpha/").status, 0)
        self.assertEqual(self.compare("--filter", "^beta/").status, 2)
        output = self.compare("--filter", "(")
        self.assertEqual(output.status, 2)
        self.assertIn("--filter '('", output.stderr)

    def test_a_folder_that_changed_since_is_not_believed(self) -> None:
        self.second_is(100.0, 200.0)
        runs = self.second / "raw" / "runs.jsonl"
        runs.write_text(runs.read_text().replace("100.0", "900.0", 1))
        output = self.compare()
        self.assertEqual((output.status, output.stdout), (3, ""))
        self.assertIn("raw/runs.jsonl: is not what SHA256SUMS says", output.stderr)

    def test_what_is_no_run_is_said(self) -> None:
        output = self.compare()
        self.assertEqual(output.status, 2)
        self.assertIn("is not a run's folder", output.stderr)
