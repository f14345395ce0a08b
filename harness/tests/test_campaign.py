"""Whole runs on stand-ins: every behaviour gets its word, and no figure is lost or invented."""

from __future__ import annotations

import json
import subprocess
from unittest import mock

from harness import campaign, process
from harness.analysis import analyse
from harness.model import CellResult, Gap
from harness.tests.bed import PYTHON, Bed
from harness.tests.test_service import STAND_IN as SERVICE

# What each behaviour has to be called in the report.
HOSTILE = {
    "crash": (Gap.FAILED, "SIGSEGV"),
    "garbage": (Gap.FAILED, "not JSON"),
    "invalid_utf8": (Gap.FAILED, "not UTF-8"),
    "flood": (Gap.FAILED, "more than is sensible on stdout"),
    "nothing": (Gap.FAILED, "printed nothing"),
    "nested": (Gap.FAILED, "nested too deeply"),
    "list": (Gap.FAILED, "no context"),
    "digits": (Gap.FAILED, "not JSON"),
    "twice": (Gap.FAILED, "not JSON"),
    "nan": (Gap.FAILED, "NaN"),
    "zero": (Gap.FAILED, "not above 0"),
    "few": (Gap.FAILED, "repetitions"),
    "errors": (Gap.FAILED, "more than is sensible on stderr"),
    "gigabyte": (Gap.FAILED, "more than is sensible on stdout"),
    "usage": (Gap.FAILED, "status 2: because it is asked to"),
    "status": (Gap.FAILED, "status 77"),
    "wrong": (Gap.WRONG_RESULT, "because it is asked to"),
    "unchecked": (Gap.WRONG_RESULT, "check is"),
    "unsupported": (Gap.NOT_EXPRESSIBLE, "because it is asked to"),
    "refused": (Gap.DID_NOT_FINISH, "a resource was refused"),
    "mislabelled": (Gap.MISMATCH, "effective.workers is '7'"),
    "undeclared": (Gap.MISMATCH, "effective.size is '127'"),
}


