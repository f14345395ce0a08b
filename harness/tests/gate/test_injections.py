"""Every structural slowdown fits the sources, and is built, found and told from the others."""

from __future__ import annotations

import json
import shutil
import unittest
from datetime import date
from typing import Any
from unittest import mock

from harness import spec
from harness.cli import ROOT
from harness.contenders import Candidate
from harness.errors import InputError
from harness.gate import builds, command, config, injections, programs
from harness.model import Cell
from harness.tests.bed import Output
from harness.tests.gate.bed import CELL
from harness.tests.gate.repository import RepositoryBed

ALL = injections.load(ROOT / "ci" / "injections.toml")
ENTRY = """[[injection]]
name = "{name}"
reason = "a sentence"
file = "good.sh"
old = "{old}"
new = "{new}"
hurts = ['{hurts}']
touches = ['^beta/']
"""
NINJA = """rule link
  command = : && cat -o contenders/good a.o b.o && :
build contenders/good: link
build contender_good: phony contenders/good
"""
SLOW = "slowed=$((130000 *"
REFUSE = """
file(READ good.sh text)
string(FIND "${text}" "130000" found)
if(found GREATER -1)
    message(FATAL_ERROR "no such luck")
endif()
"""


def quick_cells() -> list[str]:
    """The family's cells on a machine of two CPUs, whether its programs are built or not."""
    family = config.load(ROOT / "ci" / "gate.toml", date.min)
    cells = [
        Cell(s.workload.id, p.parameters, p.workers, "weft", "default", "shared", "").id
        for s in spec.load(ROOT / "suites", ROOT)
        for p in s.points(family.size, 2)
    ]
    return [cell for cell in cells if family.rule(cell) is not None]


