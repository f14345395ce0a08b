"""Merged runs lose nothing, mix nothing unasked, and say what they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from harness import schema, sums, verify
from harness.analysis import analyse
from harness.store import load_plan, load_runs, read_json
from harness.tests.bed import Output, RecordedBed
from harness.tests.test_schema import needs_checker, undescribed


class MergeTest(RecordedBed):
    ROUNDS = 3

    def setUp(self) -> None:
        super().setUp()
        self.first, self.merged = self.folder / "a" / "first", self.folder / "merged"
        shutil.copytree(self.out, self.first)
        self.other()

    def other(self, **environment: Any) -> None:
        """Makes `out` another run than the first, by facts of its machine."""
        document = read_json(self.out / "env.json")
        for part, facts in environment.items():
            document[part].update(facts)
        self.change_json("env.json", **{**document, "taken": "2026-01-01T00:00:00Z"})
        self.seal()

    def merge(self, *words: str) -> Output:
        folders = [str(self.first), str(self.out)]
        return self.call(["merge", *folders, "--out", str(self.merged), *words])

    def test_every_run_of_both_is_there_and_the_rounds_are_each_its_own(self) -> None:
        output = self.merge()
        self.assertEqual((output.status, output.stdout), (0, f"{self.merged}\n"), output.stderr)
        plan, runs = load_plan(self.merged), load_runs(self.merged)
        self.assertEqual([planned.run for planned in plan], list(range(12)))
        self.assertEqual({planned.round for planned in plan}, set(range(6)))
        sources = load_runs(self.first) + load_runs(self.out)
        self.assertEqual([run["record"] for run in runs], [run["record"] for run in sources])
        self.assertEqual(verify.verify(self.merged, with_schemas=False).problems, ())

    def test_six_rounds_in_two_halves_have_an_interval_and_are_paired_in_their_session(
        self,
    ) -> None:
        self.merge()
        (group,) = analyse(self.merged).groups
        (comparison,) = group.comparisons
        self.assertEqual(comparison.ratio.n, 6)
        self.assertIsNotNone(comparison.ratio.low)
        self.assertFalse(any("no intervals" in w for w in analyse(self.merged).warnings))
        self.assertTrue(any("no intervals" in w for w in analyse(self.first).warnings))

    def test_every_key_that_it_writes_is_described(self) -> None:
        self.merge("--allow-drift", "hardware")
        for name in ("manifest", "env", "build"):
            document = read_json(self.merged / f"{name}.json")
            self.assertEqual(list(undescribed(schema.load(name), document)), [])

    @needs_checker
    def test_the_checker_finds_what_it_writes_whole(self) -> None:
        self.merge("--allow-drift", "hardware")
        self.assertEqual(verify.verify(self.merged).problems, ())

    def test_the_sources_own_words_are_kept(self) -> None:
        self.merge()
        for index, source in enumerate((self.first, self.out)):
            for name in ("manifest.json", "env.json", "build.json", "calibration.json"):
                kept = self.merged / "sources" / str(index) / name
                self.assertEqual(kept.read_bytes(), (source / name).read_bytes())

    def refused(self, kind: str, words: str) -> None:
        output = self.merge()
        self.assertEqual((output.status, output.stdout), (5, ""))
        self.assertIn(f"not of the same {kind}: {words}", output.stderr)
        self.assertFalse(self.merged.exists())
        for other in {"hardware", "software", "programs"} - {kind}:
            self.assertEqual(self.merge("--allow-drift", other).status, 5)
        output = self.merge("--allow-drift", kind)
        self.assertEqual(output.status, 0)
        self.assertIn(f"not of the same {kind}: {words} differs", output.stderr)
        marks = [w for w in analyse(self.merged).warnings if f"not of the same {kind}" in w]
        self.assertEqual(len(marks), 1)
        (drift,) = read_json(self.merged / "manifest.json")["merged"]["drift"]
        self.assertEqual((drift["kind"], drift["fact"]), (kind, words))

    def test_another_machine_is_refused_unless_it_is_asked_for_and_then_marked(self) -> None:
        self.other(cpu={"model": "Another"})
        self.refused("hardware", "cpu.model")
        environment = read_json(self.merged / "env.json")
        self.assertEqual(environment["nickname"], "mixed")

    def test_a_machine_of_several_is_none_of_them(self) -> None:
        self.other(cpu={"model": "Another"})
        self.change_json("env.json", fingerprint="0" * 12)
        self.seal()
        self.merge("--allow-drift", "hardware")
        found = [read_json(p / "env.json")["fingerprint"] for p in (self.merged, self.first)]
        self.assertNotIn(found[0], (found[1], "0" * 12))
        self.assertRegex(found[0], "^[0-9a-f]{12}$")

    def test_another_kernel_is_refused_unless_it_is_asked_for_and_then_marked(self) -> None:
        self.other(kernel={"release_major": "4.4"})
        self.refused("software", "kernel.release_major")

    def test_another_program_is_refused_unless_it_is_asked_for_and_then_marked(self) -> None:
        programs = read_json(self.out / "build.json")["programs"]
        self.change_json("build.json", programs={**programs, "other": "0" * 64})
        self.seal()
        self.refused("programs", "the program of other")

    def test_another_meaning_of_a_workload_is_refused_whatever_is_asked(self) -> None:
        manifest = read_json(self.out / "manifest.json")
        manifest["workloads"][0]["spec"]["version"] = 2
        self.change_json("manifest.json", **manifest)
        self.seal()
        allowed = [
            w for kind in ("hardware", "software", "programs") for w in ("--allow-drift", kind)
        ]
        output = self.merge(*allowed)
        self.assertEqual(output.status, 5)
        self.assertIn("alpha/first is not the same workload", output.stderr)

    def test_the_same_run_twice_is_refused(self) -> None:
        shutil.rmtree(self.out)
        shutil.copytree(self.first, self.out)
        output = self.merge()
        self.assertEqual(output.status, 2)
        self.assertIn("is the same run as", output.stderr)

    def test_a_merged_run_is_no_source_and_is_not_gone_on_with(self) -> None:
        self.merge()
        again = self.call(
            ["merge", str(self.merged), str(self.out), "--out", str(self.folder / "more")]
        )
        self.assertEqual(again.status, 2)
        self.assertIn("is a merged run", again.stderr)
        resumed = self.call(["run", "--resume", str(self.merged)])
        self.assertEqual(resumed.status, 2)
        self.assertIn("is a merged run", resumed.stderr)

    def test_a_damaged_source_is_refused(self) -> None:
        (self.first / "env.json").write_text("{}")
        output = self.merge()
        self.assertEqual(output.status, 3)
        self.assertIn("env.json: is not what SHA256SUMS says", output.stderr)

    def test_a_place_that_is_not_empty_and_a_single_run_are_refused(self) -> None:
        self.merged.mkdir()
        (self.merged / "there").touch()
        self.assertEqual(self.merge().status, 2)
        self.assertEqual(self.call(["merge", str(self.out), "--out", "x"]).status, 2)

    def cut(self, folder: Path, kept: int, status: str) -> None:
        """Makes a run one that ended early."""
        lines = (folder / "raw" / "runs.jsonl").read_text().splitlines(keepends=True)
        (folder / "raw" / "runs.jsonl").write_text("".join(lines[:kept]))
        manifest = read_json(folder / "manifest.json")
        (folder / "manifest.json").write_text(json.dumps({**manifest, "status": status}))

    def test_a_source_that_ended_early_explains_its_own_missing_runs_and_no_others(self) -> None:
        self.cut(self.out, 4, "interrupted")
        shutil.rmtree(self.first)
        shutil.copytree(self.out, self.first)
        self.change_json("env.json", python="another")
        for folder in (self.first, self.out):
            (folder / sums.NAME).write_text(sums.text(folder))
        self.assertEqual(self.merge().status, 0)
        found = verify.verify(self.merged, with_schemas=False)
        self.assertEqual(found.problems, ())
        self.assertIn("4 missing: the session was interrupted before them", found.facts)
        self.assertEqual(read_json(self.merged / "manifest.json")["status"], "interrupted")

    def test_a_cell_that_only_one_had_figures_of_has_them(self) -> None:
        manifest = read_json(self.out / "manifest.json")
        for entry in manifest["expected"]:
            if entry["cell"]["contender"] == "other":
                entry.update(gap="not installed", reason="it was not there")
        self.change_json("manifest.json", **manifest)
        plan = [p for p in self.plan() if p["cell"]["contender"] != "other"]
        runs = {run["run"]: run for run in self.runs()}
        kept = [{**runs[p["run"]], "run": index} for index, p in enumerate(plan)]
        self.write_lines("plan.jsonl", [{**p, "run": i} for i, p in enumerate(plan)])
        self.write_lines("raw/runs.jsonl", kept)
        self.seal()
        self.assertEqual(self.merge().status, 0)
        (group,) = analyse(self.merged).groups
        counts = {result.cell.row: len(result.values) for result in group.results}
        self.assertEqual((counts["weft:plain"], counts["other:plain"]), (6, 3))
        self.assertEqual(verify.verify(self.merged, with_schemas=False).problems, ())
