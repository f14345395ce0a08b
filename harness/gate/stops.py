"""Runs a program and stops it now and then: a slowdown that only the slowest operations notice.

    stops.py SECONDS PROGRAM ARGUMENT...

A program of its own: it is between the harness and the contender, and imports nothing of either.
"""

import ctypes
import os
import select
import signal
import sys
import time

PERIOD_S = 0.200
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


def stop_now_and_then(child: int, seconds: float) -> None:
    """Until the child has ended."""
    ends = select.poll()
    ends.register(os.pidfd_open(child), select.POLLIN)
    while not ends.poll(1000 * PERIOD_S):
        os.kill(child, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(child, signal.SIGCONT)


def main() -> None:
    child = start(sys.argv[2:])
    stop_now_and_then(child, float(sys.argv[1]))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (9, 19) else None
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
