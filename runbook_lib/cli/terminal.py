"""What a person at a terminal sees while the kernels work: how long it takes, and a bell when something long ends.

Nothing of it is printed into a file or a pipe.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from ..display import phase

TICK_SECONDS = 1.0
BELL_SECONDS = 15.0
"""A run that takes longer ends with a bell: by then, people look elsewhere."""
_ERASE = "\r\x1b[K"
_BELL = "\a"


class Watch:
    """Shows below the last line how long it has taken. Lines printed meanwhile have to go through `say`.

    `now` is a clock in seconds.
    """

    def __init__(self, say: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._say, self._now = say, now
        self._watched = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._began = self._since = now()
        self._printing = threading.Lock()
        self._over = threading.Event()
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        if self._watched:
            self._folder = TemporaryDirectory(prefix="runbook-")
            os.environ[phase.FILE_VARIABLE] = str(Path(self._folder.name, "phase"))
            threading.Thread(target=self._tick, name="runbook-watch", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        if self._folder is None:
            return
        with self._printing:
            self._write(_ERASE + (_BELL if self._now() - self._began > BELL_SECONDS else ""))
        os.environ.pop(phase.FILE_VARIABLE, None)
        self._folder.cleanup()

    def say(self, text: str) -> None:
        """Print a line above."""
        with self._printing:
            self._since = self._now()
            if self._watched:
                self._write(_ERASE)
            self._say(text)

    def show(self) -> None:
        """Show how long the last line has taken."""
        with self._printing:
            if self._over.is_set():
                return
            usual = phase.noted()
            of = f", on Azure usually about {usual:.0f} s" if usual else ""
            self._write(f"{_ERASE}      {self._now() - self._since:.0f} s{of} \N{HORIZONTAL ELLIPSIS}")

    def _tick(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            self.show()

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal is gone
            sys.stdout.write(text)
            sys.stdout.flush()
