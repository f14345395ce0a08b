"""Finds thread-local addresses in object code where a goroutine could carry them to another thread.

usage: thread_locals.py OBJECT_OR_ARCHIVE [--objdump COMMAND]

A goroutine that goes on after a switch may be on another thread. A compiler does not know that: it
may compute the address of a thread-local variable once and use it on both sides of a call that
switches. So only functions that cannot switch may compute such addresses, and they must not be
inlined into others. This reads the disassembly, since only that shows what was inlined where.

Counted as computing such an address: an access through the thread register, a relocation against a
thread-local symbol, and a call of a C library function that is declared to return the same result
each time (`__errno_location`, `__cxa_get_globals`). The stack protector's canary is left out: every
thread has the same.

Exit status: 0 clean, 1 something was found, 2 the file cannot be read.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Each calls nothing that switches: a look at its source says so.
ALLOWED = re.compile(
    r"""
      (non-virtual\ )?weft::platform::                       # system calls, and nothing above them
    | weft::fiber::bind_to_this_thread\(                     # a thread's start
    | weft::sched::\(anonymous\ namespace\)::this_foreign_thread\(
    | weft::sched::\(anonymous\ namespace\)::thread_extension\(
    | weft::detail::\(anonymous\ namespace\)::thread_random\(
    | weft::sched::\(anonymous\ namespace\)::.*::~\w+\(      # of plain threads' variables
    | TLS\ (init|wrapper)\ function
    | __tls_init
    """,
    re.VERBOSE,
)
FUNCTION = re.compile(r"^[0-9a-f]+ <(?P<name>.*)>:$")
THREAD_ADDRESS = re.compile(
    r"""
      %fs:(?!0x28\b)                                  # x86-64's thread register, but for the canary
    | \btpidr_el0\b                                   # aarch64's
    | R_(X86_64|AARCH64)_\w*(TLS|TPOFF|DTPMOD|DTPOFF)\w*
    | __tls_get_addr
    | __errno_location
    | __cxa_get_globals
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Finding:
    function: str
    instruction: str

    def __str__(self) -> str:
        return f"{self.function}: {self.instruction}"


def findings(disassembly: Iterable[str]) -> Iterator[Finding]:
    """Of each offending function the first instruction."""
    function, told = "", True
    for line in disassembly:
        header = FUNCTION.match(line)
        if header is not None:
            function, told = header["name"], False
        elif not told and THREAD_ADDRESS.search(line):
            told = True
            if not ALLOWED.match(function):
                yield Finding(function, " ".join(line.split()))


def disassemble(path: str, objdump: str) -> list[str]:
    command = (objdump, "-dr", "--no-show-raw-insn", "-C", path)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.strip() or f"{objdump} ended with status {done.returncode}")
    return done.stdout.splitlines()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="thread_locals.py",
        description="Finds thread-local addresses where a goroutine could carry them along.",
        epilog="Exit status: 0 clean, 1 something was found, 2 the file cannot be read.",
    )
    parser.add_argument("file", help="an object file or an archive")
    parser.add_argument("--objdump", default="objdump", help="the disassembler (default: objdump)")
    options = parser.parse_args(arguments)
    try:
        lines = disassemble(options.file, options.objdump)
    except OSError as error:
        print(f"thread_locals: {options.file}: {error}", file=sys.stderr)
        return 2
    functions = sum(1 for line in lines if FUNCTION.match(line))
    if functions == 0:
        print(f"thread_locals: {options.file}: there is no code in it", file=sys.stderr)
        return 2
    found = list(findings(lines))
    for each in found:
        print(f"{options.file}: {each}")
    print(f"thread_locals: {functions} functions, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
