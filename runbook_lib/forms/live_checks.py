"""What a form asks Azure while you fill it in: lists, hints about values, and which fields are disabled.

Each question goes to a worker thread. An answer that arrives after the question has changed is ignored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ..errors import PermissionMissing, RunbookError
from ..steps.core.step import Choice, Hint, Step
from .dispatcher import MainLoopDispatcher

if TYPE_CHECKING:
    from .form import Form

DEBOUNCE_SECONDS = 0.4
"""How long to wait after the last keystroke before asking Azure."""
PATIENCE_SECONDS = 0.15
"""How long to wait for an answer before showing "Checking …". Most fields have nothing to check and answer at once."""
USUAL_SECONDS = 1
"""How long Azure usually takes to answer: an estimate, for one or two requests. Nothing waits for the answer."""

Kind = Literal["choices", "hint", "disabled", "proposal"]
_WAITING: Mapping[Kind, str] = {"choices": "Reading the list", "hint": "Checking"}
"""What to say while Azure answers."""
log = logging.getLogger("runbook.forms")


class LiveChecks:
    """The questions of one form. Call all methods on the main loop."""

    def __init__(self, step: Step[Any, Any], form: Form, dispatcher: MainLoopDispatcher) -> None:
        self._step = step
        self._form = form
        self._dispatcher = dispatcher
        self._latest: dict[tuple[Kind, str], int] = {}
        self._timers: dict[tuple[Kind, str], asyncio.TimerHandle] = {}
        self.rejected: dict[str, str] = {}
        """What Azure rejects, by field. A value that couldn't be checked counts as accepted."""

    def start(self) -> None:
        """Ask about every field. Lists that depend on another list wait for that one."""
        lists = {name for name, field in self._form.fields.items() if field.spec.widget == "choice"}
        for name, field in self._form.fields.items():
            if not lists.intersection(field.spec.depends):
                self._ask_all(name, 0)
            if field.spec.widget == "text":
                self._ask("proposal", name, 0, partial(self._step.proposal, name), self._propose)

    def field_changed(self, name: str) -> None:
        """Ask again about a field that a person has changed, and about the fields that depend on it."""
        self.rejected.pop(name, None)
        self._form.fields[name].show_hint("good", "")
        pause = (
            DEBOUNCE_SECONDS
            if self._form.fields[name].spec.widget in ("text", "group", "suggest", "search", "tags")
            else 0
        )
        self._ask_hint(name, pause)
        if self._form.fields[name].spec.widget == "search":
            self._ask_choices(name, pause)
        self._ask_dependents(name, pause)

    def _ask_dependents(self, name: str, pause: float) -> None:
        for other, field in self._form.fields.items():
            if name in field.spec.depends:
                self._ask_all(other, pause)

    def _ask_all(self, name: str, pause: float) -> None:
        self._ask_choices(name, pause)
        self._ask_hint(name, pause)
        self._ask("disabled", name, pause, lambda values: self._step.disabled_reason(name, values), self._disable)

    def _ask_choices(self, name: str, pause: float) -> None:
        if self._form.fields[name].spec.widget in ("choice", "group", "suggest", "search"):
            self._ask("choices", name, pause, lambda values: self._step.choices(name, values), self._offer)

    def _ask_hint(self, name: str, pause: float) -> None:
        self._ask("hint", name, pause, lambda values: self._step.hint(name, values), self._show_hint)

    def _ask(
        self,
        kind: Kind,
        name: str,
        pause: float,
        question: Callable[[Mapping[str, Any]], Any],
        answer: Callable[[str, Any], None],
    ) -> None:
        key = (kind, name)
        number = self._latest[key] = self._latest.get(key, 0) + 1
        if timer := self._timers.pop(key, None):
            timer.cancel()

        def current(then: Callable[[str, Any], None]) -> Callable[[Any], None]:
            return lambda result: then(name, result) if self._latest[key] == number else None

        def send() -> None:
            if kind == "hint" and name in self._form.problems:
                self._clear_hint(name)
                return
            values = self._form.values
            self._dispatcher.run_in_thread(lambda: question(values), current(answer), current(self._on_failure(kind)))
            if kind in _WAITING:
                self._timers[key] = self._dispatcher.call_later(
                    PATIENCE_SECONDS, self._show_waiting, key, self._dispatcher.time()
                )

        if pause:
            self._timers[key] = self._dispatcher.call_later(pause, send)
        else:
            send()

    def _show_waiting(self, key: tuple[Kind, str], since: float) -> None:
        elapsed = self._dispatcher.time() - since
        times = f" ({elapsed:.0f} s, usually about {USUAL_SECONDS} s; you can go on)" if elapsed >= 1 else ""
        field = self._form.fields[key[1]]
        # A list that takes long must not hide what Azure says of the value.
        if field.is_free if key[0] == "choices" else ("choices", key[1]) not in self._timers:
            # Only the first is announced: a screen reader would read out every second.
            field.show_hint("waiting" if times else "busy", f"{_WAITING[key[0]]} …{times}")
        self._timers[key] = self._dispatcher.call_later(1, self._show_waiting, key, since)

    def _end_waiting(self, kind: Kind, name: str) -> None:
        """Stop saying what is waited for."""
        timer = self._timers.pop((kind, name), None)
        if timer:
            timer.cancel()
        if kind == "choices" and ("hint", name) not in self._timers and self._form.fields[name].is_free:
            self._form.fields[name].show_hint("good", "")

    def _offer(self, name: str, choices: Sequence[Choice]) -> None:
        field = self._form.fields[name]
        self._end_waiting("choices", name)
        before = field.value
        field.offer(choices)
        self._form.on_answer(name)
        # The first list sets the value that dependent fields need. Later they only need one that has changed.
        if field.value != before or self._latest["choices", name] == 1:
            self._ask_dependents(name, 0)
            self._ask_hint(name, 0)

    def _propose(self, name: str, value: str) -> None:
        if value and self._form.propose(name, value):
            self._ask_hint(name, 0)

    def _show_hint(self, name: str, hint: Hint | None) -> None:
        self._clear_hint(name)
        if hint:
            self._form.fields[name].show_hint(hint.tone, hint.text)
            if hint.tone == "bad":
                self.rejected[name] = hint.text
        self._form.on_answer(name)

    def _disable(self, name: str, reason: str) -> None:
        self._form.fields[name].disable(reason)
        self._form.on_answer(name)

    def _clear_hint(self, name: str) -> None:
        self._end_waiting("hint", name)
        self.rejected.pop(name, None)
        self._form.fields[name].show_hint("good", "")

    def _on_failure(self, kind: Kind) -> Callable[[str, BaseException], None]:
        def show(name: str, error: BaseException) -> None:
            if not isinstance(error, RunbookError):
                log.error("a live check failed: %s of %s", kind, name, exc_info=error)
            if kind == "proposal":
                return  # nobody asked for it
            reason, what = _told(error), "Couldn't read the list" if kind == "choices" else "Not checked"
            self._end_waiting(kind, name)
            if kind == "hint":
                self._clear_hint(name)
            self._form.fields[name].show_hint("warning", f"{what}: {reason}")
            self._form.on_answer(name)
            if kind == "choices" and self._latest["choices", name] == 1:
                self._ask_dependents(name, 0)

        return show


def _told(error: BaseException) -> str:
    """Say under a field what went wrong. What isn't allowed needs no text of Azure: you can type the value yourself."""
    if isinstance(error, PermissionMissing):
        what = f" ({error.action})" if error.action else ""
        return f"you aren't allowed to look that up{what}. You can type the value, and the plan tells whether it fits."
    return error.message if isinstance(error, RunbookError) else f"{type(error).__name__}: {error}"
