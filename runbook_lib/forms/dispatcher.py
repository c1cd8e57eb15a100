"""Passes work between the kernel's main loop, the only place that touches widgets, and the threads that call Azure.

ipykernel calls widget handlers on varying threads (7.4: the main thread first, a subshell's later). There, the main
loop's futures and timers are off limits, and exceptions vanish into a log console. So a handler does one thing: it
passes a guarded function to the main loop.
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
    # A daemon, so that the kernel can shut down while Azure works. Azure's operation continues by itself, and the step
    # finds it when it runs again.
    threading.Thread(target=job, name="runbook-worker", daemon=True).start()


class MainLoopDispatcher:
    """Calls functions on the main loop, and jobs in worker threads.

    `on_error` gets every unexpected exception, on the main loop, after it has been logged.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_error: Callable[[BaseException], None]) -> None:
        self._loop = loop
        self._on_error = on_error
        self._closed = False

    def close(self) -> None:
        """Ignore all further calls: the widgets they are for are gone."""
        self._closed = True

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function on the main loop. Safe to use from any thread."""
        if not self._loop.is_closed():  # closed: the kernel is shutting down
            self._loop.call_soon_threadsafe(self._guarded, function, *args)

    def handler(self, function: Callable[[], object]) -> Callable[[Any], None]:
        """Make a handler for a widget's event that calls `function`, without the event, on the main loop."""
        return lambda _event: self.call_soon(function)

    def call_later(self, seconds: float, function: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        """Call a function after `seconds`. Use it on the main loop only."""
        return self._loop.call_later(seconds, self._guarded, function, *args)

    def time(self) -> float:
        """Return the main loop's time in seconds."""
        return self._loop.time()

    def run_in_thread(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Run `job` in a worker thread, then pass its result or exception on to the main loop."""

        def run() -> None:
            try:
                result = job()
            except BaseException as error:  # even a worker's SystemExit must be reported
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
        log.error("unexpected failure in a form", exc_info=error)
        self._on_error(error)
