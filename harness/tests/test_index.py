"""The index says what the folders say, whatever became of it or of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from harness.index import NAME, Index
from harness.store import read_json
from harness.tests.bed import RecordedBed


class IndexTest(RecordedBed):
    def setUp(self) -> None:
        super().setUp()
        self.top = self.folder / "runs"
        self.said: list[str] = []
        self.add("host/first", started="2026-01-01T00:00:00Z")
        self.add("host/second", started="2026-01-02T00:00:00Z")

    def add(self, name: str, environment: dict[str, Any] | None = None, **manifest: Any) -> Path:
        """A run's folder with other facts at its top."""
        self.change_json("manifest.json", **manifest)
        self.change_json("env.json", **(environment or {}))
        self.seal()
        return Path(shutil.copytree(self.out, self.top / name))

    def index(self, **options: bool) -> Index:
        return Index(self.top, self.said.append, **options)

    def folders(self, **options: bool) -> list[str]:
        return [run.folder for run in self.index(**options).runs]

    def test_it_has_every_run_and_none_inside_another(self) -> None:
        shutil.copytree(self.out, self.top / "host/first/race")
        self.assertEqual(self.folders(), ["host/first", "host/second"])
        (first, _) = self.index().runs
        environment = read_json(self.out / "env.json")
        self.assertEqual((first.host, first.sealed), (environment["fingerprint"], 1))
        self.assertEqual((first.planned, first.recorded, first.failed), (4, 4, 0))

    def test_it_follows_what_comes_changes_and_goes(self) -> None:
        self.assertEqual(len(self.folders()), 2)
        third = self.add("host/third", started="2026-01-03T00:00:00Z")
        self.assertEqual(self.folders()[-1], "host/third")
        shutil.rmtree(third)
        self.add("host/third", started="2026-01-01T00:00:01Z")
        self.assertEqual(self.folders()[1], "host/third")
        shutil.rmtree(third)
        self.assertEqual(len(self.folders()), 2)
        self.assertEqual(len({point.folder for point in self.index().history("")}), 2)

    def test_a_run_that_is_not_closed_is_followed_too(self) -> None:
        first = self.top / "host/first"
        (first / "SHA256SUMS").unlink()
        runs = (first / "raw/runs.jsonl").read_bytes()
        (first / "raw/runs.jsonl").write_bytes(b"")
        (run, _) = self.index().runs
        self.assertEqual((run.sealed, run.recorded), (0, 0))
        (first / "raw/runs.jsonl").write_bytes(runs)
        (run, _) = self.index().runs
        self.assertEqual(run.recorded, 4)

    def test_it_can_be_thrown_away_damaged_or_of_another_version(self) -> None:
        before = self.index().history("")
        path = self.top / NAME
        path.unlink()
        self.assertEqual(self.index().history(""), before)
        path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
        self.assertEqual(self.index().history(""), before)
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
            connection.execute("DROP TABLE cells")
        self.assertEqual(self.index().history(""), before)
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM cells")
        self.assertEqual(self.index().history(""), [])
        self.assertEqual(self.index(rebuild=True).history(""), before)

    def test_a_folder_that_is_no_run_is_said_and_left_out(self) -> None:
        (self.top / "odd").mkdir()
        (self.top / "odd/manifest.json").write_text('{"schema": "another/1"}')
        self.assertEqual(len(self.folders()), 2)
        (words,) = self.said
        self.assertIn("odd: is left out", words)

    def test_the_history_of_a_cell_is_in_order_and_by_host(self) -> None:
        self.add("other/first", {"fingerprint": "0" * 12}, started="2025-01-01T00:00:00Z")
        points = self.index().history("@weft:plain$")
        self.assertEqual(
            [point.folder for point in points if point.host != "0" * 12],
            ["host/first", "host/second"],
        )
        self.assertEqual({point.cell for point in points}, {points[0].cell})
        self.assertTrue(all(point.median is not None for point in points))

    def test_a_merged_run_is_a_run_but_no_point_of_a_history(self) -> None:
        self.add("host/merged", merged={"drift": [], "sources": []})
        self.assertEqual(len(self.folders()), 3)
        self.assertEqual(sum(run.merged for run in self.index().runs), 1)
        folders = {point.folder for point in self.index().history("")}
        self.assertEqual(folders, {"host/first", "host/second"})

    def index_words(self, *words: str) -> list[str]:
        return ["index", "--runs", str(self.top), *words]

    def test_the_verb_shows_runs_and_histories(self) -> None:
        out = self.call(self.index_words()).stdout.splitlines()
        self.assertEqual([line.split()[-1] for line in out], ["host/first", "host/second"])
        self.add("host/third", {"fingerprint_software": "0" * 12}, started="2026-01-03T00:00:00Z")
        head, first, second, third = self.call(
            self.index_words("--cell", "@weft:plain")
        ).stdout.splitlines()
        self.assertIn("@weft:plain (version 1), real_time in ns, on ", head)
        self.assertNotIn("other software", first + second)
        self.assertIn("other software than before", third)
        entries = json.loads(self.call(self.index_words("--json", "--cell", "@weft:plain")).stdout)
        self.assertEqual(len(entries), 3)

    def test_bad_input_is_status_2(self) -> None:
        self.assertEqual(self.call(self.index_words("--cell", "(")).status, 2)
        self.assertEqual(self.call(["index", "--runs", str(self.folder / "none")]).status, 2)
