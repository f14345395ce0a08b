"""Tells a harness that another one measures on the same machine: each would time the other.

The sign is a listening socket with an abstract name, which goes with its process however that
ends. A file would outlive a killed harness, and one in a shared folder belongs to its first user.
"""

from __future__ import annotations

import socket
import struct

SIGN = "weft-harness"
_CREDENTIALS = struct.Struct("3i")  # of SO_PEERCRED: process, user, group
_ANSWER_LIMIT_S = 1.0


def _owner(address: str) -> int | None:
    """The process that put the sign up; None where it cannot be seen from here."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_ANSWER_LIMIT_S)
        try:
            asking.connect(address)
            raw = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return None
    process: int = _CREDENTIALS.unpack(raw)[0]
    return process or None


class Sign:
    """Held while a harness measures; `other` says who held it already, in words, or is None."""

    def __init__(self, name: str = SIGN) -> None:
        self.other: str | None = None
        self._socket = socket.socket(socket.AF_UNIX)
        address = f"\0{name}"
        try:
            self._socket.bind(address)
            self._socket.listen()
        except OSError:
            owner = _owner(address)
            who = "" if owner is None else f" (process {owner})"
            self.other = (
                f"another harness{who} is measuring on this machine, and each times the other:"
                " wait until it has ended"
            )

    def __enter__(self) -> "Sign":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
