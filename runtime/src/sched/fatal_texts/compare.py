"""Compares the last words of a weft program with those of the same program in Go.

usage: compare.py WEFT_PROGRAM GO_PROGRAM

For each ending that the programs know: the line with the text, what goroutine 1 is said to do, and
the status. Exit status: 0 all are the same, 1 one differs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import NamedTuple

TIMEOUT_S = 60
TEXT = re.compile(r"^(panic: .*|fatal error: .*|SIGQUIT: .*)$", re.MULTILINE)
MAIN = re.compile(r"^goroutine 1 (?:gp=\w+ m=\S+ (?:mp=\w+ )?)?\[(.*)\]:$", re.MULTILINE)
# What Go said before version 1.25 of everything that waits on a semaphore.
OLD_WORD = "semacquire"


class Ending(NamedTuple):
    text: str
    main: str
    status: int


def ending_of(program: str, name: str) -> Ending:
    done = subprocess.run(
        (program, name), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    text, main = TEXT.search(done.stderr), MAIN.search(done.stderr)
    return Ending(text[1] if text else done.stderr, main[1] if main else "", done.returncode)


def same(ours: Ending, theirs: Ending) -> bool:
    words = ours.main == theirs.main or theirs.main.startswith(OLD_WORD)
    return words and ours.text == theirs.text and ours.status == theirs.status


def main(weft_program: str, go_program: str) -> int:
    listed = subprocess.run((weft_program,), capture_output=True, text=True, check=True)
    names = listed.stdout.splitlines()
    if not names:
        print("compare: the programs know no endings")
        return 1
    differing = 0
    for name in names:
        ours, theirs = ending_of(weft_program, name), ending_of(go_program, name)
        if same(ours, theirs):
            print(f"{name}: {ours.text} [{ours.main}] {ours.status}")
        else:
            differing += 1
            print(f"{name}: DIFFERS\n  weft: {ours}\n  Go:   {theirs}")
    print(f"compare: {len(names)} endings, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