class EntriesTest(unittest.TestCase):
    def test_each_fits_the_sources(self) -> None:
        injections.check(ALL, ROOT)

    def test_each_pattern_finds_a_cell_and_leaves_others_out(self) -> None:
        cells = quick_cells()
        for each in ALL:
            for pattern in (*each.hurts, *each.touches):
                with self.subTest(each.name, pattern=pattern.pattern):
                    self.assertTrue(any(pattern.search(cell) for cell in cells))
            self.assertTrue(set(cells) - set(each.hurt(cells)) - each.touched(cells), each.name)

    def test_an_entry_is_read_whole_or_refused(self) -> None:
        entry: dict[str, Any] = {key: "text" for key in ("name", "reason", "file", "old", "new")}
        entry |= {"hurts": ["^a"], "touches": ["^b"]}
        wrong = {
            "is there twice": [entry, entry],
            "hurts: is missing": [{k: v for k, v in entry.items() if k != "hurts"}],
            "no regular expression": [entry | {"hurts": ["("]}],
            "not a key": [entry | {"reson": "r"}],
            "must be an array of tables": [],
        }
        for words, entries in wrong.items():
            with self.assertRaisesRegex(InputError, words):
                injections.parse({"injection": entries}, "file")


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "needs cmake and ninja")
class StructuralTest(RepositoryBed):
    def calibrate(self, *entries: dict[str, str], words: str = "--slowdowns structural") -> Output:
        path = self.folder / "injections.toml"
        usual = {"old": "slowed=$((100000 *", "new": SLOW, "hurts": "^alpha/"}
        path.write_text("".join(ENTRY.format(**(usual | entry)) for entry in entries))
        number = ["--gates", "0", "--powered", "1", "--pairs", "6,8"]
        places = [*self.places(), "--injections", str(path), "--base", "HEAD"]
        host = command._Host({"fingerprint": "f", "nickname": "n"}, self.folder / "host")
        with mock.patch.object(command, "_host", return_value=host):
            return self.call(["calibrate", *places, *number, *words.split()])

    def test_each_is_built_once_and_compared_with_base(self) -> None:
        slight = {"name": "slight", "new": "slowed=$((101000 *"}
        output = self.calibrate({"name": "gross"}, slight)
        self.assertEqual(output.status, 0, output.stderr)
        rows = output.stdout.splitlines()
        self.assertRegex(rows[1], r"^gross +1 of 1 = 100\.0 % \[2\.5, 100\.0\] +\+(2|3)\d\.\d % ")
        self.assertRegex(rows[2], r"^slight +0 of 1 = 0\.0 %")
        rates = json.loads((self.out / "error-rates.json").read_text())["rates"]
        self.assertEqual([rate["kind"] for rate in rates], ["structural", "structural"])
        self.assertEqual(rates[0]["cells"][CELL]["found"]["hits"], 1)
        self.assertEqual(rates[0]["false_alarms"]["hits"], 0)
        self.assertEqual(output.stderr.count("building base with"), 2)
        self.assertEqual(self.repository.worktrees(), 1)
        self.assertFalse((self.folder / "host").exists())  # nothing is known of the noise

    def test_each_keeps_the_objects_that_a_gate_links_anew(self) -> None:
        build, kept = self.folder / "objects", self.folder / "injected" / "0"
        (build / "contenders").mkdir(parents=True)
        (build / "build.ninja").write_text(NINJA)
        program = build / "contenders" / "good"
        for name in ("a.o", "b.o", "contenders/good"):
            (build / name).write_text("slow")
        tree = builds.Tree(self.folder, build, self.folder, "HEAD")
        candidate = Candidate(mock.Mock(), program)
        found = injections._kept(builds.Built(tree, candidate, {}, None, {}), kept)
        for name in ("a.o", "b.o", "contenders/good"):
            (build / name).write_text("what the next change built")
        assert found.candidate.program is not None
        words = programs.link_command(found.tree.build, "contender_good", found.candidate.program)
        self.assertEqual(words, ("cat", "-o", "contenders/good", "a.o", "b.o"))
        self.assertEqual(found.candidate.program.read_text(), "slow")
        self.assertEqual((found.tree.build / "a.o").read_text(), "slow")

    def test_it_belongs_to_all_slowdowns_of_a_revision(self) -> None:
        arguments = mock.Mock(base="HEAD")
        self.assertEqual(command._all_slowdowns(arguments)[-2:], ("tail", "structural"))
        arguments.base = None
        self.assertEqual(command._all_slowdowns(arguments)[-1], "tail")

    def test_a_change_that_hurts_no_cell_that_is_left_is_left_out(self) -> None:
        output = self.calibrate({"name": "elsewhere", "hurts": "^beta/"})
        self.assertEqual(output.status, 0, output.stderr)
        self.assertIn("hurts none of the cells: elsewhere", output.stderr)
        self.assertNotIn("elsewhere", output.stdout)

    def test_a_change_that_does_not_fit_is_refused_before_anything_is_built(self) -> None:
        output = self.calibrate({"name": "rotten", "old": "no such text"})
        self.assertEqual((output.status, output.stdout), (2, ""))
        self.assertIn("'rotten': good.sh has 0 times what is to be replaced", output.stderr)
        self.assertNotIn("building", output.stderr)

    def test_a_change_that_changes_nothing_is_refused(self) -> None:
        output = self.calibrate({"name": "idle", "new": "slowed=$((100000 *"})
        self.assertEqual(output.status, 2)
        self.assertIn("'idle': the program is the same with it", output.stderr)

    def test_a_change_that_does_not_build_says_so(self) -> None:
        self.write_build(REFUSE)
        self.repository.commit()
        output = self.calibrate({"name": "broken"})
        self.assertEqual(output.status, 3)
        self.assertIn("'broken'", output.stderr)
        self.assertIn("no such luck", output.stderr)

    def test_without_a_revision_there_are_no_sources_to_change(self) -> None:
        output = self.call(["calibrate", *self.places(), "--slowdowns", "structural"])
        self.assertEqual(output.status, 2)
        self.assertIn("they need --base REV", output.stderr)
