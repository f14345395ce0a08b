"""Damage of every kind to a run's folder is found, and is said where it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest import mock

from harness import schema, sums
from harness.tests.bed import Output, RecordedBed
from harness.tests.test_schema import needs_checker


class VerifyTest(RecordedBed):
    def verify(self, *words: str) -> Output:
        return self.call(["verify", str(self.out), *(words or ("--no-schemas",))])

    def assert_damaged(self, words: str, *options: str) -> None:
        output = self.verify(*options)
        self.assertEqual(output.status, 3, output.stdout)
        self.assertIn(words, output.stdout)
        self.assertTrue(output.stdout.endswith(": damaged or incomplete\n"))

    @needs_checker
    def test_what_a_session_wrote_is_whole(self) -> None:
        output = self.call(["verify", str(self.out)])
        self.assertEqual((output.status, output.stdout), (0, f"{self.out}: whole\n"))
        self.assertIn("4 of 4 planned runs are recorded", output.stderr)

    def test_one_bit_in_any_file_is_found(self) -> None:
        for name in sums.read(self.out) or {}:
            path = self.out / name
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
            self.assert_damaged(f"{name}: is not what SHA256SUMS says")
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        self.assertEqual(self.verify().status, 0)

    def test_a_file_that_went_came_or_became_a_link_is_found(self) -> None:
        calibration = self.out / "calibration.json"
        calibration.rename(self.folder / "elsewhere")
        self.assert_damaged("calibration.json: is missing")
        calibration.symlink_to(self.folder / "elsewhere")
        self.assert_damaged("calibration.json: is a link")
        calibration.unlink()
        (self.folder / "elsewhere").rename(calibration)
        (self.out / "raw" / "more.jsonl").write_text("")
        self.assert_damaged("raw/more.jsonl: is not in SHA256SUMS")

    def test_a_folder_without_sums_is_not_whole(self) -> None:
        (self.out / sums.NAME).unlink()
        self.assert_damaged("SHA256SUMS: is missing")

    def test_sums_that_are_none_are_found(self) -> None:
        digest = "0" * 64
        cases = ("rubbish", f"{digest}  ../escape", f"{digest}  /etc/passwd")
        for line in (*cases, f"{digest}  a\n{digest}  a"):
            (self.out / sums.NAME).write_text(line + "\n")
            self.assert_damaged("SHA256SUMS: line ")

    def test_a_lost_run_is_found_behind_sums_that_agree(self) -> None:
        self.write_lines("raw/runs.jsonl", self.runs()[1:])
        self.seal()
        self.assert_damaged("is missing without a reason")

    def test_a_run_that_is_there_twice_is_found_behind_sums_that_agree(self) -> None:
        self.write_lines("raw/runs.jsonl", [*self.runs(), self.runs()[0]])
        self.seal()
        self.assert_damaged("a second time")

    def test_a_line_that_is_no_run_is_found_behind_sums_that_agree(self) -> None:
        self.write_lines("raw/runs.jsonl", [{"schema": "weft.run/1", "run": 0}])
        self.seal()
        self.assert_damaged("cannot be compared")

    @needs_checker
    def test_a_breach_of_a_schema_is_found_behind_sums_that_agree(self) -> None:
        self.change_json("build.json", programs={"weft": "no digest"})
        self.change_json("env.json", fingerprint=7)
        self.change_runs(lambda run: run.update(wall_s=-1))
        self.seal()
        output = self.call(["verify", str(self.out)])
        self.assertEqual(output.status, 3)
        for words in ("build.json: programs.weft", "env.json: fingerprint", "line 4: wall_s"):
            self.assertIn(words, output.stdout)

    def test_without_the_checker_it_is_said_and_is_no_success(self) -> None:
        schema.validator.cache_clear()
        with mock.patch.dict("sys.modules", {"jsonschema": None}):
            output = self.call(["verify", str(self.out)])
        self.assertEqual(output.status, 4)
        self.assertIn("python3-jsonschema", output.stderr)
        self.assertIn("whole as far as could be checked", output.stdout)

    def test_the_run_inside_is_looked_at_too(self) -> None:
        shutil.copytree(self.out, self.folder / "copy")
        (self.folder / "copy").rename(self.out / "race")
        self.seal()
        self.assertEqual(self.verify().status, 0)
        (self.out / "race" / "env.json").unlink()
        self.assert_damaged("race/: env.json: is missing")

    def test_a_manifest_that_cannot_be_read_is_damage_and_none_is_another_folder(self) -> None:
        (self.out / "manifest.json").write_text("{")
        self.assert_damaged("manifest.json: cannot be read")
        (self.out / "manifest.json").unlink()
        self.assertEqual(self.verify().status, 2)

    def test_one_damaged_folder_of_several_decides(self) -> None:
        other = self.folder / "other"
        shutil.copytree(self.out, other)
        (other / "env.json").unlink()
        output = self.call(["verify", "--no-schemas", str(other), str(self.out)])
        self.assertEqual(output.status, 3)
        self.assertIn(f"{self.out}: whole\n", output.stdout)

    def test_damage_is_not_sealed_by_making_the_report_again_or_going_on(self) -> None:
        shutil.rmtree(self.out)
        self.assertEqual(self.call(self.words("--rounds", "1")).status, 0)
        self.write_lines("raw/runs.jsonl", self.runs()[:-1])
        for words in (["report", str(self.out)], ["run", "--resume", str(self.out)]):
            output = self.call(words)
            self.assertEqual((output.status, output.stdout), (3, ""), output.stderr)
            self.assertIn("raw/runs.jsonl: is not what SHA256SUMS says", output.stderr)
        self.assert_damaged("raw/runs.jsonl")

    def test_what_can_be_made_again_may_change(self) -> None:
        for name in ("report.html", "charts/a.svg", "race/manifest.json"):
            path = self.out / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("{}")
        self.seal()
        (self.out / "report.html").write_text("changed")
        (self.out / "race" / "manifest.json").unlink()
        self.assertEqual(sums.damage(self.out), [])
        (self.out / "env.json").unlink()
        self.assertEqual(sums.damage(self.out), ["env.json: is missing"])


class SumsTest(RecordedBed):
    def test_they_leave_out_every_lock(self) -> None:
        text = sums.text(self.out)
        self.assertNotIn(".lock", text)
        inside = self.out / "race"
        inside.mkdir()
        (inside / ".lock").touch()
        self.assertEqual(sums.text(self.out), text)
        self.assertEqual(sums.read(Path("/nonexistent")), None)
