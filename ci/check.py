"""Every check of the repository, by name: what `scripts/test.sh` runs once the machine is ready."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import MutableMapping
from pathlib import Path

from runner import run_steps
from steps import LAUNCHER, STEPS


def remember_compilations(top: Path, environment: MutableMapping[str, str]) -> None:
    """Lets ccache, where it is installed, answer for what was compiled before, in any clone.

    A choice that the environment has already is left alone, and so is a build folder that is there
    already: see `steps.configure`.
    """
    if shutil.which("ccache"):
        environment.setdefault(LAUNCHER, "ccache")
        # Paths below the top become relative, and a clone's own place is no part of the question.
        environment.setdefault("CCACHE_BASEDIR", str(top))
        environment.setdefault("CCACHE_NOHASHDIR", "true")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/test.sh", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="STEP", help="may be given several times"
    )
    parser.add_argument("--list", action="store_true", help="say what the steps are")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{step.name:14} {step.question}" for step in STEPS))
        return 0
    known = {step.name for step in STEPS}
    if unknown := set(options.only or ()) - known:
        parser.error(f"no step {', '.join(sorted(unknown))}; --list says which there are")
    chosen = [step for step in STEPS if not options.only or step.name in options.only]
    top = Path(__file__).resolve().parent.parent
    remember_compilations(top, os.environ)
    counts = run_steps(chosen, top, top / "build" / "checks")
    print(counts)
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
