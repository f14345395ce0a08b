"""Takes the fixes of mutations.toml out, one at a time, and sees whether their tests notice.

usage: mutations.py [--only WORDS] [--list]

Works in a copy of the repository in a temporary folder. A test has ten runs to fail in, since what
a fix prevents may need two threads to meet. Not part of scripts/test.sh: it builds the runtime anew
for each mutation, some minutes in all.

Exit status: 0 every mutation was noticed, 1 one was not, 2 one cannot be made or built.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from check import remember_compilations
from steps import CPUS

TOP = Path(__file__).resolve().parent.parent
sys.path.append(str(TOP))

from harness.errors import InputError  # noqa: E402
from harness.replacement import Replacement  # noqa: E402

RUNS = 10
RUN_TIMEOUT_S = 60


class Unusable(Exception):
    """The mutation cannot be built or proves nothing; the argument says why."""


@dataclass(frozen=True)
class Mutation(Replacement):
    """One change of one file, and what must fail with it: a test, a ctest entry or a command."""

    name: str
    preset: str = "release"
    test: str = ""
    filter: str = "*"
    ctest: str = ""
    command: Sequence[str] = field(default=())

    def check(self, top: Path) -> list[str]:
        """The command that notices."""
        build = top / "build" / self.preset
        if self.command:
            return [sys.executable, *self.command]
        if self.ctest:
            return ["ctest", "--test-dir", str(build), "--no-tests=error", "-R", self.ctest]
        program = str(build / "runtime" / self.test)
        fixed = ["setarch", "--addr-no-randomize"] if self.preset == "tsan" else []
        return [*fixed, program, "--gtest_brief=1", f"--gtest_filter={self.filter}"]


def read(path: Path) -> list[Mutation]:
    with path.open("rb") as file:
        return [Mutation(**each) for each in tomllib.load(file)["mutation"]]


def succeeds(command: Sequence[str], top: Path, timeout_s: float = RUN_TIMEOUT_S) -> bool:
    """A command that does not end in time has failed."""
    try:
        done = subprocess.run(
            command,
            cwd=top,
            timeout=timeout_s,
            capture_output=True,
            env=environment(top),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def environment(top: Path) -> dict[str, str]:
    """What tests leave behind on purpose is not what is looked for; and what other checkouts or
    other mutations compiled is not compiled again."""
    options = {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "report_thread_leaks=0"}
    found = {**os.environ, **options}
    remember_compilations(top, found)
    return found


def build(mutation: Mutation, top: Path) -> None:
    target = mutation.test or "weft"
    for command in (
        ("cmake", "--preset", mutation.preset),
        ("cmake", "--build", "--preset", mutation.preset, "--target", target, "-j", str(CPUS)),
    ):
        if not succeeds(command, top, timeout_s=1200):
            raise Unusable(f"{' '.join(command)} failed")


def noticed(mutation: Mutation, top: Path) -> bool:
    """Whether the check fails with the mutation and not without it."""
    check = mutation.check(top)
    build(mutation, top)
    if not succeeds(check, top):
        raise Unusable("its check fails without it")
    with mutation.made(top):
        build(mutation, top)
        return any(not succeeds(check, top) for _ in range(RUNS))


def copy_of_repository(to: Path) -> None:
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=TOP,
        capture_output=True,
        check=True,
    )
    subprocess.run(
        ("tar", "--create", "--null", "--files-from=-", "--file", str(to / "files.tar")),
        cwd=TOP,
        input=listed.stdout,
        check=True,
    )
    subprocess.run(("tar", "--extract", "--file", "files.tar"), cwd=to, check=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="mutations.py",
        description="Takes fixes out, one at a time, and sees whether their tests notice.",
        epilog="Exit status: 0 all were noticed, 1 one was not, 2 one cannot be made or built.",
    )
    parser.add_argument("--only", metavar="WORDS", help="those whose name contains this")
    parser.add_argument("--list", action="store_true", help="only say which there are")
    options = parser.parse_args(arguments)
    chosen = [m for m in read(TOP / "ci" / "mutations.toml") if (options.only or "") in m.name]
    if options.list:
        print(*(each.name for each in chosen), sep="\n")
        return 0
    status = 0
    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch)
        copy_of_repository(top)
        for each in chosen:
            try:
                seen = noticed(each, top)
                word, found = ("noticed", 0) if seen else ("NOT NOTICED", 1)
            except (Unusable, InputError) as error:
                word, found = f"unusable: {error}", 2
            print(f"{each.name}: {word}", flush=True)
            status = max(status, found)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
