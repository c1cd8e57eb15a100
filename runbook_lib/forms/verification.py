"""The checks of a step, which wait for the step and then run by themselves."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any

import ipywidgets as widgets

from ..steps.core.results import Verification
from ..steps.core.step import Step
from .panel import Frame, error_card
from .progress import ProgressLine
from .run import Attempt, StepRun, log_unexpected
from .style import message


class VerificationPanel(Frame):
    """The checks of one step."""

    def __init__(self, run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(f"Verify: {run.title}", loop, log_file)
        self._run = run
        self._ticket = 0
        self._checked: object = None
        self._attempt: Attempt | None = None
        self._findings = widgets.HTML()
        self.progress = ProgressLine(self.desk, self._stop)
        self.button = widgets.Button(description="Check again")
        self.button.on_click(self.desk.handler(self._check))
        row = widgets.HBox([self.button])
        row.add_class("rb-actions")
        self.add(self.progress.widget, self._findings, row)
        self._end = run.listen(lambda: self.desk.soon(self._follow))
        self._follow()

    def retire(self) -> None:
        """Take the panel away."""
        self._end()
        super().retire()

    def _follow(self) -> None:
        """Check what the step has just done; lock while there is nothing to check."""
        outcome = self._run.outcome
        if self._run.state == "running" or outcome is None:
            self._ticket += 1
            self._checked = None
            self.progress.hide()
            self.button.disabled = True
            self._findings.value = message("busy", self._why_locked())
        elif outcome is not self._checked:
            self._checked = outcome
            self._check()

    def _why_locked(self) -> str:
        running = self._run.state == "running"
        return f"{self._run.title} is running. The checks follow." if running else f"Complete first: {self._run.title}."

    def _check(self) -> None:
        step = self._run.step
        if step is None or self._run.outcome is None:
            return
        self._ticket += 1
        ticket = self._ticket
        self.button.disabled = True
        self._findings.value = ""
        self.progress.phase("Checking", 0, self.desk.now())
        attempt = Attempt(step, lambda text, usual: self.desk.soon(self._phase, ticket, text, usual))
        self._attempt = attempt
        self.desk.work(
            lambda: attempt.step.verify(attempt),
            lambda verification: self._finish(ticket, _verification(verification)),
            lambda error: self._finish(ticket, self._failed(step, error)),
        )

    def _stop(self) -> None:
        if self._attempt:
            self._attempt.stop()

    def _phase(self, ticket: int, text: str, usual_seconds: float) -> None:
        if ticket == self._ticket:
            self.progress.phase(text, usual_seconds, self.desk.now())

    def _finish(self, ticket: int, findings: str) -> None:
        if ticket == self._ticket:
            self.progress.hide()
            self.button.disabled = False
            self._findings.value = findings

    def _failed(self, step: Step[Any, Any], error: BaseException) -> str:
        log_unexpected(f"verification of {step.id}", error)
        return f'<div role="alert">{error_card(error, self._log_file).html()}</div>'


def _verification(verification: Verification) -> str:
    return f'<div role="status">{verification.card().html()}</div>'
