"""A lock between processes that the operating system takes back when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """An exclusive lock on a file. The file stays; being there means nothing, being locked does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock, or return False when another process (or another FileLock) holds it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle, shared=False)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def is_held(self) -> bool:
        """Tell whether somebody holds the lock now. Those who only ask do not hinder one another."""
        if not self._path.exists():
            return False
        handle = os.open(self._path, os.O_RDWR)
        try:
            _lock(handle, shared=True)
        except OSError:
            return True
        finally:
            os.close(handle)
        return False

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Hold the lock for a block, waiting for it up to `seconds`. Raises TimeoutError after that."""
        deadline = time.monotonic() + seconds
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._path} is held by another process")
            time.sleep(0.02)
        try:
            yield
        finally:
            self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, shared: bool) -> None:
        # Windows has exclusive locks only, so there those who ask at the same instant may take each other for a server.
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int, *, shared: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
