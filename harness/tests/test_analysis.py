"""The judgement is a pure function of the folder, and says what a reader has to be warned of."""

from __future__ import annotations

import shutil
from typing import Any

from harness.analysis import analyse, analyse_race, any_fault
from harness.errors import InputError
from harness.model import CellResult, Gap
from harness.store import load_runs, read_json
from harness.tests.bed import RecordedBed


class AnalysisTest(RecordedBed):
    ROUNDS = 6

    def result(self, row: str) -> CellResult:
        (group,) = analyse(self.out).groups
        return next(result for result in group.results if result.cell.row == row)

    def set_value(self, contender: str, values: dict[int, float]) -> None:
        def change(run: dict[str, Any]) -> None:
            if run["cell"]["contender"] == contender:
                for repetition in run["record"]["benchmarks"]:
                    repetition["real_time"] = values[run["round"]]

        self.change_runs(change)

    def test_a_run_with_race_detectors_is_found_inside_the_run(self) -> None:
        self.assertIsNone(analyse_race(self.out))
        shutil.copytree(self.out, self.folder / "copy")
        (self.folder / "copy").rename(self.out / "race")
        self.assertEqual(analyse_race(self.out), analyse(self.out))

    def test_it_is_the_same_each_time(self) -> None:
        self.assertEqual(analyse(self.out), analyse(self.out))

    def test_figures_are_those_that_were_recorded(self) -> None:
        self.set_value("weft", dict(enumerate([5.0, 1.0, 4.0, 2.0, 6.0, 3.0])))
        self.set_value("other", dict(enumerate([10.0, 2.0, 8.0, 4.0, 12.0, 6.0])))
        found = self.result("weft:plain")
        assert found.interval is not None
        self.assertEqual((found.interval.low, found.interval.median), (1.0, 3.5))
        self.assertEqual(found.values, (5.0, 1.0, 4.0, 2.0, 6.0, 3.0))
        self.assertIn("cpu_time", found.metrics)
        self.assertNotIn("real_time", found.metrics)
        self.assertEqual(found.effective["size"], "8")
        (comparison,) = analyse(self.out).groups[0].comparisons
        self.assertAlmostEqual(comparison.ratio.median, 2.0)
        self.assertTrue(comparison.separable)

    def test_one_wrong_result_disqualifies_the_cell(self) -> None:
        def change(run: dict[str, Any]) -> None:
            if run["run"] == 3:
                run.update(status="wrong result", reason="the sum is 3", record=None)

        self.change_runs(change)
        wrong = self.runs()[3]["cell"]["contender"]
        found = self.result(f"{wrong}:plain")
        self.assertEqual((found.gap, found.interval), (Gap.WRONG_RESULT, None))
        self.assertEqual(found.reason, "the sum is 3 (1 of 6 runs)")
        self.assertEqual(analyse(self.out).groups[0].comparisons, ())
        self.assertTrue(any_fault(read_json(self.out / "manifest.json"), load_runs(self.out)))

    def test_a_run_that_did_not_finish_leaves_the_others_their_figures(self) -> None:
        def change(run: dict[str, Any]) -> None:
            if run["round"] == 2:
                run.update(status="did not finish", reason="hung", record=None)

        self.change_runs(change)
        found = self.result("weft:plain")
        self.assertEqual((found.gap, len(found.values)), (None, 5))
        self.assertEqual(found.failures, ("round 3: did not finish: hung",))
        self.assertEqual(analyse(self.out).runs_failed, 2)
        self.assertFalse(any_fault(read_json(self.out / "manifest.json"), load_runs(self.out)))

    def test_the_status_of_most_runs_names_the_gap(self) -> None:
        def change(run: dict[str, Any]) -> None:
            failed = run["round"] > 0
            run.update(status="failed" if failed else "did not finish", record=None)
            run.update(reason="crashed" if failed else "hung")

        self.change_runs(change)
        found = self.result("weft:plain")
        self.assertEqual((found.gap, found.reason), (Gap.FAILED, "crashed"))
        self.assertEqual(len(found.failures), 6)

    def test_without_a_single_run_every_cell_is_not_run(self) -> None:
        (self.out / "raw" / "runs.jsonl").unlink()
        (self.out / "plan.jsonl").unlink()
        analysis = analyse(self.out)
        self.assertEqual(self.result("weft:plain").gap, Gap.NOT_RUN)
        self.assertEqual((analysis.runs_planned, analysis.runs_finished), (0, 0))

    def test_what_shared_the_machine_is_a_warning(self) -> None:
        def change(run: dict[str, Any]) -> None:
            if run["run"] < 3:
                run.update(wall_s=1.0, steal_s=5.0, other_cpu_s=40.0)
            else:
                run.update(wall_s=1.0, steal_s=0.0, other_cpu_s=0.0)

        self.change_runs(change)
        words = "\n".join(analyse(self.out).warnings)
        self.assertIn("in 3 of 12 runs the host took", words)
        self.assertIn("in 3 of 12 runs other processes used", words)

    def test_a_folder_of_something_else_is_refused(self) -> None:
        with self.assertRaisesRegex(InputError, "is this a run's folder"):
            analyse(self.folder)
        (self.out / "manifest.json").write_text("{}")
        with self.assertRaisesRegex(InputError, "schema"):
            analyse(self.out)

    def test_a_warm_up_that_is_too_short_is_a_note(self) -> None:
        def change(run: dict[str, Any]) -> None:
            if run["cell"]["contender"] == "other":
                for repetition in run["record"]["benchmarks"]:
                    repetition["real_time"] = (
                        2000.0 if not repetition["repetition_index"] else 1000.0
                    )

        self.change_runs(change)
        (told,) = self.result("other:plain").notes
        self.assertIn("the first timed repetition takes 2.00 times as long", told)
        self.assertEqual(self.result("weft:plain").notes, ())

    def test_comparisons_that_only_repeated_visits_decide_are_told(self) -> None:
        self.set_value("weft", dict.fromkeys(range(6), 1000.0))
        self.set_value("other", {**dict.fromkeys(range(6), 2000.0), 0: 500.0})
        again = [
            {**run, "run": 100 + run["run"], "repeats": run["run"], "attempt": 1}
            for run in self.runs()
            if run["round"] == 0
        ]
        (comparison,) = analyse(self.out).groups[0].comparisons
        self.assertFalse(comparison.separable)
        for contender, value in (("weft", 1000.0), ("other", 2000.0)):
            for run in again:
                if run["cell"]["contender"] == contender:
                    for repetition in run["record"]["benchmarks"]:
                        repetition["real_time"] = value
        self.write_lines("raw/runs.jsonl", [*self.runs(), *again])
        found = analyse(self.out)
        self.assertTrue(found.groups[0].comparisons[0].separable)
        (told,) = [words for words in found.warnings if "the other way round" in words]
        self.assertIn("1 of 1 comparisons", told)

    def test_a_refused_budget_is_said(self) -> None:
        self.change_json("manifest.json", status="refused")
        self.assertIn(
            "the time budget was too short for a single round", analyse(self.out).warnings
        )
