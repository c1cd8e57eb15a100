"""One run of a step: what is known of it, beyond the life of the form that started it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from threading import Event, Lock
from typing import Any, Literal

from ..azure.waiting import ATTENTION_SECONDS, check
from ..errors import RunbookError
from ..steps.core.results import Outcome
from ..steps.core.step import Step
from .dispatcher import MainLoopDispatcher

Listener = Callable[[], None]
log = logging.getLogger("runbook.forms")


class StepRun:
    """State of a step in this kernel, shared by its form, the form that replaces it, and its verification.

    `writing` is the lock that all changes of this kernel go through. `results` is where outcomes are kept, by step id.
    """

    def __init__(self, title: str, dispatcher: MainLoopDispatcher, writing: Lock, results: dict[str, Outcome]) -> None:
        self.title = title
        self.state: Literal["idle", "running", "done", "failed"] = "idle"
        self.step: Step[Any] | None = None
        """The step that runs or ran last, with the values it ran with."""
        self.error: BaseException | None = None
        self.phase: tuple[str, float, float] = ("", 0, 0)
        """What happens now, how many seconds it usually takes on Azure, and since when (the main loop's seconds)."""
        self.entered: Mapping[str, Any] = {}
        """What was entered in the form, for the form that replaces it."""
        self.given: Mapping[str, Any] = {}
        """What the cell gave to that form."""
        self._attempt: Attempt | None = None
        # A dispatcher of its own: a form may be replaced while the step runs.
        self._dispatcher = dispatcher
        self._writing = writing
        self._results = results
        self._listeners: list[Listener] = []

    @property
    def outcome(self) -> Outcome | None:
        """What the step did last; None before it has run."""
        return self._results.get(self.step.id) if self.step else None

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the main loop after each change; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def starting_values(self, step: Step[Any]) -> Mapping[str, Any]:
        """Return what a new form begins with: what was entered before, as long as the cell gives the same values."""
        if self.given != step.values:
            self.given = self.entered = dict(step.values)
            if self.state != "running":
                self.state, self.error = "idle", None
        return self.entered

    def start(self, step: Step[Any]) -> None:
        """Run the step in a worker thread. Does nothing while it runs already."""
        if self.state == "running":
            return
        self.step, self.state, self.error = step, "running", None
        self.phase = ("Starting", 0, self._dispatcher.time())
        attempt = Attempt(step, lambda text, usual: self._dispatcher.call_soon(self._phase, text, usual))
        self._attempt = attempt
        self._dispatcher.run_in_thread(lambda: self._apply(attempt), lambda done: self._finish(step, done), self._fail)
        self._notify()

    def stop(self) -> None:
        """Stop waiting for Azure, at the next opportunity."""
        if self._attempt:
            self._attempt.stop()

    def _apply(self, attempt: Attempt) -> Outcome:
        attempt.acquire(self._writing)
        try:
            return attempt.step.apply(attempt)
        finally:
            self._writing.release()

    def _phase(self, text: str, usual_seconds: float) -> None:
        if self.state == "running" and text != self.phase[0]:
            self.phase = (text, usual_seconds, self._dispatcher.time())
            self._notify()

    def _finish(self, step: Step[Any], outcome: Outcome) -> None:
        self._results[step.id] = outcome
        self.state = "done"
        self._notify()

    def _fail(self, error: BaseException) -> None:
        log_unexpected(self.title, error)
        self.state, self.error = "failed", error
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def log_unexpected(what: str, error: BaseException) -> None:
    """Keep the details of a failure that nobody has explained."""
    if not isinstance(error, RunbookError):
        log.error("%s failed unexpectedly", what, exc_info=error)


class Attempt:
    """A verb of a step at work in a worker thread: it reports on the main loop, and can be told to stop."""

    def __init__(self, step: Step[Any], report: Callable[[str, float], None]) -> None:
        self._stop = Event()
        self._report = report
        self.step = copy(step)
        """The step to work with: its pauses end when it is told to stop."""
        self.step.context = replace(step.context, waiting=step.context.waiting.until_told(self._stop))

    def stop(self) -> None:
        """Stop at the next pause, or before the next change."""
        self._stop.set()

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Hand a phase on. Raises Stopped."""
        check(self._stop)
        self._report(text, usual_seconds)

    def acquire(self, lock: Lock) -> None:
        """Take a lock that somebody else may hold for long. Raises Stopped."""
        if lock.acquire(blocking=False):
            return
        self.phase("Waiting for another step to finish")
        while not lock.acquire(timeout=ATTENTION_SECONDS):
            check(self._stop)
