"""What can go wrong in a way that a reader can act upon, with the exit status that it means."""

from __future__ import annotations


class HarnessError(Exception):
    """A sentence for the person at the keyboard; never shown with a traceback."""

    exit_status = 70


class InputError(HarnessError):
    """The command line or a file that somebody wrote must change first."""

    exit_status = 2


class InfeasibleError(InputError):
    """What was asked for cannot be done in the time that was given."""


class StoreError(HarnessError):
    """The run's folder cannot be written or read; what was recorded before is intact."""

    exit_status = 70


class DamageError(HarnessError):
    """A run's folder is not what it was when it was sealed."""

    exit_status = 3


class NotComparableError(HarnessError):
    """Two runs' figures may not be put side by side."""

    exit_status = 5
