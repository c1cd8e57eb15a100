"""Shows each step to a person: a form that runs it, a panel with its checks, and one with its values."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from IPython.display import display

from .. import starting
from ..display.cards import Card, Shown
from ..notices import Watch, in_class
from ..record.journal import Journal
from ..steps.core.results import Outcome
from ..steps.core.step import Step
from ..unattended import show
from .dispatcher import MainLoopDispatcher
from .guide_bar import GuideBar
from .panel import Panel
from .run import StepRun
from .step_panel import StepPanel
from .values import ValuesPanel
from .verification import VerificationPanel


class GuidedPresenter:
    """Shows forms, and never blocks the cell.

    `results` receives the outcome of each step, by the step's id. `log_file` gets the details of unexpected failures.
    Use it on the kernel's main loop, where cells run.
    """

    def __init__(self, results: dict[str, Outcome], log_file: str) -> None:
        self._results = results
        self._log_file = log_file
        self._runs: dict[str, StepRun] = {}
        self._panels: dict[tuple[str, str], Panel] = {}
        self._writing = threading.Lock()
        self._places: set[str] = set()
        self._bar: Any = None
        self._watch: Watch | None = None

    def present_start(self, card: Card, journal: Journal) -> None:
        """Show where you are in the guide, and the card of the sign-in. What is done later is shown there too."""
        bar = GuideBar(journal)
        if handle := starting.take():
            handle.update(bar)
        else:
            handle = display(bar, display_id=True)  # type: ignore[no-untyped-call]
        self._bar = (bar, handle)
        if self._watch:
            self._watch.stop()
        self._watch = Watch(journal, self._refresh_bar) if in_class() else None
        show(Shown(card))

    def present(self, step: Step[Any, Any]) -> None:
        """Show the step's form. It replaces the form from an earlier run of the cell, and keeps its result."""
        if in_class():
            step.context.journal.note("shown", step.id)
        self._show("form", StepPanel, step)

    def present_verification(self, step: Step[Any, Any]) -> None:
        """Show the step's checks: locked until the step has run, and started each time it has."""
        self._show("verification", VerificationPanel, step)

    def present_values(self, step: Step[Any, Any]) -> None:
        """Show the values to keep and share: locked until the step has run."""
        self._show("values", ValuesPanel, step)

    def panel(self, kind: str, step_id: str) -> Panel:
        """Return the panel on screen for a step; `kind` is form, verification or values. Raises KeyError if none is."""
        return self._panels[kind, step_id]

    def _show(self, kind: str, panel_type: type[Panel], step: Step[Any, Any]) -> None:
        panel = panel_type(step, self._run_of(step), asyncio.get_running_loop(), self._log_file)
        if old := self._panels.get((kind, step.id)):
            old.retire()
        self._panels[kind, step.id] = panel
        show(panel.widget)

    def _refresh_bar(self) -> None:
        if self._bar:
            bar, handle = self._bar
            handle.update(bar)

    def _run_of(self, step: Step[Any, Any]) -> StepRun:
        if step.id not in self._runs:
            # Nothing to show here: the error is logged, and each panel shows its own.
            dispatcher = MainLoopDispatcher(asyncio.get_running_loop(), lambda _error: None)
            run = self._runs[step.id] = StepRun(step.title, dispatcher, self._writing, self._results, self._places)
            # While it runs, an open change isn't an interrupted one. And a bar that fails must keep no panel from it.
            run.subscribe(lambda: None if run.state == "running" else dispatcher.call_soon(self._refresh_bar))
        return self._runs[step.id]
