"""What a session does about order, padding and disturbances, on whole runs of stand-ins."""

from __future__ import annotations

import json
import time
from typing import Any
from unittest import mock

from harness import session, settling, sums
from harness.analysis import analyse
from harness.export import rows
from harness.merge import merge
from harness.model import Cell
from harness.plan import Planned
from harness.progress import Estimate
from harness.record import judge
from harness.tests.bed import Bed
from harness.verify import verify
from harness.visits import Again


class SamplingTest(Bed):
    def setUp(self) -> None:
        super().setUp()
        self.add_spec(sizes="[8, 128]", run="operations = 1")
        for name in ("weft", "other"):
            self.add_fast_contender(name)

    def disturb(self, *indices: int) -> None:
        """Disturbs the runs with these places among all that are made, calibration left out."""
        made = -4  # the calibration makes a trial of each of the four cells

        def causes(_: int) -> list[str]:
            nonlocal made
            made += 1
            return ["steal"] if made - 1 in indices else []

        def document(around: Any, cpus: int) -> dict[str, Any]:
            return {"steal_s": 0.0, "other_cpu_s": 0.0, "disturbed": around.causes(cpus)}

        self.causes.side_effect = causes
        self.enter(mock.patch("harness.disturbance.Around.document", document))

    def cut(self, lines: list[bytes]) -> None:
        """Leaves the folder as a session that was killed after these runs would have."""
        (self.out / "raw" / "runs.jsonl").write_bytes(b"".join(lines))
        (self.out / sums.NAME).unlink()

    def cells(self, runs: list[dict[str, Any]]) -> list[tuple[int, Any]]:
        return [(run["round"], run["cell"]) for run in runs]

    def test_the_runs_are_made_in_the_order_of_the_plan(self) -> None:
        self.assertEqual(self.call(self.words("--rounds", "3")).status, 0)
        self.assertEqual(self.cells(self.runs()), self.cells(self.plan()))

    def test_a_resumed_session_goes_on_in_the_same_order(self) -> None:
        self.assertEqual(self.call(self.words("--rounds", "3")).status, 0)
        plan, path = self.plan(), self.out / "raw" / "runs.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        self.cut(lines[:5])
        resumed = self.call(["run", "--resume", str(self.out), "--no-report"])
        self.assertEqual(resumed.status, 0, resumed.stderr)
        self.assertEqual(self.plan(), plan)
        self.assertEqual(self.cells(self.runs()), self.cells(plan))

    def test_every_run_has_the_padding_of_its_plan_and_the_calibration_none(self) -> None:
        self.assertEqual(self.call(self.words("--rounds", "3")).status, 0)
        planned = [run["padding"] for run in self.plan()]
        found = [run["record"]["benchmarks"][0]["padding_bytes"] for run in self.runs()]
        self.assertEqual(found, planned)
        self.assertGreater(len(set(found)), 4)

    def test_the_wait_before_a_round_is_kept_with_its_first_run(self) -> None:
        self.enter(mock.patch.object(settling, "LIMIT_S", 0.2))
        self.assertEqual(self.call(self.words("--rounds", "2")).status, 0)
        places = [number for number, run in enumerate(self.runs()) if "settled" in run]
        self.assertEqual(places, [0, 4])
        self.assertGreater(self.runs()[0]["settled"]["waited_s"], 0.05)

    def test_a_disturbed_visit_is_made_again_at_the_end_of_its_round_and_counts_once(self) -> None:
        self.disturb(5)
        output = self.call(self.words("--rounds", "6"))
        self.assertEqual(output.status, 0, output.stderr)
        runs, plan = self.runs(), self.plan()
        self.assertEqual((len(plan), len(runs)), (24, 26))
        again = runs[8:10]
        self.assertEqual(self.cells(again), self.cells(plan[4:6]))
        self.assertEqual(
            [(r["run"], r["repeats"], r["attempt"]) for r in again], [(24, 4, 1), (25, 5, 1)]
        )
        self.assertEqual([r["run"] for r in runs if "repeats" not in r], list(range(24)))
        found = analyse(self.out)
        self.assertEqual(found.runs_finished, 24)
        self.assertEqual({len(r.values) for g in found.groups for r in g.results if not r.gap}, {6})
        group = next(g for g in found.groups if g.id == read_group(again[0]))
        for run in again:
            values = next(
                r.values for r in group.results if r.cell.contender == run["cell"]["contender"]
            )
            times = sorted(b["real_time"] for b in run["record"]["benchmarks"])
            self.assertIn(times[1], values)
        self.assertTrue(any("1 of 12 visits were disturbed" in w for w in found.warnings))

    def test_whoever_reads_a_folder_knows_repeated_runs(self) -> None:
        self.disturb(5)
        first = self.out
        self.assertEqual(self.call(self.words("--rounds", "6")).status, 0)
        self.assertEqual(verify(first).problems, ())
        self.assertEqual(len(rows.load(first).runs), 24)
        self.out = self.folder / "second"
        self.assertEqual(self.call(self.words("--rounds", "6")).status, 0)
        both = self.folder / "both"
        merge([first, self.out], both, ())
        self.assertEqual(verify(both).problems, ())
        found = analyse(both)
        self.assertEqual((found.runs_planned, found.runs_finished), (48, 48))
        self.assertEqual(
            {len(r.values) for g in found.groups for r in g.results if not r.gap}, {12}
        )

    def test_an_interrupted_repetition_is_finished_by_a_resumed_session(self) -> None:
        self.disturb(5)
        self.assertEqual(self.call(self.words("--rounds", "6")).status, 0)
        path = self.out / "raw" / "runs.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        for kept in (8, 9, 10):
            self.cut(lines[:kept])
            self.causes.side_effect = None
            resumed = self.call(["run", "--resume", str(self.out), "--no-report"])
            self.assertEqual(resumed.status, 0, resumed.stderr)
            self.assertEqual(sorted(run["run"] for run in self.runs()), list(range(26)))
            self.assertEqual(sum("repeats" in run for run in self.runs()), 2)

    def test_beyond_the_cap_what_is_disturbed_counts_and_is_told(self) -> None:
        self.causes.return_value = ["other processes"]
        self.assertEqual(self.call(self.words("--rounds", "6")).status, 0)
        self.assertEqual(len(self.runs()), 24 + 2 * 2)
        found = analyse(self.out)
        self.assertEqual({len(r.values) for g in found.groups for r in g.results if not r.gap}, {6})
        (told,) = [w for w in found.warnings if "visits were disturbed" in w]
        self.assertIn("12 of 12 visits were disturbed from outside (other processes in 28", told)
        self.assertIn("2 were made again, and 12 count as they are", told)

    def test_the_causes_are_named_before_a_value_is_looked_at(self) -> None:
        order: list[str] = []

        def causes(_: int) -> list[str]:
            order.append("causes")
            return []

        def judged(*arguments: Any) -> Any:
            order.append("value")
            return judge(*arguments)

        self.causes.side_effect = causes
        with mock.patch.object(session, "judge", judged):
            self.assertEqual(self.call(self.words("--rounds", "1")).status, 0)
        self.assertEqual(order, ["causes", "value"] * 8)

    def test_nothing_is_made_again_that_would_cost_planned_runs_their_time(self) -> None:
        made = session.Session(mock.Mock(), mock.Mock(), mock.Mock(), mock.Mock())
        made._estimate = Estimate(50.0)
        cell = Cell("alpha/first", (), 1, "weft", "plain")
        again = Again((0, cell.group), 1, (Planned(0, 0, cell, 1, 1, 1, 60.0, 20.0),))
        self.assertTrue(made._fits(again))
        for left_s, fits in ((100.0, True), (60.0, False)):
            made.deadline = time.monotonic() + left_s
            self.assertEqual(made._fits(again), fits)

    def test_the_taken_time_is_kept_beside_the_estimate(self) -> None:
        # As many as it takes to be told from 0 in tenths of a second: a run takes few milliseconds.
        output = self.call(self.words("--rounds", "20"))
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertGreater(manifest["taken_s"], 0)
        self.assertGreater(manifest["estimate_s"], 0)
        self.assertRegex(output.stderr, "the runs took .* [0-9]+% of the estimate")


def read_group(run: dict[str, Any]) -> str:
    cell = run["cell"]
    return f"{cell['workload']}/size={cell['parameters']['size']}/workers={cell['workers']}"
