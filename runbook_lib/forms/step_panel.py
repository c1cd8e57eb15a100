"""A step's form as people see it: fields, review, buttons, progress, and the result or failure."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from ..azure.waiting import patiently
from ..display.cards import Card, escape
from ..errors import InputError
from ..guide import NOTEBOOKS, notebook_of
from ..record.redaction import redact
from ..steps.core.plan_builder import refusal
from ..steps.core.results import Plan
from ..steps.core.step import LOOK_SECONDS, Step
from .confirmation import Confirmation
from .form import Form
from .guide_bar import following, link
from .handover import handover
from .panel import Panel, show
from .progress import ProgressLine
from .run import Attempt, StepRun
from .style import message

IN_A_NEW_WINDOW = ' target="_blank" rel="noopener"'
LOOKING = "Checking what already exists"
READING_SECONDS = 0.6
"""How long a plan is on screen before its button works, so that a double-click can't run a plan nobody has read."""


class StepPanel(Panel):
    """The form of one step."""

    def __init__(self, step: Step[Any, Any], run: StepRun, loop: AbstractEventLoop, log_file: str) -> None:
        super().__init__(step, run, loop, log_file)
        self._in_review: Step[Any, Any] | None = None
        """The step with the values under review, from the moment its plan is requested."""
        self._planned: Step[Any, Any] | None = None
        """The same step, once its plan is on screen and nothing blocks it."""
        self._ready = self._destroys = self._reopened = False
        self._pressed = False
        """True from pressing the button until its result is on screen."""
        self._summary = widgets.HTML()
        self._result = widgets.HTML()
        self._attempt: Attempt | None = None
        """The review that is being made or was made last."""
        self.looking = ProgressLine(self.dispatcher, self._stop_looking)
        self.progress = ProgressLine(self.dispatcher, run.stop)
        self.confirmation = Confirmation(self.dispatcher.handler(self.update), run.places)
        review = widgets.VBox([self.looking.widget, self._summary, self.confirmation.widget])
        review.add_class("rb-box")
        self.form = Form(step, run.starting_values(step), review, self.dispatcher, self._on_change)
        self.action = self.button(step.action_label, self._run_reviewed, primary=True)
        self.to_review = self.button(f"Review + {step.action_label.lower()}", self.form.go_to_review, primary=True)
        self.previous = self.button("< Previous", lambda: self.form.go(-1))
        self.next = self.button("Next", lambda: self.form.go(1))
        self.again = self.button("Change and run again", self._reopen)
        self.add(self.form.tabs, self.progress.widget, self._result)
        self.add_actions(self.to_review, self.action, self.previous, self.next, self.again)
        self.follow()
        self.form.live_checks.start()

    def update(self) -> None:
        """Bring everything on screen in line with the state of the run."""
        state, running = self.run.state, self.run.state == "running"
        collapsed = state == "done" and not self._reopened
        self.form.busy(running)
        self.confirmation.busy(running)
        self.progress.phase(*self.run.phase) if running else self.progress.hide()
        show(self.form.tabs, not collapsed)
        self._show_result()
        self._show_buttons(collapsed, running)

    def _on_change(self) -> None:
        """Discard the plan for the old values. If the last tab is open, make a new one."""
        if self.form.at_review or self.form.values != self.run.entered:
            self.run.forget()
        self.run.entered = self.form.values
        self._in_review, self._planned, self._ready = None, None, False
        self.looking.hide()
        self.confirmation.reset()
        if self.form.at_review and self.run.state != "running":
            self._review()
        self.update()

    def _review(self) -> None:
        self.form.show_all_errors()
        if errors := self.form.all_problems:
            lines = [f"{self.form.describe(name)}: {text}" for name, text in errors.items()]
            self._summary.value = message("bad", "\n".join(["Fix this first.", *lines]))
            self.focus(self._summary)
            return
        self._summary.value = ""
        step = self._in_review = type(self.step)(self.step.context, self.form.values)
        self._attempt = attempt = Attempt(step, lambda text, usual: self.dispatcher.call_soon(show_phase, text, usual))
        entered = {name: field.value for name, field in self.form.fields.items()}

        def show_phase(text: str, usual: float) -> None:
            if step is self._in_review:
                self.looking.phase(text, usual, self.dispatcher.time())

        def looks() -> None:
            attempt.phase(LOOKING, LOOK_SECONDS)

        def look() -> Plan:
            self._remember(entered)
            with patiently(attempt.step.context.waiting, step.seconds, attempt.phase, looks):
                return attempt.step.plan()

        show_phase(LOOKING, LOOK_SECONDS)

        def planned(plan: Plan) -> None:
            step.context.journal.trouble(step.id, refusal(plan))
            if step is self._in_review:
                self.looking.hide()
                self._show_plan(step, plan)

        def failed(error: BaseException) -> None:
            step.context.journal.trouble(step.id, error)
            if step is self._in_review:
                self.looking.hide()
                self._summary.value = self.error_html(error)
                self.focus(self._summary)

        self.dispatcher.run_in_thread(look, planned, failed)

    def _stop_looking(self) -> None:
        """Drop the plan that is being made. It changes nothing, so nothing has to be waited for."""
        if self._attempt:
            self._attempt.stop()
        self._in_review = None
        self.looking.hide()
        self._summary.value = message("warning", "Stopped. Go to another tab and come back to look again.")
        self.focus(self._summary)

    def _remember(self, entered: Mapping[str, Any]) -> None:
        """Keep in the record what was entered, for a kernel that's restarted. Takes its time: not on the main loop."""
        journal, kept = self.step.context.journal, redact(entered)
        if journal.choices(self.step.id) != kept:
            journal.record("choices", self.step.id, values=kept)

    def _show_plan(self, step: Step[Any, Any], plan: Plan) -> None:
        self._summary.value = self.status_html(self._with_handover(step, plan))
        self.focus(self._summary)
        if plan.blocked:
            self.form.show_all_errors({p.field: p.message for p in plan.problems if p.field and p.blocking})
            return
        self._planned, self._destroys = step, bool(plan.confirmation)
        self.confirmation.ask(plan)
        self.update()
        self.dispatcher.call_later(READING_SECONDS, self._get_ready, step)

    def _get_ready(self, step: Step[Any, Any]) -> None:
        if step is self._planned:
            self._ready = True
            self.update()

    def _run_reviewed(self) -> None:
        """Run exactly the step that was reviewed."""
        if self._needs_new_review():
            self._on_change()
        elif self._planned and self._ready and not self.confirmation.missing:
            self._planned.agreed = self.confirmation.agreed
            self.confirmation.keep()
            self.step.values = dict(self._planned.values)
            self._reopened, self._pressed = False, True
            self.run.start(self._planned)

    def _needs_new_review(self) -> bool:
        """Tell whether the step found more to destroy than the confirmed plan listed."""
        error = self.run.error
        unconfirmed = isinstance(error, InputError) and "confirm" in error.problems
        return unconfirmed and bool(self._planned and self._planned.agreed)

    def _reopen(self) -> None:
        self._reopened = True
        self.form.tabs.selected_index = 0
        self.update()

    def _show_result(self) -> None:
        run = self.run
        if run.state == "failed" and run.error:
            text = self.error_html(run.error)
            if isinstance(run.error, InputError) and run.error.problems:
                self.form.show_all_errors(run.error.problems)
        elif run.outcome and run.state == "done":
            text = self.status_html(run.outcome.card()) + self._onward()
        else:
            text = ""
        if self._result.value != text:
            self._result.value = text
            if text and self._pressed:
                self._pressed = False
                self.focus(self._result)

    def _with_handover(self, step: Step[Any, Any], plan: Plan) -> Card:
        card, notebook = plan.card(), notebook_of(step.id)
        return replace(card, more=(*card.more, handover(notebook, step, plan))) if notebook else card

    def _onward(self) -> str:
        """Return links to the resource in the portal, and to the next notebook, in a window of its own."""
        context, links = self.step.context, []
        instance = context.journal.current_setup() if self.step.id not in NOTEBOOKS[-1].steps else ""
        if instance and context.clients.target.name == "azure":
            page = f"{context.clients.target.cloud.portal}/#@{context.journal.tenant}/resource{instance}"
            links.append(f'<a href="{escape(page)}"{IN_A_NEW_WINDOW}>Open the instance in the portal</a>')
        if notebook := following(self.step.id):
            optional = " (optional)" if notebook.optional else ""
            links.append(f"Next: {link(notebook, IN_A_NEW_WINDOW)}{optional}")
        return f'<p class="rb-onward">{" · ".join(links)}</p>' if links else ""

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
        self.action.description = "Try again" if self.run.state == "failed" else self.step.action_label
        destroys = self._planned is not None and self._destroys
        self.action.button_style = "danger" if destroys else "primary"
        waiting = not self._ready or self.confirmation.missing
        self.action.disabled = running or waiting or bool(self.form.all_problems)
        self.to_review.disabled = running
        self.previous.disabled = running or not self.form.tabs.selected_index
        self.next.disabled = running
        self.next.description = f"Next: {self.form.next_title()} >"
