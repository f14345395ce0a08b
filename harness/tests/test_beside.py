"""What lies beside a run is read as far as it can be believed, and never stops a report."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from harness import beside, schema, summary, sums
from harness.analysis import analyse
from harness.beside import Earlier
from harness.gate import error_rates
from harness.gate.error_rates import Tally
from harness.gate.model import Rules
from harness.store import read_json
from harness.tests.bed import RecordedBed
from harness.tests.test_schema import needs_checker, undescribed


class BesideTest(RecordedBed):
    def setUp(self) -> None:
        super().setUp()
        self.host = self.folder / "runs"
        self.own = self.add("20260110T000000Z-abc-1", started="2026-01-10T00:00:00Z")

    def add(self, name: str, facts: dict[str, Any] | None = None, **manifest: Any) -> Path:
        """A run's folder with other facts at its top."""
        folder = Path(shutil.copytree(self.out, self.host / name))
        for file, values in (("manifest.json", manifest), ("env.json", facts or {})):
            document = {**read_json(folder / file), **values}
            (folder / file).write_text(json.dumps(document))
        self.close(folder)
        return folder

    def early(self, day: int, **manifest: Any) -> Path:
        started = f"2026-01-{day:02}T00:00:00Z"
        name = f"202601{day:02}T000000Z-abc-{day}"
        return self.add(name, **dict(manifest, started=started, seed=day))

    def close(self, folder: Path) -> None:
        (folder / sums.NAME).write_text(sums.text(folder))

    def summarise(self, folder: Path, **changes: Any) -> None:
        document = {**summary.document(analyse(folder)), **changes}
        (folder / summary.NAME).write_text(json.dumps(document))
        self.close(folder)

    def found(self, folder: Path | None = None) -> Earlier:
        folder = folder or self.own
        return beside.earlier(analyse(folder), folder)

    def days(self, folder: Path | None = None) -> list[int]:
        return [run.seed for run in self.found(folder).runs]

    def test_earlier_runs_are_found_in_order_and_later_ones_are_not(self) -> None:
        self.early(12)
        for day in (3, 1, 2):
            self.early(day)
        self.assertEqual(self.days(), [1, 2, 3])
        self.assertEqual(self.found().left_out, {})
        self.assertEqual(self.days(self.host / "20260101T000000Z-abc-1"), [])

    def test_with_a_summary_nothing_else_of_a_run_is_read(self) -> None:
        folder = self.early(1)
        self.summarise(folder)
        (run,) = self.found().runs
        self.assertEqual(run, summary.of(analyse(folder)))
        (folder / "raw" / "runs.jsonl").write_text("gone")
        self.assertEqual(self.days(), [1])

    def test_a_damaged_neighbour_is_counted_and_left_out(self) -> None:
        self.early(1)
        deep = "[" * 100_000
        for day, text in ((2, "{"), (3, "[]"), (4, '{"schema": "weft.summary/1"}'), (5, deep)):
            folder = self.early(day)
            (folder / summary.NAME).write_text(text)
            self.close(folder)
        self.summarise(self.early(6), versions=7)
        changed = self.early(7)
        self.summarise(changed)
        (changed / summary.NAME).write_text("{}")
        (self.early(8) / "raw" / "runs.jsonl").write_text("not what was recorded\n")
        (self.early(9) / sums.NAME).write_text("no sums\n")
        self.assertEqual(self.days(), [1])
        self.assertEqual(self.found().left_out, {"could not be read": 8})

    def test_a_figure_that_is_none_is_damage(self) -> None:
        folder = self.early(1)
        document = summary.document(analyse(folder))
        for value in (float("nan"), 0.0, -1.0, 1e308, "fast", None):
            with self.subTest(value):
                document["groups"][0]["rows"][1]["ratio"]["median"] = value
                (folder / summary.NAME).write_text(json.dumps(document))
                self.close(folder)
                self.assertEqual(self.found().left_out, {"could not be read": 1})

    def test_a_run_without_a_summary_is_analysed_as_long_as_that_is_little(self) -> None:
        self.early(1)
        self.early(2)
        size = (self.own / "raw" / "runs.jsonl").stat().st_size
        with mock.patch.object(beside, "ANALYSED_BYTES_MAX", int(1.5 * size)):
            self.assertEqual(self.days(), [2])
            (reason,) = self.found().left_out or {}
        self.assertIn("harness report makes it", reason)

    def test_what_is_no_past_of_this_run_is_left_out_with_its_reason(self) -> None:
        self.add("copy", started="2026-01-10T00:00:00Z")
        self.add("other", {"fingerprint": "0" * 12}, started="2026-01-01T00:00:00Z")
        self.add("merged", started="2026-01-02T00:00:00Z", merged={"drift": [], "sources": []})
        (self.early(4) / sums.NAME).unlink()
        (self.host / "no-run").mkdir()
        (self.host / "noise.json").write_text("{}")
        found = self.found()
        self.assertEqual(found.runs, ())
        reasons = {"of another host": 1, "merged from others": 1, "not closed by its harness": 1}
        self.assertEqual(found.left_out, reasons)

    def test_a_merged_run_and_one_in_another_host_s_folder_have_no_past(self) -> None:
        self.early(1)
        merged = self.add("merged", started="2026-01-02T00:00:00Z", merged={"sources": []})
        self.assertIn("merged", self.found(merged).none)
        stranger = self.folder / f"{'0' * 12}-other"
        self.host.rename(stranger)
        found = self.found(stranger / self.own.name)
        self.assertEqual(found.runs, ())
        self.assertIn("another host", found.none)

    def test_only_so_many_are_shown_and_looked_at(self) -> None:
        for day in range(1, 7):
            self.early(day)
        with mock.patch.object(beside, "SHOWN_MAX", 3):
            self.assertEqual(self.days(), [4, 5, 6])
            self.assertEqual(self.found().more, 3)
        with mock.patch.object(beside, "LOOKED_AT_MAX", 2):
            self.assertEqual(self.days(), [5, 6])
            self.assertEqual(self.found().left_out, {"not looked at": 4})

    def test_a_report_writes_the_summary_and_only_in_its_own_folder(self) -> None:
        before = {path: path.read_bytes() for path in self.early(1).rglob("*") if path.is_file()}
        output = self.call(["report", str(self.own)])
        self.assertEqual(output.status, 0, output.stderr)
        self.assertIn("1 earlier run", (self.own / "report.html").read_text())
        self.assertEqual({path: path.read_bytes() for path in before}, before)
        names = sorted(path.name for path in self.host.iterdir())
        self.assertEqual(names, ["20260101T000000Z-abc-1", self.own.name])
        again = (self.own / "report.html").read_bytes()
        self.assertEqual(self.call(["report", str(self.own)]).status, 0)
        self.assertEqual((self.own / "report.html").read_bytes(), again)
        document = read_json(self.own / summary.NAME)
        self.assertEqual(list(undescribed(schema.load("summary"), document)), [])
        self.assertEqual(summary.parse(document), summary.of(analyse(self.own)))

    def test_the_gate_s_error_rates_are_those_of_this_host_or_are_not_measured(self) -> None:
        host = analyse(self.own).environment["fingerprint"]
        tallies = [Tally("none", gates=60), Tally("5 %", "spin", ("a",), gates=20, found=18)]
        path = self.host / error_rates.NAME

        def words() -> list[str]:
            return beside.gate_rates(analyse(self.own), self.own)

        self.assertEqual(words(), [error_rates.NOT_MEASURED])
        for fingerprint, expected in ((host, "0 of 60 = 0.0 % [0.0, 6.0]"), ("x", "Not measured")):
            found = error_rates.host_document(tallies, Rules((8, 20)), fingerprint, date.today())
            path.write_text(json.dumps(found))
            self.assertIn(expected, words()[0])
        bad: list[Any] = [
            "{",
            "[]",
            "[" * 100_000,
            {**found, "schema": "x"},
            {**found, "rates": [{"found": 1}]},
        ]
        bad.append({**found, "rates": [{**found["rates"][0], "false_alarms": {"hits": 2, "n": 1}}]})
        for document in bad:
            path.write_text(document if isinstance(document, str) else json.dumps(document))
            self.assertEqual(words(), ["error-rates.json of this host could not be read."])
        self.assertEqual(self.call(["report", str(self.own)]).status, 0)
        self.assertIn("host could not be read", (self.own / "report.html").read_text())

    @needs_checker
    def test_a_summary_keeps_its_schema(self) -> None:
        document = summary.document(analyse(self.own))
        self.assertEqual(list(schema.problems("summary", document)), [])
        self.summarise(self.own, host=7)
        output = self.call(["verify", str(self.own)])
        self.assertIn("summary.json: host: ", output.stdout)
