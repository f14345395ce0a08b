"""Which system calls of newer kernels can be used here, found out by using them."""

from __future__ import annotations

import ctypes
import mmap
import platform

_MEMBARRIER_CALLS = {"x86_64": 324, "aarch64": 283, "riscv64": 283}
_MEMBARRIER_PRIVATE_EXPEDITED = 1 << 3
_MADV_GUARD_INSTALL = 102


def membarrier() -> bool | None:
    """Whether one thread can order the others' memory accesses; None where nobody knows how."""
    call = _MEMBARRIER_CALLS.get(platform.machine())
    if call is None or platform.system() != "Linux":
        return None
    commands: int = ctypes.CDLL(None).syscall(call, 0, 0)  # asks which commands there are
    return commands > 0 and bool(commands & _MEMBARRIER_PRIVATE_EXPEDITED)


def guard_pages_by_madvise() -> bool | None:
    """Whether a guard page can be made without a mapping of its own (Linux 6.13)."""
    if platform.system() != "Linux":
        return None
    with mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as page:
        try:
            page.madvise(_MADV_GUARD_INSTALL)
        except OSError:
            return False
    return True
