"""The programs of a gate's sides, each in as many layouts as there are pairs.

Where a program's code lies decides a part of its speed, and any change of any part of it moves the
rest: weft's ping-pong takes up to 14 % longer or shorter only because its objects were linked in
another order. So no side is one program. A pair of runs has a link order of its own for either
side, drawn for that side alone, and what a layout does is noise that every interval shows.

Every program has a path of one length below one folder, so that neither the command line nor the
place on disk is a difference.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Sequence

from harness.gate import programs
from harness.gate.builds import Built
from harness.session import Bench

_STOPS = (sys.executable, "-I", "-S", str(Path(__file__).with_name("stops.py")))
_SLOWDOWN = "SUITE_SLOWDOWN"  # what the programs' stopwatches read
SIDES = ("base", "head", "copy", "link", "slow", "hurt")  # of one length


def slower(kind: str, amount: float, program: str) -> str:
    """A script that runs a program more slowly than it is.

    `steady`: its own stopwatch makes every timed part longer by that share. Whoever stops it from
    outside costs it a wake-up besides each time, and starts it elsewhere than the other side, so
    that it strays more than anything that is measured. `tail` does stop it, so many seconds a few
    times a second.
    """
    if kind == "tail":
        return f'#!/bin/sh\nexec {" ".join(_STOPS)} {amount:.6f} {program} "$@"\n'
    entry = f"{_SLOWDOWN}={amount:.6f}"
    # The environment stays as large as the other side's, since the stack begins below it. The shell
    # adds a PWD.
    as_long = "?" * (len(entry) + 1)
    variables = f'unset PWD\nexport {entry} PADDING="${{PADDING#{as_long}}}"\n'
    return f'#!/bin/sh\n{variables}exec {program} "$@"\n'


def in_layout(program: str, layout: int) -> str:
    """The path of a side's program in one of its layouts."""
    return f"{program}-{layout:03}"


class Sides:
    """The programs of all sides below one folder, and the bench of each.

    `copy` is a copy of base, layout by layout; `link` is base in layouts of its own.
    """

    def __init__(self, work: Path, base: Built, head: Built) -> None:
        self._work = work / "sides"
        self._built = {"base": base, "head": head, "copy": base, "link": base}
        self.layouts = 0  # 0: every program is as it was built, and there is no `link`

    def path(self, side: str) -> Path:
        """Of a side's program as it was built."""
        assert side in SIDES
        folder = self._work / side / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "contender"

    def add(self, side: str) -> Bench:
        """The side's program as it was built."""
        program = self._built[side].candidate.program
        if program is not None:
            shutil.copy2(program, self.path(side))
        return self._bench(side, self._built[side])

    def add_layouts(self, sides: Sequence[str], target: str, layouts: int, seed: int) -> str | None:
        """Links the sides' programs in so many orders; why that is not possible, or None."""
        jobs = []
        for side in sides:
            built = self._built[side]
            if built.candidate.program is None:
                return "there is no program"
            build = built.tree.build
            words = programs.link_command(build, target, built.candidate.program)
            if isinstance(words, str):
                return words
            for layout in range(layouts):
                output = Path(in_layout(str(self.path(side)), layout))
                jobs.append((words, build, output, f"{seed} {side} {layout}"))
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            problems = list(pool.map(lambda job: programs.link(*job), jobs))
        problem = next((found for found in problems if found is not None), None)
        if problem is None:
            base, copy = str(self.path("base")), str(self.path("copy"))
            for layout in range(layouts):
                shutil.copy2(in_layout(base, layout), in_layout(copy, layout))
            self.layouts = layouts
        return problem

    def link(self) -> Bench:
        """The bench of base in other layouts, where there are some."""
        assert self.layouts
        return self.add("link")

    def add_slowed(self, side: str, of: str, kind: str, amount: float) -> Bench:
        """A side that is another one's, slowed down; a later call replaces the amount."""
        programs_of = [(str(self.path(side)), str(self.path(of)))]
        programs_of += [
            (in_layout(str(self.path(side)), layout), in_layout(str(self.path(of)), layout))
            for layout in range(self.layouts)
        ]
        for name, program in programs_of:
            script = Path(name)
            script.write_text(slower(kind, amount, program))
            script.chmod(0o755)
        return self._bench(side, self._built[of])

    def _bench(self, side: str, built: Built) -> Bench:
        """Services are base's for all sides: they are no part of what is compared."""
        program = None if built.candidate.program is None else self.path(side)
        candidate = replace(built.candidate, program=program)
        name = candidate.contender.name
        root = self.path(side).parent.parent
        return Bench(built.specs, {name: candidate}, self._built["base"].tree.build, root)
