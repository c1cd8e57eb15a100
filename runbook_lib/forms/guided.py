"""Shows steps to a person: a form each, which runs the step, and a panel with its checks."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from ..steps.core.results import Outcome
from ..steps.core.step import Step
from ..unattended import show
from .dispatcher import MainLoopDispatcher
from .panel import Panel, StepPanel
from .run import StepRun
from .values import ValuesPanel
from .verification import VerificationPanel


class GuidedPresenter:
    """Shows forms, and never blocks the cell.

    `results` is where the outcome of each step is kept, by the step's id; `log_file` where details of unexpected
    failures go. Must be used on the kernel's main loop, as cells are.
    """

    def __init__(self, results: dict[str, Outcome], log_file: str) -> None:
        self._results = results
        self._log_file = log_file
        self._runs: dict[str, StepRun] = {}
        self._panels: dict[tuple[str, str], Panel] = {}
        self._writing = threading.Lock()

    def present(self, step: Step[Any]) -> None:
        """Show the step's form. A form that an earlier run of the cell has shown is retired; its result is kept."""
        panel = StepPanel(step, self._run_of(step), asyncio.get_running_loop(), self._log_file)
        self._replace("form", step, panel)

    def present_verification(self, step: Step[Any]) -> None:
        """Show the step's checks: locked until the step has run, and again at once whenever it has."""
        panel = VerificationPanel(self._run_of(step), asyncio.get_running_loop(), self._log_file)
        self._replace("verification", step, panel)

    def present_values(self, step: Step[Any]) -> None:
        """Show the values to keep and share: locked until the step has run."""
        folder = str(step.context.journal.folder)
        panel = ValuesPanel(self._run_of(step), asyncio.get_running_loop(), self._log_file, folder)
        self._replace("values", step, panel)

    def panel(self, kind: str, step_id: str) -> Panel:
        """Return what is shown of a step now; `kind` is form, verification or values. Raises KeyError if nothing is."""
        return self._panels[kind, step_id]

    def _run_of(self, step: Step[Any]) -> StepRun:
        if step.id not in self._runs:
            dispatcher = MainLoopDispatcher(
                asyncio.get_running_loop(), lambda _error: None
            )  # it is logged; the forms show their own
            self._runs[step.id] = StepRun(step.title, dispatcher, self._writing, self._results)
        return self._runs[step.id]

    def _replace(self, kind: str, step: Step[Any], panel: Panel) -> None:
        if old := self._panels.get((kind, step.id)):
            old.retire()
        self._panels[kind, step.id] = panel
        show(panel.widget)
