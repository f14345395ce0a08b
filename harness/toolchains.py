"""Which tools are missing to build and to report, as `scripts/bootstrap.sh` finds it out.

It compiles a few lines to see whether a library can be used, so it takes seconds: only `doctor`
asks. The probes stand there alone, because there they are what decides on installing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from harness import process

_LIMIT_S = 60.0


def parse(said: str) -> dict[str, Any]:
    """The facts in the words of `bootstrap.sh --no-install`."""
    install = re.search(r"^bootstrap: to install: (apt-get .*) \(as root\)$", said, re.MULTILINE)
    return {
        "missing": re.findall(r"^bootstrap: missing: (.*)$", said, re.MULTILINE),
        "missing_optional": re.findall(r"^bootstrap: missing, optional: (.*)$", said, re.MULTILINE),
        "cure": f"sudo {' '.join(install.group(1).split())}" if install else None,
    }


def facts(root: Path) -> dict[str, Any] | None:
    """What is missing; None where nobody could find out."""
    command = [str(root / "scripts" / "bootstrap.sh"), "--no-install"]
    finished = process.run(command, _LIMIT_S, root)
    if finished.exit_status not in (0, 2):
        return None
    return parse(finished.stderr.decode("utf-8", "replace"))
