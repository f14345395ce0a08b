"""A fixed piece of work without any of the code under test; prints what it took, in nanoseconds.

    canary.py {spin|wake}

`spin` computes on one thread: the speed of the processor. `wake` hands a byte to and fro between
two threads through pipes: what the kernel takes to wake somebody.
"""

import os
import sys
import threading
import time

SPIN, WAKE = "spin", "wake"
SPINS = 120_000
HANDOVERS = 600


def spin() -> None:
    value = 1
    for number in range(SPINS):
        value = (value * 1103515245 + number) & 0x7FFFFFFF


def wake() -> None:
    there, back = os.pipe(), os.pipe()

    def answer() -> None:
        for _ in range(HANDOVERS):
            os.read(there[0], 1)
            os.write(back[1], b"!")

    other = threading.Thread(target=answer)
    other.start()
    for _ in range(HANDOVERS):
        os.write(there[1], b"!")
        os.read(back[0], 1)
    other.join()


def main() -> None:
    work = {SPIN: spin, WAKE: wake}[sys.argv[1]]
    began = time.perf_counter_ns()
    work()
    print(time.perf_counter_ns() - began)


if __name__ == "__main__":
    main()
