"""Waiting for Azure: for a condition or a long-running operation, with a clock that tests can replace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Stopped, TimedOut

if TYPE_CHECKING:
    from azure.core.polling import LROPoller

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 5.0
"""Between two polls of an operation: Azure's answers name no pause, and its clients' own 30 seconds feel frozen."""
FIRST_PAUSE_SECONDS = 0.5
GROWTH = 1.2
"""How much longer each pause is than the one before."""
ATTENTION_SECONDS = 0.25
"""How soon a pause ends after someone stops the wait."""


@dataclass(frozen=True)
class Waiting:
    """How time passes while we wait: for real, or by a test's clock. All durations are in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    today: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The current time with its time zone, to tell how old something is."""

    def stoppable(self, stop: threading.Event) -> Waiting:
        """Return a copy whose pauses raise Stopped soon after `stop` is set."""

        def sleep(seconds: float) -> None:
            while seconds > 0:
                check(stop)
                pause = min(seconds, ATTENTION_SECONDS)
                self.sleep(pause)
                seconds -= pause
            check(stop)

        return replace(self, sleep=sleep)

    def until(self, look: Callable[[], T | None], seconds: float, *, first: float = 0.5) -> T | None:
        """Call `look` with growing pauses until it returns something; return None when time runs out."""
        deadline, pause = self.now() + seconds, first
        while (found := look()) is None:
            left = deadline - self.now()
            if left <= 0:
                return None
            self.sleep(min(pause, left))
            pause = min(pause * GROWTH, LONGEST_PAUSE_SECONDS)
        return found

    def finish(self, begin: Callable[..., LROPoller[Any]], *arguments: Any, seconds: float, doing: str) -> Any:
        """Start a long-running operation of an official client, and return its result once it's done.

        Raises TimedOut if Azure hasn't finished after `seconds`. Azure then continues by itself.
        """
        polling = self._polling(seconds, doing)
        begin(*arguments, polling=polling).wait()
        return polling.work()

    def _polling(self, seconds: float, doing: str) -> Any:
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        waiting, deadline = self, self.now() + seconds

        class WatchedPolling(ARMPolling):
            def run(self) -> None:
                """Do nothing yet: the client calls this in its own thread, which Ctrl+C would leave behind."""

            def work(self) -> Any:
                """Poll until the operation is done, and return its result."""
                super().run()
                return self.resource()

            # azure-core's own polling methods override this to change how they wait.
            def _sleep(self, delay: float) -> None:
                left = deadline - waiting.now()
                if left <= 0:
                    raise timed_out(doing, seconds)
                waiting.sleep(min(delay, left))
                # The next pause, unless Azure's answer names one.
                self._timeout = min(self._timeout * GROWTH, LONGEST_PAUSE_SECONDS)

        return WatchedPolling(FIRST_PAUSE_SECONDS)


def timed_out(doing: str, seconds: float) -> TimedOut:
    """Make the error for work that Azure didn't finish in time."""
    minutes = round(seconds / 60)
    return TimedOut(
        f"Timed out after {minutes} {'minute' if minutes == 1 else 'minutes'} while {doing}.",
        meaning="Azure continues by itself. The record lists what was started.",
        remedy="Run this again: it continues with what exists by then. To wait longer, raise timeout_minutes.",
        who="You.",
    )


def check(stop: threading.Event) -> None:
    """Raise Stopped if someone has stopped the wait."""
    if stop.is_set():
        raise Stopped(
            "Stopped waiting.",
            meaning="Azure finishes what it has started, and the record lists it. Nothing else was started.",
            remedy="Run this again: it continues with what exists by then.",
            who="You.",
        )
