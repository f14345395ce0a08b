"""Runs a program and compares what it prints with the comment at the end of its source.

The comment begins with `// Output:`, or `// Unordered output:` when the order of the lines is left
to the scheduler. What the program writes to standard error is not looked at.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from pathlib import Path

COMMENT = re.compile(r"^// (Output|Unordered output):\n((?://.*\n)*)\Z", re.MULTILINE)
LIMIT_S = 200


def main(program: str, source: str) -> int:
    comment = COMMENT.search(Path(source).read_text(encoding="utf-8"))
    if comment is None:
        print(f"{source} does not end with a comment that says what it prints")
        return 1
    expected = [line[2:].strip() for line in comment[2].splitlines()]
    ended = subprocess.run([program], stdout=subprocess.PIPE, timeout=LIMIT_S, text=True)
    printed = [line.strip() for line in ended.stdout.splitlines()]
    if comment[1] == "Unordered output":
        expected, printed = sorted(expected), sorted(printed)
    difference = list(difflib.unified_diff(expected, printed, "expected", "printed", lineterm=""))
    if difference:
        print("\n".join(difference))
    if ended.returncode != 0:
        print(f"it ended with status {ended.returncode}")
    return 1 if difference or ended.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
