"""Hands work between the kernel's main loop, which alone touches widgets, and worker threads, which talk to Azure.

ipykernel calls a widget's handlers on changing threads (7.4: the main thread first, a subshell's later), where neither
futures nor timers of the main loop may be touched, and where an exception vanishes into a log console. So every handler
does one thing: it hands a guarded function to the main loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger("runbook.forms")


def in_thread(job: Callable[[], None]) -> None:
    """Run a job in a worker thread of its own."""
    # A daemon, so that a kernel can go down while Azure works. Azure's operation goes on by itself, and the step finds
    # it when it runs again.
    threading.Thread(target=job, name="runbook-worker", daemon=True).start()


class MainLoopDispatcher:
    """The main loop's in-tray.

    `on_error` is called on the main loop with every exception that nobody expected, after it has been logged.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_error: Callable[[BaseException], None]) -> None:
        self._loop = loop
        self._on_error = on_error
        self._closed = False

    def close(self) -> None:
        """Drop everything that still comes: whatever it was meant for is gone."""
        self._closed = True

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function on the main loop. May be called from any thread."""
        if not self._loop.is_closed():  # the kernel is going down: there is nobody left to tell
            self._loop.call_soon_threadsafe(self._guarded, function, *args)

    def handler(self, function: Callable[[], object]) -> Callable[[Any], None]:
        """Make a handler for a widget's event: it calls `function`, without the event, on the main loop."""
        return lambda _event: self.call_soon(function)

    def call_later(self, seconds: float, function: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        """Call a function after `seconds`. Only to be called on the main loop."""
        return self._loop.call_later(seconds, self._guarded, function, *args)

    def time(self) -> float:
        """Return the main loop's time, in seconds since some moment."""
        return self._loop.time()

    def run_in_thread(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Run `job` in a worker thread; its result, or its exception, comes back on the main loop."""

        def run() -> None:
            try:
                result = job()
            except BaseException as error:  # a worker's SystemExit must not vanish either
                self.call_soon(failed or self._report, error)
            else:
                self.call_soon(done, result)

        in_thread(run)

    def _guarded(self, function: Callable[..., object], *args: Any) -> None:
        if self._closed:
            return
        try:
            function(*args)
        except Exception as error:
            self._report(error)

    def _report(self, error: BaseException) -> None:
        log.error("unexpected in a form", exc_info=error)
        self._on_error(error)
