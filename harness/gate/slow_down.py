"""Runs a program and stops it now and then: the slowdown that a gate has to find.

    slow_down.py {steady|tail} AMOUNT PROGRAM ARGUMENT...

`steady` stops it for AMOUNT of the time that it ran, many times a second, so that everything takes
longer by that share, whatever the program is made of. `tail` stops it for AMOUNT seconds a few
times a second, which only the slowest operations notice. A program of its own: it is between the
harness and the contender, and imports nothing of either.
"""

import ctypes
import os
import select
import signal
import sys
import time

PERIOD_S = {"steady": 0.010, "tail": 0.200}
PR_SET_PDEATHSIG = 1


def start(command: list[str]) -> int:
    """The program as a child that does not outlive this process."""
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        try:
            os.execv(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    return child


def stop_now_and_then(child: int, kind: str, amount: float) -> None:
    """Until the child has ended. What a late wake-up stopped too long is stopped less next time."""
    ends = select.poll()
    ends.register(os.pidfd_open(child), select.POLLIN)
    debt_s = 0.0
    while True:
        began = time.monotonic()
        if ends.poll(1000 * PERIOD_S[kind]):
            return
        ran_s = time.monotonic() - began
        debt_s += amount * ran_s if kind == "steady" else amount
        if debt_s <= 0:
            continue
        os.kill(child, signal.SIGSTOP)
        stopped = time.monotonic()
        time.sleep(debt_s)
        os.kill(child, signal.SIGCONT)
        debt_s -= time.monotonic() - stopped


def main() -> None:
    kind, amount = sys.argv[1], float(sys.argv[2])
    child = start(sys.argv[3:])
    if amount > 0:
        stop_now_and_then(child, kind, amount)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (9, 19) else None
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
