"""Waiting for Azure: for a condition, or for a long-running operation; with a clock that tests own."""

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
"""Between two looks at an operation: Azure's answers name no pause, and its clients' own 30 seconds feel frozen."""
FIRST_PAUSE_SECONDS = 0.5
GROWTH = 1.2
"""How much longer each pause is than the one before."""
ATTENTION_SECONDS = 0.25
"""How soon a pause ends when somebody stops waiting."""


@dataclass(frozen=True)
class Waiting:
    """How time passes while we wait: really, or in a test's own clock. All durations are in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    today: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The time of day, aware: for how old something is."""

    def until_told(self, stop: threading.Event) -> Waiting:
        """Return the same waiting, but one that ends soon after `stop` is set: its pauses raise Stopped then."""

        def sleep(seconds: float) -> None:
            while seconds > 0:
                check(stop)
                pause = min(seconds, ATTENTION_SECONDS)
                self.sleep(pause)
                seconds -= pause
            check(stop)

        return replace(self, sleep=sleep)

    def until(self, look: Callable[[], T | None], seconds: float, *, first: float = 0.5) -> T | None:
        """Look again and again, with growing pauses, until `look` returns something; None when the time is over."""
        deadline, pause = self.now() + seconds, first
        while (found := look()) is None:
            left = deadline - self.now()
            if left <= 0:
                return None
            self.sleep(min(pause, left))
            pause = min(pause * GROWTH, LONGEST_PAUSE_SECONDS)
        return found

    def finish(self, begin: Callable[..., LROPoller[Any]], *arguments: Any, seconds: float, doing: str) -> Any:
        """Begin a long-running operation of an official client, and return its result once it is done.

        Raises TimedOut when Azure has not finished after `seconds`; Azure then goes on by itself.
        """
        polling = self._polling(seconds, doing)
        begin(*arguments, polling=polling).wait()
        return polling.work()

    def _polling(self, seconds: float, doing: str) -> Any:
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        waiting, deadline = self, self.now() + seconds

        class WatchedPolling(ARMPolling):
            def run(self) -> None:
                """Do nothing yet: the client calls this in a thread of its own, which Ctrl+C would leave behind."""

            def work(self) -> Any:
                """Poll until the operation is done, and return its result."""
                super().run()
                return self.resource()

            # What azure-core's own polling methods override to change how they wait.
            def _sleep(self, delay: float) -> None:
                left = deadline - waiting.now()
                if left <= 0:
                    raise timed_out(doing, seconds)
                waiting.sleep(min(delay, left))
                # What the next pause is, unless Azure's answer names one.
                self._timeout = min(self._timeout * GROWTH, LONGEST_PAUSE_SECONDS)

        return WatchedPolling(FIRST_PAUSE_SECONDS)


def timed_out(doing: str, seconds: float) -> TimedOut:
    """Make the error for work that Azure did not finish in time."""
    return TimedOut(
        f"While {doing}: not finished after {round(seconds / 60)} minutes.",
        meaning="Azure goes on with it by itself; what was begun is recorded.",
        remedy="Run this again: it finds what is there and goes on. A larger timeout_minutes waits longer.",
        who="You.",
    )


def check(stop: threading.Event) -> None:
    """Raise Stopped when somebody has stopped waiting."""
    if stop.is_set():
        raise Stopped(
            "Stopped waiting.",
            meaning="What Azure has begun goes on by itself and is recorded; nothing further was begun.",
            remedy="Run this again: it finds what is there and goes on.",
            who="You.",
        )
