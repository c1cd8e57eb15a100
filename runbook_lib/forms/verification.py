"""A step's checks. They wait until the step has run, then start by themselves."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any

import ipywidgets as widgets

from ..steps.core.results import Verification
from ..steps.core.step import LOOK_SECONDS, Step
from .panel import Panel
from .progress import ProgressLine
from .run import Attempt, StepRun, log_unexpected
from .style import message


class VerificationPanel(Panel):
    """The checks of one step."""

    heading = "Verify: {title}"

    def __init__(self, step: Step[Any, Any], run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(step, run, loop, log_file)
        self._checked: object = None
        """The outcome that the checks on screen are about."""
        self._attempt: Attempt | None = None
        self._findings = widgets.HTML()
        self.progress = ProgressLine(self.dispatcher, self._stop)
        self.check_again = self.button("Check again", self._check)
        self.add(self.progress.widget, self._findings)
        self.add_actions(self.check_again)
        self.follow()

    def update(self) -> None:
        """Check what the step has just done. Stay locked while there is nothing to check."""
        outcome, running = self.run.outcome, self.run.state == "running"
        if running or outcome is None:
            self._attempt = self._checked = None
            self.progress.hide()
            self.check_again.disabled = True
            title = self.run.title
            text = f"{title} is running. The checks follow." if running else f"Complete first: {title}."
            self._findings.value = message("busy", text)
        elif outcome is not self._checked:
            self._checked = outcome
            self._check()

    def _check(self) -> None:
        step = self.run.step
        if step is None or self.run.outcome is None:
            return

        def phase(text: str, usual_seconds: float) -> None:
            if attempt is self._attempt:
                self.progress.phase(text, usual_seconds, self.dispatcher.time())

        def verified(verification: Verification) -> None:
            self._finish(attempt, self.status_html(verification.card()))

        def failed(error: BaseException) -> None:
            step.context.journal.trouble(step.id, error)
            log_unexpected(f"verification of {step.id}", error)
            self._finish(attempt, self.error_html(error))

        attempt = Attempt(step, lambda text, usual: self.dispatcher.call_soon(phase, text, usual))
        self._attempt = attempt
        self.check_again.disabled = True
        self._findings.value = ""
        phase("Checking", LOOK_SECONDS)
        self.dispatcher.run_in_thread(lambda: attempt.step.verify(attempt), verified, failed)

    def _finish(self, attempt: Attempt, findings: str) -> None:
        if attempt is self._attempt:
            self.progress.hide()
            self.check_again.disabled = False
            self._findings.value = findings

    def _stop(self) -> None:
        if self._attempt:
            self._attempt.stop()
