"""Nothing that was recorded is lost, nothing torn is believed, and damage is said."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from typing import Any
from unittest import mock

from harness import store
from harness.errors import InputError, StoreError
from harness.model import Cell
from harness.store import RunFolder, cell_document, load_runs, read_cell, read_json
from harness.tests.bed import Bed


def run(number: int) -> dict[str, Any]:
    return {"schema": "weft.run/1", "run": number, "note": "\ud800 and \u2028"}


class StoreTest(Bed):
    def test_cells_survive_the_round_trip(self) -> None:
        cell = Cell("a/b", (("size", 8), ("mode", "x")), 2, "c", "p", "idiomatic", "s.hpp")
        self.assertEqual(read_cell(json.loads(json.dumps(cell_document(cell)))), cell)

    def test_what_is_appended_is_read_back(self) -> None:
        with RunFolder(self.out) as folder:
            folder.open_runs()
            for number in range(3):
                folder.append_run(run(number))
        self.assertEqual([r["run"] for r in load_runs(self.out)], [0, 1, 2])

    def test_a_line_torn_anywhere_is_dropped_and_written_anew(self) -> None:
        with RunFolder(self.out) as folder:
            folder.open_runs()
            folder.append_run(run(0))
            folder.append_run(run(1))
        path = self.out / "raw" / "runs.jsonl"
        whole = path.read_bytes()
        first = whole.index(b"\n") + 1
        for end in range(first, len(whole)):
            path.write_bytes(whole[:end])
            self.assertEqual([r["run"] for r in load_runs(self.out)], [0])
            with RunFolder(self.out) as folder:
                self.assertEqual(folder.open_runs(), end - first)
                folder.append_run(run(1))
            self.assertEqual(path.read_bytes(), whole)

    def test_damage_before_the_end_is_said_with_its_line(self) -> None:
        for damage in ("{\n", "[]\n"):
            (self.out / "raw").mkdir(parents=True, exist_ok=True)
            good = json.dumps(run(0)) + "\n"
            (self.out / "raw" / "runs.jsonl").write_text(good + damage + good)
            with self.assertRaisesRegex(StoreError, "line 2"):
                load_runs(self.out)

    def test_a_run_that_is_there_twice_is_damage(self) -> None:
        (self.out / "raw").mkdir(parents=True)
        (self.out / "raw" / "runs.jsonl").write_text(2 * (json.dumps(run(5)) + "\n"))
        with self.assertRaisesRegex(StoreError, "run 5 a second time"):
            load_runs(self.out)

    def test_a_full_disk_is_said_and_leaves_no_part_of_a_line(self) -> None:
        with RunFolder(self.out) as folder:
            folder.open_runs()
            folder.append_run(run(0))
            real_write = os.write

            def full(descriptor: int, data: bytes) -> int:
                if len(data) > 10:
                    return real_write(descriptor, data[:10])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            with mock.patch("harness.store.os.write", full):
                with self.assertRaisesRegex(StoreError, "disk is full; what was recorded"):
                    folder.append_run({**run(1), "note": "x" * 5})
                with self.assertRaisesRegex(StoreError, "disk is full"):
                    folder.write_json("manifest.json", {})
            folder.append_run(run(1))
        self.assertEqual([r["run"] for r in load_runs(self.out)], [0, 1])
        self.assertEqual(list(self.out.glob(".*.new")), [])

    def test_a_failed_write_leaves_the_old_file(self) -> None:
        with RunFolder(self.out) as folder:
            folder.write_json("env.json", {"a": 1})
            with mock.patch("harness.store.os.replace", side_effect=OSError(errno.EIO, "I/O")):
                with self.assertRaises(StoreError):
                    folder.write_json("env.json", {"a": 2})
        self.assertEqual(read_json(self.out / "env.json"), {"a": 1})

    def test_a_folder_that_cannot_be_made_is_said(self) -> None:
        with self.assertRaises(StoreError):
            RunFolder(self.folder / ("n" * 300))

    def test_the_second_harness_is_told(self) -> None:
        with RunFolder(self.out):
            with self.assertRaisesRegex(InputError, "another harness is at work"):
                RunFolder(self.out)
        with RunFolder(self.out):
            pass

    def test_the_sums_cover_every_file_and_go_when_more_is_recorded(self) -> None:
        with RunFolder(self.out) as folder:
            folder.open_runs()
            folder.append_run(run(0))
            folder.write_log("run-000000.err", b"x" * (store.LOG_LIMIT_BYTES + 5))
            folder.seal()
        lines = (self.out / "SHA256SUMS").read_text().splitlines()
        sums = {line.split("  ", 1)[1]: line.split("  ", 1)[0] for line in lines}
        self.assertEqual(set(sums), {"raw/runs.jsonl", "logs/run-000000.err"})
        for name, digest in sums.items():
            self.assertEqual(hashlib.sha256((self.out / name).read_bytes()).hexdigest(), digest)
        with RunFolder(self.out) as folder:
            folder.open_runs()
        self.assertFalse((self.out / "SHA256SUMS").exists())

    def test_what_a_killed_harness_did_not_rename_is_gone_and_in_no_sum(self) -> None:
        with RunFolder(self.out):
            pass
        for name in (".SHA256SUMS.new", "raw/.runs.jsonl.new"):
            (self.out / name).write_text("torn")
        with RunFolder(self.out) as folder:
            folder.write_json("env.json", {})
            folder.seal()
        sums = (self.out / "SHA256SUMS").read_text().splitlines()
        self.assertEqual([line.split("  ", 1)[1] for line in sums], ["env.json"])
