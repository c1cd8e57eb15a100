"""Waiting for Azure: for a condition, for a long-running operation, or because Azure asks for it.

Tests own the clock.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import RunbookError, Stopped, TimedOut

if TYPE_CHECKING:
    from azure.core.polling import LROPoller

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 5.0
"""Between two polls of an operation: Azure's answers name no pause, and its clients' own 30 seconds feel frozen."""
FIRST_PAUSE_SECONDS = 0.5
GROWTH = 1.2
"""How much longer each pause is than the one before."""
ATTENTION_SECONDS = 0.25
"""How soon a pause ends when somebody stops waiting."""
SILENT_SECONDS = 20.0
"""The longest that a request waits because Azure asks for it while nobody can see that."""
BRIEF_SECONDS = 3.0
"""A pause up to this long isn't worth a word."""

_HAS_BEGUN = "_runbook_has_begun"

Tell = Callable[[str, float], None]
"""Shows a phase: what begins now, and how many seconds it takes."""


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
        with patience().until(deadline, self.now):
            while (found := look()) is None:
                left = deadline - self.now()
                if left <= 0:
                    return None
                self.sleep(min(pause, left))
                pause = min(pause * GROWTH, LONGEST_PAUSE_SECONDS)
            return found

    def shown(self, look: Callable[[], T | None], seconds: float, *, first: float = 0.5) -> T | None:
        """Look for what Azure has confirmed until it shows it, pausing up to `seconds` in all; None if it doesn't.

        Unlike `until`, this limits no request: one that Azure asks to wait in between waits as long as others do.
        """
        left, pause = seconds, first
        while (found := look()) is None and left > 0:
            self.sleep(min(pause, left))
            left -= pause
            pause = min(pause * GROWTH, LONGEST_PAUSE_SECONDS)
        return found

    def finish(self, begin: Callable[..., LROPoller[Any]], *arguments: Any, seconds: float, doing: str) -> Any:
        """Start a long-running operation of an official client, and return its result once it's done.

        Raises TimedOut if Azure hasn't finished after `seconds`. Azure then continues by itself.
        """
        polling = self._polling(seconds, doing)
        with patience().until(self.now() + seconds, self.now):
            begin(*arguments, polling=polling).wait()
            return polling.work()

    def _polling(self, seconds: float, doing: str) -> Any:
        from azure.core.exceptions import HttpResponseError
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        waiting, deadline = self, self.now() + seconds

        class WatchedPolling(ARMPolling):
            def run(self) -> None:
                """Do nothing yet: the client calls this in its own thread, which Ctrl+C would leave behind."""

            def work(self) -> Any:
                """Poll until the operation is done, and return its result."""
                try:
                    super().run()
                except HttpResponseError as error:
                    setattr(error, _HAS_BEGUN, True)
                    raise
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


def has_begun(error: BaseException) -> bool:
    """Tell whether an error came after Azure had begun an operation.

    Either we couldn't watch it, or it failed; and a failed one can leave something behind.
    """
    return getattr(error, _HAS_BEGUN, False)


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


@dataclass
class Patience:
    """How long requests wait because Azure asks for it, or because it didn't answer; and who's told.

    A step's verb has one for all its requests. The module `retries` uses it.
    """

    waiting: Waiting
    seconds: float
    """How long all pauses together can take."""
    tell: Tell | None = None
    """None if nobody can see it."""
    resume: Callable[[], None] = lambda: None
    """Shows again what was shown before a pause."""
    waited: float = 0.0
    ended: RunbookError | None = None
    """Why a pause didn't happen. azure-identity's chain of credentials turns that into a text."""
    failing: str = ""
    """What's wrong with the token service, as far as a chain of credentials doesn't say it."""
    throttled: bool = False
    """Whether that is that it asks to wait."""
    look_again: Callable[[bool], None] | None = None
    """Called before a change is asked for once more; with whether a try got no answer. Raises what ends the tries."""
    whole: float | None = None
    """How long the verb can take in all, seconds: a person who signs in is waited for even where pauses are short."""
    _limits: list[tuple[float, Callable[[], float]]] = field(default_factory=list)

    @contextmanager
    def until(self, deadline: float, now: Callable[[], float]) -> Iterator[None]:
        """Inside the block, wait no longer than `deadline`, on the clock `now`."""
        self._limits.append((deadline, now))
        try:
            yield
        finally:
            self._limits.pop()

    @property
    def left(self) -> float:
        """How many seconds the next pause can take."""
        return max(0.0, min([self.seconds - self.waited, *(deadline - now() for deadline, now in self._limits)]))

    def pause(self, seconds: float, why: str) -> None:
        """Pause, and show `why`. Raises TimedOut at once if that would take too long, and Stopped."""
        try:
            self._pause(seconds, why)
        except RunbookError as error:
            self.ended = error
            raise

    def _pause(self, seconds: float, why: str) -> None:
        if seconds > self.left:
            raise self._too_long(seconds, why)
        shown = self.tell if seconds > BRIEF_SECONDS else None
        if shown:
            shown(why, seconds)
        self.waiting.sleep(seconds)
        self.waited += seconds
        if shown:
            self.resume()

    def _too_long(self, seconds: float, why: str) -> TimedOut:
        larger = " A larger timeout_minutes waits longer." if self.tell else ""
        return TimedOut(
            f"{why}. That's longer than the {math.floor(self.left)} s that are left to wait.",
            meaning="Azure can't take the request right now. It keeps everything that it has finished so far.",
            remedy=f"Wait {math.ceil(seconds)} s, then run this again: it finds what exists and continues.{larger}",
            who="You.",
        )


@contextmanager
def before_repeating(look_again: Callable[[bool], None]) -> Iterator[None]:
    """Inside the block, look at Azure again before a change is asked for once more: others can have acted since.

    `look_again` gets whether a try got no answer: Azure can have made the change then. It raises what ends the tries.
    """
    present = patience()
    outer, present.look_again = present.look_again, look_again
    try:
        yield
    finally:
        present.look_again = outer


_PATIENCE: ContextVar[Patience | None] = ContextVar("patience", default=None)


def patience() -> Patience:
    """Return the patience of the verb that runs in this thread. Outside of one, a short and silent one."""
    return _PATIENCE.get() or Patience(Waiting(), SILENT_SECONDS)


@contextmanager
def patiently(
    waiting: Waiting, seconds: float, tell: Tell | None = None, resume: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Let the requests inside the block wait up to `seconds` in all, and show their waits with `tell`.

    Without `tell`, they use that of the surrounding block. If there's none either, they wait `SILENT_SECONDS`.
    """
    outer = _PATIENCE.get()
    if tell is None and outer:
        tell, resume = outer.tell, outer.resume
    token = _PATIENCE.set(
        Patience(waiting, seconds if tell else min(seconds, SILENT_SECONDS), tell, resume, whole=seconds)
    )
    try:
        yield
    finally:
        _PATIENCE.reset(token)
