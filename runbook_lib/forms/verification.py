"""The checks of a step, which wait for the step and then run by themselves."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any

import ipywidgets as widgets

from ..steps.core.results import Proof
from ..steps.core.step import Step
from .panel import Panel, error_card
from .progress import ProgressLine
from .run import Attempt, StepRun, log_unexpected
from .style import message


class VerificationPanel(Panel):
    """The checks of one step."""

    def __init__(self, run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(f"Verify: {run.title}", loop, log_file)
        self._run = run
        self._version = 0
        self._checked: object = None
        self._attempt: Attempt | None = None
        self._findings = widgets.HTML()
        self.progress = ProgressLine(self.dispatcher, self._stop)
        self.button = widgets.Button(description="Check again")
        self.button.on_click(self.dispatcher.handler(self._check))
        row = widgets.HBox([self.button])
        row.add_class("rb-actions")
        self.add(self.progress.widget, self._findings, row)
        self._end = run.subscribe(lambda: self.dispatcher.call_soon(self._update))
        self._update()

    def retire(self) -> None:
        """Take the panel away."""
        self._end()
        super().retire()

    def _update(self) -> None:
        """Check what the step has just done; lock while there is nothing to check."""
        outcome = self._run.outcome
        if self._run.state == "running" or outcome is None:
            self._version += 1
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
        self._version += 1
        version = self._version
        self.button.disabled = True
        self._findings.value = ""
        self.progress.phase("Checking", 0, self.dispatcher.time())
        attempt = Attempt(step, lambda text, usual: self.dispatcher.call_soon(self._phase, version, text, usual))
        self._attempt = attempt
        self.dispatcher.run_in_thread(
            lambda: attempt.step.verify(attempt),
            lambda proof: self._finish(version, _verification_html(proof)),
            lambda error: self._finish(version, self._failed(step, error)),
        )

    def _stop(self) -> None:
        if self._attempt:
            self._attempt.stop()

    def _phase(self, version: int, text: str, usual_seconds: float) -> None:
        if version == self._version:
            self.progress.phase(text, usual_seconds, self.dispatcher.time())

    def _finish(self, version: int, findings: str) -> None:
        if version == self._version:
            self.progress.hide()
            self.button.disabled = False
            self._findings.value = findings

    def _failed(self, step: Step[Any], error: BaseException) -> str:
        log_unexpected(f"verification of {step.id}", error)
        return f'<div role="alert">{error_card(error, self._log_file).html()}</div>'


def _verification_html(proof: Proof) -> str:
    return f'<div role="status">{proof.card().html()}</div>'
