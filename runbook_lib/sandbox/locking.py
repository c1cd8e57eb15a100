"""Locks between processes. The operating system releases a lock when its holder dies; the file stays."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL_INTERVAL = 0.02
"""Seconds between two attempts to take a lock."""
_GRACE = 0.05
"""Seconds. Locks are exclusive, so two processes that only check one can block each other for an instant."""


def file_lock(path: Path) -> BaseFileLock:
    """Return an exclusive lock on a file that only its owner can open."""
    from filelock import FileLock  # imported here, because it doubles the time to import the sandbox

    return FileLock(path, mode=0o600, poll_interval=POLL_INTERVAL)


def is_held(path: Path) -> bool:
    """Tell whether another process (or another lock object) holds the lock now."""
    if not path.exists():
        return False
    with suppress(OSError):  # a file system that doesn't know shared locks, or a file that can only be read
        if (found := _shared(path)) is not None:
            return not found
    try:
        with file_lock(path).acquire(timeout=_GRACE):
            return False
    except TimeoutError:
        return True


def _shared(path: Path) -> bool | None:
    """Tell whether the lock can be shared now, without a wait; None where locks can't be shared. Raises OSError."""
    if sys.platform == "win32":
        return None
    from fcntl import LOCK_NB, LOCK_SH, flock

    with path.open("rb") as file:
        try:
            flock(file, LOCK_SH | LOCK_NB)  # which ends with the file
        except BlockingIOError:
            return False
    return True
