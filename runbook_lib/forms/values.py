"""The values to keep and share. They appear when the step has run; the browser offers to copy each file."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any

import ipywidgets as widgets

from ..record.important_values import ImportantValues
from ..steps.core.results import Outcome
from ..steps.core.step import Step
from .panel import Panel
from .run import StepRun
from .style import message


class ValuesPanel(Panel):
    """The values to keep and share of one step."""

    heading = "Values to keep and share"

    def __init__(self, step: Step[Any, Any], run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(step, run, loop, log_file)
        self._shown: Outcome | None = None
        self._card = widgets.HTML()
        self.add(self._card)
        self.follow()

    def update(self) -> None:
        """Show the values of the step's outcome. Stay locked while there is none."""
        outcome = None if self.run.state == "running" else self.run.outcome
        if outcome is None:
            self._card.value = message("busy", f"Complete first: {self.run.title}.")
        elif outcome is not self._shown:
            values = ImportantValues(outcome.values, str(self.step.context.journal.folder))
            self._card.value = self.status_html(values.card())
        self._shown = outcome
