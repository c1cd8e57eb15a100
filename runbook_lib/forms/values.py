"""The values to keep and share, which appear when the step has run, with buttons that copy them."""

from __future__ import annotations

import json
from asyncio import AbstractEventLoop
from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import Javascript

from ..record.important_values import ImportantValues
from ..steps.core.results import Outcome
from .panel import Panel
from .run import StepRun
from .style import message

# Widgets have no way to the clipboard: JupyterLab runs this where it is displayed, and `element` is that place.
_COPY = """\
navigator.clipboard.writeText({text}).then(
  () => {{ element.textContent = {done}; }},
  () => {{ element.textContent = {failed}; }}
);
"""
COPIED = "Copied: paste it where you need it."
NOT_COPIED = "The browser does not allow it: mark the text above, and copy it by hand."


class ValuesPanel(Panel):
    """The values to keep and share of one step; `folder` is where the run keeps them as files."""

    def __init__(self, run: StepRun, loop: AbstractEventLoop, log_file: str, folder: str) -> None:
        super().__init__("Values to keep and share", loop, log_file)
        self._run = run
        self._folder = folder
        self._shown: Outcome | None = None
        self._card = widgets.HTML()
        self.clipboard = widgets.Output()
        self.clipboard.add_class("rb-help")
        self.buttons = {
            "Copy as .env": self._button("Copy as .env", lambda values: values.environment),
            "Copy as JSON": self._button("Copy as JSON", lambda values: values.json),
        }
        row = widgets.HBox([*self.buttons.values(), self.clipboard])
        row.add_class("rb-actions")
        self.add(self._card, row)
        self._end = run.subscribe(lambda: self.dispatcher.call_soon(self._update))
        self._update()

    def retire(self) -> None:
        """Take the panel away."""
        self._end()
        super().retire()

    def _button(self, text: str, content: Callable[[ImportantValues], str]) -> widgets.Button:
        button = widgets.Button(description=text)
        button.on_click(self.dispatcher.handler(lambda: self._copy(content)))
        return button

    def _update(self) -> None:
        """Show what the step has made; lock while there is nothing to show."""
        outcome = None if self._run.state == "running" else self._run.outcome
        for button in self.buttons.values():
            button.disabled = outcome is None
        if outcome is None:
            self._card.value = message("busy", f"Complete first: {self._run.title}.")
        elif outcome is not self._shown:
            self._card.value = f'<div role="status">{self._values(outcome).card().html()}</div>'
        if outcome is not self._shown:
            self.clipboard.outputs = ()
        self._shown = outcome

    def _values(self, outcome: Outcome) -> ImportantValues:
        return ImportantValues(outcome.values, self._folder)

    def _copy(self, content: Callable[[ImportantValues], str]) -> None:
        if self._shown:
            text, done, failed = (json.dumps(one) for one in (content(self._values(self._shown)), COPIED, NOT_COPIED))
            self.clipboard.outputs = ()
            script = Javascript(_COPY.format(text=text, done=done, failed=failed))  # type: ignore[no-untyped-call]
            self.clipboard.append_display_data(script)
