"""The state of a step's run, which outlives the form that started it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from threading import Event, Lock
from typing import Any, Literal

from ..azure.waiting import ATTENTION_SECONDS, check
from ..errors import RunbookError
from ..record.redaction import REMOVED
from ..steps.core.results import Outcome
from ..steps.core.step import Step
from .dispatcher import MainLoopDispatcher

Listener = Callable[[], None]
log = logging.getLogger("runbook.forms")


class StepRun:
    """The state of a step in this kernel, shared by its panels and those that replace them.

    `writing` is the lock that allows one step at a time to make changes. `results` receives outcomes, by step id.
    """

    def __init__(
        self,
        title: str,
        dispatcher: MainLoopDispatcher,
        writing: Lock,
        results: dict[str, Outcome],
        places: set[str],
    ) -> None:
        self.title = title
        self.state: Literal["idle", "running", "done", "failed"] = "idle"
        self.step: Step[Any, Any] | None = None
        """The step that is running or ran last, with its values."""
        self.error: BaseException | None = None
        self.phase: tuple[str, float, float] = ("", 0, 0)
        """The current phase, how many seconds it usually takes on Azure, and when it began in the main loop's time."""
        self.entered: Mapping[str, Any] = {}
        """What was entered in the form, for a form that replaces it."""
        self.given: Mapping[str, Any] | None = None
        """What the cell passed to that form; None before the first."""
        self.places = places
        """Where on Azure a person has agreed to change things; shared by all steps of the kernel."""
        self._attempt: Attempt | None = None
        # Not a panel's dispatcher: panels can be replaced while the step runs.
        self._dispatcher = dispatcher
        self._writing = writing
        self._results = results
        self._listeners: list[Listener] = []

    @property
    def outcome(self) -> Outcome | None:
        """What the step did last. None before it has run."""
        return self._results.get(self.step.id) if self.step else None

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the main loop after each change. Returns a function that ends the subscription."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def starting_values(self, step: Step[Any, Any]) -> Mapping[str, Any]:
        """Return a new form's initial values: what was entered before, unless the cell now passes other values.

        In a new kernel, that's what the record says was entered. What the cell sets to something of its own wins.
        """
        if step.values not in (self.given, self.entered) or self.given is None:
            known = step.context.journal.choices(step.id) if self.given is None else {}
            self.given, self.entered = dict(step.values), {**step.values, **_not_given(step, known)}
            self.forget()
        return self.entered

    def forget(self) -> None:
        """Forget how the last run ended, because it's about to be planned again. What it did stays known."""
        if self.state != "running":
            self.state, self.error = "idle", None

    def start(self, step: Step[Any, Any]) -> None:
        """Run the step in a worker thread, unless it is already running."""
        if self.state == "running":
            return
        self.step, self.state, self.error = step, "running", None
        self._results.pop(step.id, None)  # an old result must not outlive a failure
        self.phase = ("Starting", 0, self._dispatcher.time())
        attempt = Attempt(step, lambda text, usual: self._dispatcher.call_soon(self._phase, text, usual))
        self._attempt = attempt
        self._dispatcher.run_in_thread(lambda: self._apply(attempt), lambda done: self._finish(step, done), self._fail)
        self._notify()

    def stop(self) -> None:
        """Stop waiting for Azure as soon as possible."""
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

    def _finish(self, step: Step[Any, Any], outcome: Outcome) -> None:
        self._results[step.id] = outcome
        self.state = "done"
        self._notify()

    def _fail(self, error: BaseException) -> None:
        log_unexpected(self.title, error)
        if self.step:
            self.step.context.journal.trouble(self.step.id, error)
        self.state, self.error = "failed", error
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _not_given(step: Step[Any, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the known values that the cell leaves at their defaults."""
    fields = step.parameters_type.model_fields
    return {
        name: value
        for name, value in known.items()
        if name in fields
        and REMOVED not in str(value)  # what looked like a secret was never written down
        and step.values.get(name, fields[name].default) == fields[name].default
    }


def log_unexpected(what: str, error: BaseException) -> None:
    """Log the details of a failure that isn't explained."""
    if not isinstance(error, RunbookError):
        log.error("%s failed unexpectedly", what, exc_info=error)


class Attempt:
    """A step's apply or verify in a worker thread. It reports its phases, and can be stopped."""

    def __init__(self, step: Step[Any, Any], report: Callable[[str, float], None]) -> None:
        self._stop = Event()
        self._report = report
        self.step = copy(step)
        """The step to run. Its pauses end when the attempt is stopped."""
        self.step.context = replace(step.context, waiting=step.context.waiting.stoppable(self._stop))

    def stop(self) -> None:
        """Stop at the next pause or before the next change."""
        self._stop.set()

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Report a phase. Raises Stopped if the attempt has been stopped."""
        check(self._stop)
        self._report(text, usual_seconds)

    def acquire(self, lock: Lock) -> None:
        """Wait for the lock, which another step can hold for minutes. Raises Stopped."""
        if lock.acquire(blocking=False):
            return
        self.phase("Waiting for another step to finish")
        while not lock.acquire(timeout=ATTENTION_SECONDS):
            check(self._stop)