class CampaignTest(Bed):
    def results(self) -> dict[str, CellResult]:
        analysis = analyse(self.out)
        return {r.cell.row: r for group in analysis.groups for r in group.results}

    def test_every_hostile_contender_gets_its_word_and_the_good_ones_their_figures(self) -> None:
        self.add_spec()
        for behaviour in HOSTILE:
            self.add_contender(behaviour, behaviour)
        for name in ("good", "daemon", "markup"):
            self.add_contender(name, name)
        output = self.call(self.words("--rounds", "2"))
        self.assertEqual((output.status, output.stdout), (3, f"{self.out}\n"))
        results = self.results()
        for behaviour, (gap, words) in HOSTILE.items():
            with self.subTest(behaviour):
                found = results[f"{behaviour}:plain"]
                self.assertEqual(found.gap, gap)
                self.assertIn(words, found.reason or "")
                self.assertEqual((found.values, found.interval), ((), None))
                self.assertEqual(len(found.failures), 2)
                self.assertTrue(found.command)
        for name in ("good", "daemon", "markup"):
            found = results[f"{name}:plain"]
            self.assertEqual((found.gap, len(found.values)), (None, 2))
        self.assertTrue(any("daemon left processes" in w for w in analyse(self.out).warnings))
        self.assertEqual(process.children(), set())
        self.assertFalse(self.running())

    def test_a_row_that_is_not_what_its_profile_promises_is_disqualified(self) -> None:
        self.add_spec(sizes='[8]\nprofiles = ["extra"]')
        self.add_contender("honest", "geared")
        self.add_contender("mislabelled", "ungeared")
        self.assertEqual(self.call(self.words("--rounds", "2")).status, 3)
        results = self.results()
        self.assertEqual(len(results["honest:extra"].values), 2)
        self.assertIs(results["mislabelled:extra"].gap, Gap.MISMATCH)
        self.assertIn("effective.gear is None", results["mislabelled:extra"].reason or "")

    def test_whoever_does_not_end_is_ended_at_the_limit_and_is_no_fault_of_the_harness(
        self,
    ) -> None:
        self.add_spec(run="operations = 1\ntime_limit_s = 0.5")
        names = ("hang", "ignore_term", "stop_self")
        for name in names:
            self.add_contender(name, name)
        with mock.patch.object(process, "GRACE_S", 0.1):
            output = self.call(self.words("--rounds", "1"))
        self.assertEqual(output.status, 0)
        for name in names:
            found = self.results()[f"{name}:plain"]
            self.assertEqual(found.gap, Gap.DID_NOT_FINISH)
            self.assertEqual(found.reason, "did not end within 0.5 s")
        self.assertFalse(self.running())

    def test_a_complete_run_has_every_file_and_every_planned_run_once(self) -> None:
        self.add_spec(head='floor = "plain"', run="operations = 100")
        self.add_spec("beta/fixed", sizes=None, run="operations = 50\nrepetitions = 2\nwarmup = 0")
        for name in ("weft", "other", "floors"):
            self.add_contender(name)
        self.add_manifest("gone", status="absent", reason="no toolchain")
        output = self.call(self.words("--rounds", "6"))
        self.assertEqual(output.status, 0, output.stderr)
        files = "manifest.json env.json build.json calibration.json plan.jsonl raw/runs.jsonl"
        for name in (*files.split(), "SHA256SUMS"):
            self.assertTrue((self.out / name).is_file(), name)
        sums = subprocess.run(
            ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=self.out, capture_output=True
        )
        self.assertEqual((sums.returncode, sums.stdout), (0, b""))
        self.assertEqual([r["run"] for r in self.runs()], [p["run"] for p in self.plan()])
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertEqual((manifest["status"], manifest["seed"]), ("complete", 7))
        analysis = analyse(self.out)
        self.assertEqual(analysis.runs_finished, analysis.runs_planned)
        self.assertFalse(analysis.interrupted)
        first = analysis.groups[0]
        self.assertEqual([r.cell.row for r in first.results][0], "weft:plain")
        self.assertEqual(first.floor_name, "plain")
        assert first.floor is not None
        self.assertEqual(first.floor.n, 6)
        (comparison,) = first.comparisons
        self.assertEqual(comparison.other.row, "other:plain")
        self.assertEqual(comparison.ratio.n, 6)
        self.assertAlmostEqual(comparison.ratio.median, 1.0, delta=0.05)
        gaps = {r.cell.row: r.gap for r in first.results}
        self.assertEqual(gaps["gone"], Gap.NOT_INSTALLED)
        self.assertEqual(gaps["weft:tuned"], Gap.NOT_EXPRESSIBLE)

    def test_a_contender_that_fails_twice_is_not_run_again_and_that_is_said(self) -> None:
        self.add_spec()
        self.add_contender("good")
        self.add_contender("late", "crash_when_measured")
        self.call(self.words("--rounds", "5"))
        late = self.results()["late:plain"]
        self.assertEqual(late.gap, Gap.FAILED)
        self.assertEqual(late.failures[-1], "3 further runs were not made")
        self.assertEqual(len(self.runs()), 5 + 2)

    def test_a_much_slower_contender_has_a_count_of_its_own_and_is_compared_all_the_same(
        self,
    ) -> None:
        self.add_spec()
        self.add_contender("weft")
        self.add_contender("slow", "slow")
        self.add_contender("sluggish", "sluggish")
        self.assertEqual(self.call(self.words("--rounds", "1")).status, 0)
        counts = {p["cell"]["contender"]: p["operations"] for p in self.plan()}
        self.assertEqual(counts["weft"], counts["slow"])
        self.assertLess(counts["sluggish"], counts["weft"] / 10)
        (group,) = analyse(self.out).groups
        ratios = {c.other.contender: c.ratio.median for c in group.comparisons}
        self.assertAlmostEqual(ratios["slow"], 5.0, delta=0.3)
        self.assertAlmostEqual(ratios["sluggish"], 1000.0, delta=60.0)
        notes = {r.cell.contender: r.notes for r in group.results if r.gap is None}
        self.assertEqual((notes["weft"], notes["slow"]), ((), ()))
        self.assertIn("so much slower than the rest", notes["sluggish"][0])

    def test_a_service_runs_beside_its_cells_and_is_gone_afterwards(self) -> None:
        self.add_spec("alpha/served", sizes=None, run='operations = 1\nservice = "late"')
        self.add_contender("good")
        output = self.call(self.words("--rounds", "2"))
        self.assertEqual(output.status, 3)
        self.assertIn("'late' has not been built", self.results()["good:plain"].reason or "")
        self.out = self.folder / "again"
        program = self.build / "suites" / "late"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\nexec " + " ".join([*PYTHON, str(SERVICE), "good"]) + "\n")
        program.chmod(0o755)
        self.assertEqual(self.call(self.words("--rounds", "2")).status, 0)
        command = self.results()["good:plain"].command or ""
        self.assertIn("--server ADDRESS --server-token TOKEN", command)
        self.assertEqual(process.children(), set())

    def test_a_size_that_does_not_fit_its_own_budget_ends_in_time_and_says_so(self) -> None:
        self.add_spec(run='operations = "calibrated"\noperations_min = 1')
        self.add_spec("beta/fixed", sizes=None, run="operations = 1")
        for name in ("a", "b"):
            self.add_contender(name, "linger")
        with mock.patch.dict(campaign.BUDGETS_S, {"quick": 0.5}):
            output = self.call(self.words())
        self.assertEqual(output.status, 0, output.stderr)
        self.assertIn("what comes last will be missing", output.stderr)
        self.assertLess(len(self.runs()), 8)
        self.assertTrue(
            any(
                "fewer than 6 rounds" in w or "budget ended" in w
                for w in analyse(self.out).warnings
            )
        )
