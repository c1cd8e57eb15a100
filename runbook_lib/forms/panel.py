"""The whole form of a step as a person sees it: fields, review, button, progress, failure and result."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any

import ipywidgets as widgets

from ..display.cards import Card
from ..errors import InputError, RunbookError
from ..steps.core.results import Plan
from ..steps.core.step import Step
from .confirmation import Confirmation
from .dispatcher import MainLoopDispatcher
from .form import Form
from .progress import ProgressLine
from .run import StepRun
from .style import head, message

READING_SECONDS = 0.6
"""How long a plan is on screen before its button can be pressed, so that a double click runs nothing unread."""


def error_card(error: BaseException, log_file: str) -> Card:
    """Show a failure: explained when it is one of ours to explain, and else with the place of its details."""
    if isinstance(error, RunbookError):
        return error.card()
    rows = [("What happened", f"{type(error).__name__}: {error}"), ("Details", log_file)]
    return Card("Something unexpected happened: this is a fault of the runbook.", "bad", rows)


def show(widget: Any, visible: bool) -> None:
    """Show or hide a widget, without leaving a gap."""
    widget.layout.display = "" if visible else "none"


def dispose(widget: Any) -> None:
    """Close a widget and all that it holds."""
    for child in getattr(widget, "children", ()):
        dispose(child)
    widget.close()


class Panel:
    """A card with a heading, and a place for what nobody expected. `parts` follow the heading."""

    def __init__(self, title: str, loop: AbstractEventLoop, log_file: str) -> None:
        self.dispatcher = MainLoopDispatcher(loop, self._show_unexpected)
        self._log_file = log_file
        self._unexpected = widgets.HTML()
        self.widget = widgets.VBox([widgets.HTML(head(title)), self._unexpected])
        self.widget.add_class("rb")

    def add(self, *parts: Any) -> None:
        """Put parts below what is there."""
        self.widget.children = (*self.widget.children, *parts)

    def retire(self) -> None:
        """Take the card away; whatever still comes in for it is dropped."""
        self.dispatcher.close()
        dispose(self.widget)

    def _show_unexpected(self, error: BaseException) -> None:
        self._unexpected.value = error_card(error, self._log_file).html()


class StepPanel(Panel):
    """The form of one step."""

    def __init__(self, step: Step[Any], run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(step.title, loop, log_file)
        self._step = step
        self._run = run
        self._planned: Step[Any] | None = None
        self._ready = False
        self._version = 0
        self._reopened = False
        self._summary = widgets.HTML()
        self._result = widgets.HTML()
        self.progress = ProgressLine(self.dispatcher, run.stop)
        self.confirmation = Confirmation(self.dispatcher.handler(self._show))
        review = widgets.VBox([self._summary, self.confirmation.widget])
        review.add_class("rb-box")
        self.form = Form(step, run.starting_values(step), review, self.dispatcher, self._on_change)
        self.action = self._button(step.action_label, self._run_reviewed, primary=True)
        self.to_review = self._button("Review + " + step.action_label.lower(), self.form.go_to_review, primary=True)
        self.previous = self._button("< Previous", lambda: self.form.go(-1))
        self.next = self._button("Next", lambda: self.form.go(1))
        self.again = self._button("Change and run again", self._reopen)
        self.row = widgets.HBox([self.to_review, self.action, self.previous, self.next, self.again])
        self.row.add_class("rb-actions")
        self.add(self.form.tabs, self.progress.widget, self._result, self.row)
        self._end = run.subscribe(lambda: self.dispatcher.call_soon(self._show))
        self._show()
        self.form.live_checks.start()

    def retire(self) -> None:
        """Take the form away. A step that it has started goes on."""
        self._end()
        super().retire()

    def _button(self, text: str, action: Any, *, primary: bool = False) -> Any:
        button = widgets.Button(description=text, button_style="primary" if primary else "")
        button.on_click(self.dispatcher.handler(action))
        return button

    def _on_change(self) -> None:
        """Forget the plan of other values; make a new one when the last tab is open."""
        self._run.entered = self.form.values
        self._planned, self._ready = None, False
        self.confirmation.reset()
        self._version += 1
        if self.form.at_review and self._run.state != "running":
            self._review()
        self._show()

    def _review(self) -> None:
        self.form.show_all_errors()
        if wrong := self.form.all_problems:
            lines = [f"{self.form.describe(name)}: {text}" for name, text in wrong.items()]
            self._summary.value = message("bad", "\n".join(["Please mend this first.", *lines]))
            return
        self._summary.value = message("busy", "Looking at what is there …")
        version, step = self._version, type(self._step)(self._step.context, self.form.values)

        def planned(plan: Plan) -> None:
            if version == self._version:
                self._show_plan(step, plan)

        def failed(error: BaseException) -> None:
            if version == self._version:
                self._summary.value = self._failure(error)

        self.dispatcher.run_in_thread(step.plan, planned, failed)

    def _show_plan(self, step: Step[Any], plan: Plan) -> None:
        self._summary.value = f'<div role="status">{plan.card().html()}</div>'
        if plan.blocked:
            self.form.show_all_errors({p.field: p.message for p in plan.problems if p.field and p.blocking})
            return
        self._planned = step
        self.confirmation.ask(plan)
        self.dispatcher.call_later(READING_SECONDS, self._get_ready, self._version)

    def _get_ready(self, version: int) -> None:
        if version == self._version:
            self._ready = True
            self._show()

    def _run_reviewed(self) -> None:
        """Run exactly the step that was reviewed."""
        if self._needs_new_review():
            self._on_change()
        elif self._planned and self._ready and not self.confirmation.missing:
            self._planned.agreed = self.confirmation.agreed
            self._step.values = dict(self._planned.values)
            self._reopened = False
            self._run.start(self._planned)

    def _needs_new_review(self) -> bool:
        """Tell whether the step has found more to destroy than the plan that was agreed to: that has to be read."""
        error = self._run.error
        unread = isinstance(error, InputError) and "confirm" in error.problems
        return unread and bool(self._planned and self._planned.agreed)

    def _reopen(self) -> None:
        self._reopened = True
        self.form.tabs.selected_index = 0
        self._show()

    def _failure(self, error: BaseException) -> str:
        return f'<div role="alert">{error_card(error, self._log_file).html()}</div>'

    def _show(self) -> None:
        """Bring everything on screen in line with the state of the run."""
        state, running = self._run.state, self._run.state == "running"
        collapsed = state == "done" and not self._reopened
        self.form.busy(running)
        self.confirmation.busy(running)
        self.progress.phase(*self._run.phase) if running else self.progress.hide()
        show(self.form.tabs, not collapsed)
        self._show_result()
        self._show_buttons(collapsed, running)

    def _show_result(self) -> None:
        run = self._run
        if run.state == "failed" and run.error:
            text = self._failure(run.error)
            if isinstance(run.error, InputError) and run.error.problems:
                self.form.show_all_errors(run.error.problems)
        elif run.outcome and run.state != "running":
            text = f'<div role="status">{run.outcome.card().html()}</div>'
        else:
            text = ""
        if self._result.value != text:
            self._result.value = text

    def _show_buttons(self, collapsed: bool, running: bool) -> None:
        last = self.form.at_review
        for button, visible in (
            (self.to_review, not last and not collapsed),
            (self.action, last and not collapsed),
            (self.previous, not collapsed),
            (self.next, not last and not collapsed),
            (self.again, collapsed),
        ):
            show(button, visible)
        self.action.description = "Try again" if self._run.state == "failed" else self._step.action_label
        held = not self._ready or self.confirmation.missing
        self.action.disabled = running or held or bool(self.form.all_problems)
        self.to_review.disabled = running
        self.previous.disabled = running or not self.form.tabs.selected_index
        self.next.disabled = running
        self.next.description = f"Next: {self.form.next_title()} >"
