"""The values to keep and share, with buttons that copy them. They appear when the step has run."""

from __future__ import annotations

import json
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from IPython.display import Javascript

from ..record.important_values import ImportantValues
from ..steps.core.results import Outcome
from ..steps.core.step import Step
from .panel import Panel, status_html
from .run import StepRun
from .style import message

# Widgets can't reach the clipboard. JupyterLab runs this script where it is displayed; `element` is that place.
_COPY = """\
navigator.clipboard.writeText({text}).then(
  () => {{ element.textContent = {done}; }},
  () => {{ element.textContent = {failed}; }}
);
"""
COPIED = "Copied. Paste it where you need it."
NOT_COPIED = "Your browser doesn't allow copying. Select the text above and copy it yourself."


class ValuesPanel(Panel):
    """The values to keep and share of one step."""

    heading = "Values to keep and share"

    def __init__(self, step: Step[Any, Any], run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(step, run, loop, log_file)
        self._shown: Outcome | None = None
        self._card = widgets.HTML()
        self.clipboard = widgets.Output()
        self.clipboard.add_class("rb-help")
        contents: dict[str, Callable[[ImportantValues], str]] = {
            "Copy as .env": lambda values: values.environment,
            "Copy as JSON": lambda values: values.json,
        }
        self.buttons = {text: self._copy_button(text, content) for text, content in contents.items()}
        self.add(self._card)
        self.add_actions(*self.buttons.values(), self.clipboard)
        self.follow()

    def update(self) -> None:
        """Show the values of the step's outcome. Stay locked while there is none."""
        outcome = None if self.run.state == "running" else self.run.outcome
        for button in self.buttons.values():
            button.disabled = outcome is None
        if outcome is None:
            self._card.value = message("busy", f"Complete first: {self.run.title}.")
        elif outcome is not self._shown:
            self._card.value = status_html(self._values(outcome).card())
        if outcome is not self._shown:
            self.clipboard.outputs = ()
        self._shown = outcome

    def _copy_button(self, text: str, content: Callable[[ImportantValues], str]) -> widgets.Button:
        return self.button(text, lambda: self._copy(content))

    def _values(self, outcome: Outcome) -> ImportantValues:
        return ImportantValues(outcome.values, str(self.step.context.journal.folder))

    def _copy(self, content: Callable[[ImportantValues], str]) -> None:
        if self._shown:
            text, done, failed = (json.dumps(one) for one in (content(self._values(self._shown)), COPIED, NOT_COPIED))
            self.clipboard.outputs = ()
            script = Javascript(_COPY.format(text=text, done=done, failed=failed))  # type: ignore[no-untyped-call]
            self.clipboard.append_display_data(script)
