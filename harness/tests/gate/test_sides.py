"""Each pair has a layout of its own for either side, and what a layout does is no difference."""

from __future__ import annotations

import json
import shutil
import unittest
from typing import Any

from harness.tests.gate.bed import CELL, GateBed

# The program is the stand-in, slower by what its link order says: first a, b, c or d.
NINJA = """rule link
  command = : && ./ld -o contenders/good a.o b.o c.o d.o && :
build contenders/good: link
build contender_good: phony contenders/good
"""
LINKER = """#!/bin/sh
output=$2
case $3 in a.o) slower=0 ;; b.o) slower=30 ;; c.o) slower=60 ;; d.o) slower=90 ;; esac
{
    echo '#!/bin/sh'
    echo "# $*"
    echo "export SLOWER_PERMILLE=$slower"
    tail -n +2 contenders/good
} > "$output"
chmod +x "$output"
"""


@unittest.skipUnless(shutil.which("ninja"), "needs ninja")
class LayoutTest(GateBed):
    def setUp(self) -> None:
        super().setUp()
        for side in ("base", "head"):
            self.add_linker(side)

    def add_linker(self, side: str) -> None:
        folder = self.folder / side
        (folder / "build.ninja").write_text(NINJA)
        linker = folder / "ld"
        linker.write_text(LINKER)
        linker.chmod(0o755)

    def runs(self) -> list[dict[str, Any]]:
        return [run for run in super().runs() if run["side"] != "canary"]

    def programs(self, subject: str, stage: int, arm: int) -> list[str]:
        found = {
            run["round"]: run["command"][0]
            for run in self.runs()
            if (run["subject"], run["stage"], run["arm"]) == (subject, stage, arm)
        }
        return [found[number] for number in sorted(found)]

    def test_no_two_pairs_of_a_subject_share_a_layout(self) -> None:
        self.gate()
        for subject in (f"null copy: {CELL}", f"null relink: {CELL}", f"positive: {CELL}"):
            for arm in (0, 1):
                names = [*self.programs(subject, 1, arm), *self.programs(subject, 2, arm)]
                self.assertEqual(names, [f"bin/contender-{n:03}" for n in range(16)])

    def test_what_only_the_layout_does_is_no_regression(self) -> None:
        self.add_build("head", behaviour="# other code")
        self.add_linker("head")
        self.gate()
        self.assertNotIn(self.result()["verdict"], ("REGRESSION", "IMPROVEMENT"))
        self.assertEqual({c["health"] for c in self.document()["controls"]}, {"healthy"})

    def test_the_layouts_of_the_sides_are_drawn_apart_and_a_copy_has_its_original_s(self) -> None:
        output = self.gate("--keep")
        self.assertNotIn("in the layout that it was built in", output.stderr)
        (work,) = (self.folder / "work").glob("gate-*")

        def orders(side: str) -> list[str]:
            found = sorted((work / "sides" / side / "bin").glob("contender-*"))
            return [path.read_text().splitlines()[1].split(" ", 4)[-1] for path in found]

        base = orders("base")
        self.assertEqual(len(base), 16)
        self.assertGreater(len(set(base)), 4)
        self.assertEqual(orders("copy"), base)
        self.assertNotEqual(orders("link"), base)
        self.assertNotEqual(orders("head"), base)

    def test_where_nothing_can_be_linked_all_are_as_they_were_built_and_it_is_said(self) -> None:
        (self.folder / "head" / "build.ninja").unlink()
        self.gate()
        notes = json.dumps(self.document()["notes"])
        self.assertIn("in the layout that it was built in: the build is not ninja's", notes)
        self.assertEqual(self.programs(f"null copy: {CELL}", 1, 0), ["bin/contender"] * 6)
