"""Which cells a gate is about, and what is said of those that are not measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from harness.errors import InputError
from harness.gate import builds, config, standing
from harness.gate.arithmetic import log_effect
from harness.gate.builds import Built, Tree
from harness.gate.model import Subject, Verdict
from harness.gate.noise import Noise
from harness.tests.gate.bed import CELL, GateBed
from harness.tests.stand_in import list_entries


class StandingTest(GateBed):
    def look(self, side: str, suites: Path | None = None) -> Built:
        tree = Tree(self.folder / side, self.folder / side, suites or self.suites, side)
        return builds.look_at(tree, "good")

    def cells(self, head: Built | None = None, **options: Any) -> list[Subject]:
        settings = config.load(self.config, date(2026, 1, 1))
        both = (self.look("base"), head or self.look("head"))
        fields: dict[str, Any] = {"pattern": None, "noise": None, "cpus": 2, **options}
        found, _ = standing.cells(both, settings, **fields)
        return found

    def verdict(self, head: Built | None = None) -> Verdict | None:
        (subject,) = self.cells(head)
        return subject.standing.verdict if subject.standing else None

    def test_what_both_have_is_measured(self) -> None:
        self.assertIsNone(self.verdict())

    def test_what_only_one_has_is_new_or_removed(self) -> None:
        suites, self.suites = self.suites, self.folder / "other"
        self.add_spec(sizes="[9]")
        other, self.suites = self.suites, suites
        found = {s.id: s.standing for s in self.cells(self.look("head", other))}
        verdicts = {name: s.verdict if s else None for name, s in found.items()}
        self.assertEqual(verdicts, {CELL: Verdict.REMOVED, CELL.replace("=8", "=9"): Verdict.NEW})

    def test_a_new_version_of_a_workload_is_a_new_one(self) -> None:
        other = self.folder / "other" / "alpha" / "first.toml"
        other.parent.mkdir(parents=True)
        text = (self.suites / "alpha" / "first.toml").read_text()
        other.write_text(text.replace("version = 1", "version = 2"))
        entries = list_entries("good", "good")["entries"]
        self.add_build("head", entries=[{**entry, "version": 2} for entry in entries])
        self.assertEqual(self.verdict(self.look("head", self.folder / "other")), Verdict.NEW)

    def test_what_head_declares_impossible_is_removed_and_what_it_lost_is_broken(self) -> None:
        entries = list_entries("good", "good")["entries"]
        for entry in entries:
            entry.update(supported=False, reason="no longer")
        self.add_build("head", entries=entries)
        self.assertEqual(self.verdict(), Verdict.REMOVED)
        self.add_build("head", entries=[])
        self.assertEqual(self.verdict(), Verdict.BROKEN)
        (self.folder / "head" / "list.json").write_text("nonsense")
        self.assertEqual(self.verdict(), Verdict.BROKEN)

    def test_other_flags_are_not_comparable(self) -> None:
        (self.folder / "head" / "CMakeCache.txt").write_text("CMAKE_CXX_FLAGS:STRING=-O1\n")
        self.assertEqual(self.verdict(), Verdict.NOT_COMPARABLE)

    def test_a_rule_that_finds_no_cell_is_misspelt(self) -> None:
        self.write_config("[[family]]\ncells = '^gamma/'")
        with self.assertRaisesRegex(InputError, "'\\^gamma/' finds no cell"):
            self.cells()

    def test_the_bar_is_the_config_s_and_the_noise_file_s(self) -> None:
        (subject,) = self.cells()
        self.assertEqual((subject.bar.floor, subject.bar.measured), (log_effect(1), False))
        (subject,) = self.cells(noise=Noise({CELL: 0.04}, "a file"))
        self.assertEqual((subject.bar.floor, subject.bar.measured), (0.04, True))

    def test_exceptions_are_for_the_cells_that_they_find(self) -> None:
        entry = "cells = '{}'\nreason = 'it is wanted'\nuntil = 2026-01-01\n"
        accepted = "[[accepted]]\nup_to_percent = 7\n" + entry.format("^alpha/")
        self.write_config(accepted + "[[quarantine]]\n" + entry.format("^beta/"))
        (subject,) = self.cells()
        self.assertEqual(subject.accepted_up_to, log_effect(7))
        self.assertIsNone(subject.quarantine)
        self.write_config("[[quarantine]]\n" + entry.format("^alpha/"))
        (subject,) = self.cells()
        self.assertEqual(subject.quarantine, "it is wanted")
