"""What every panel has: a heading, a place for unexpected failures, and a step's run that it follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets

from ..display.cards import Card
from ..errors import RunbookError
from ..steps.core.step import Step
from .dispatcher import MainLoopDispatcher
from .run import StepRun
from .style import heading
from .wording import worded

_SCRIPT = {
    "output_type": "display_data",
    "data": {"application/javascript": Path(__file__).with_name("browser.js").read_text("utf-8")},
    "metadata": {},
}


class Panel(ABC):
    """Base of the panels. Each belongs to one step and follows its run.

    A subclass adds its parts and then calls `follow`. Panels are made, and their methods called, on the main loop.
    """

    heading: ClassVar[str] = "{title}"
    """The heading; `{title}` stands for the step's title."""

    def __init__(self, step: Step[Any, Any], run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        self.dispatcher = MainLoopDispatcher(loop, self._show_unexpected)
        self.step = step
        self.run = run
        self._log_file = log_file
        self._unexpected = widgets.HTML()
        self._unsubscribe: Callable[[], None] = lambda: None
        title = heading(self.heading.format(title=step.title), step.context.clients.target.name)
        self._script = widgets.Output(outputs=(_SCRIPT,))
        self._script.add_class("rb-script")
        self.widget = widgets.VBox([self._script, widgets.HTML(title), self._unexpected])
        self.widget.add_class("rb")

    @abstractmethod
    def update(self) -> None:
        """Bring the panel in line with the state of the run."""

    def follow(self) -> None:
        """Update the panel now and after each change of the run."""
        self._unsubscribe = self.run.subscribe(lambda: self.dispatcher.call_soon(self.update))
        self.update()

    def add(self, *parts: Any) -> None:
        """Put parts below those that are already there."""
        self.widget.children = (*self.widget.children, *parts)

    def add_actions(self, *parts: Any) -> None:
        """Put a row of buttons below everything else."""
        row = widgets.HBox(parts)
        row.add_class("rb-actions")
        self.add(row)

    def button(self, text: str, action: Callable[[], object], *, primary: bool = False) -> widgets.Button:
        """Make a button that calls `action` on the main loop."""
        button = widgets.Button(description=text, button_style="primary" if primary else "")
        button.on_click(self.dispatcher.handler(action))
        return button

    def error_html(self, error: BaseException) -> str:
        """Render a failure as an alert. One that isn't explained names the log file that has its details."""
        if isinstance(error, RunbookError):
            card = worded(error.card(), self.step.parameters_type)
        else:
            rows = [("What happened", f"{type(error).__name__}: {error}"), ("Details", self._log_file)]
            card = Card("Something unexpected happened. This is a bug in the runbook.", "bad", rows)
        return f'<div role="alert">{card.html()}</div>'

    def status_html(self, card: Card) -> str:
        """Render a card that screen readers announce when they pause."""
        return f'<div role="status">{worded(card, self.step.parameters_type).html()}</div>'

    @staticmethod
    def focus(part: Any) -> None:
        """Move the focus to a part that has just appeared, so that people without a mouse or a screen find it."""
        part.remove_class("rb-focus")
        part.add_class("rb-focus")

    def retire(self) -> None:
        """Remove the panel, and ignore whatever still arrives for it. A running step continues."""
        self._unsubscribe()
        self.dispatcher.close()
        _dispose(self.widget)

    def _show_unexpected(self, error: BaseException) -> None:
        self._unexpected.value = self.error_html(error)


def show(widget: Any, visible: bool) -> None:
    """Show or hide a widget. Unlike visibility, this leaves no gap."""
    widget.layout.display = "" if visible else "none"


def _dispose(widget: Any) -> None:
    for child in getattr(widget, "children", ()):
        _dispose(child)
    widget.close()
