"""What a form asks Azure while somebody fills it: lists, remarks on values, and what is greyed out.

Every question goes to a worker thread. An answer that comes after the question has changed is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from ..errors import RunbookError
from ..steps.core.step import Choice, Remark, Step
from .dispatcher import Desk
from .fields import Field

DEBOUNCE_SECONDS = 0.4
"""How long typing must rest before Azure is asked."""
PATIENCE_SECONDS = 0.15
"""How long an answer may take before "Checking …" is shown; most fields have nothing to check and answer at once."""

Kind = Literal["choices", "remark", "bar"]
log = logging.getLogger("runbook.forms")


class Asked(Protocol):
    """The form, as far as its questions concern it."""

    fields: dict[str, Field]

    @property
    def values(self) -> dict[str, Any]:
        """All values of the step, as entered now."""
        ...

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong with the values before Azure is asked, by field."""
        ...

    def answered(self, name: str) -> None:
        """Take note that an answer has changed the field, its value perhaps included."""
        ...


class Inquiry:
    """The questions of one form. All methods are called on the main loop."""

    def __init__(self, step: Step[Any], form: Asked, desk: Desk) -> None:
        self._step = step
        self._form = form
        self._desk = desk
        self._tickets: dict[tuple[Kind, str], int] = {}
        self._timers: dict[tuple[Kind, str], asyncio.TimerHandle] = {}
        self.refused: dict[str, str] = {}
        """What Azure does not accept, by field. A value that could not be checked counts as accepted."""

    def start(self) -> None:
        """Ask what every field begins with. Lists that depend on another list wait for that one."""
        lists = {name for name, field in self._form.fields.items() if field.spec.widget == "choice"}
        for name, field in self._form.fields.items():
            if not lists.intersection(field.spec.depends):
                self._ask_all(name, 0)

    def changed(self, name: str) -> None:
        """Ask again what hangs on a field that a person has changed."""
        self.refused.pop(name, None)
        self._form.fields[name].tell("good", "")
        pause = DEBOUNCE_SECONDS if self._form.fields[name].spec.widget in ("text", "suggest", "search", "tags") else 0
        self._ask_remark(name, pause)
        if self._form.fields[name].spec.widget == "search":
            self._ask_choices(name, pause)
        self._ask_dependents(name, pause)

    def _ask_dependents(self, name: str, pause: float) -> None:
        for other, field in self._form.fields.items():
            if name in field.spec.depends:
                self._ask_all(other, pause)

    def _ask_all(self, name: str, pause: float) -> None:
        self._ask_choices(name, pause)
        self._ask_remark(name, pause)
        self._ask("bar", name, pause, lambda values: self._step.barred(name, values), self._bar)

    def _ask_choices(self, name: str, pause: float) -> None:
        if self._form.fields[name].spec.widget in ("choice", "suggest", "search"):
            self._ask("choices", name, pause, lambda values: self._step.choices(name, values), self._offer)

    def _ask_remark(self, name: str, pause: float) -> None:
        self._ask("remark", name, pause, lambda values: self._step.remark(name, values), self._remark)

    def _ask(
        self,
        kind: Kind,
        name: str,
        pause: float,
        question: Callable[[Mapping[str, Any]], Any],
        answer: Callable[[str, Any], None],
    ) -> None:
        key = (kind, name)
        ticket = self._tickets[key] = self._tickets.get(key, 0) + 1
        if timer := self._timers.pop(key, None):
            timer.cancel()

        def current(then: Callable[[str, Any], None]) -> Callable[[Any], None]:
            return lambda result: then(name, result) if self._tickets[key] == ticket else None

        def send() -> None:
            if kind == "remark" and name in self._form.problems:
                self._settle_remark(name)
                return
            values = self._form.values
            self._desk.work(lambda: question(values), current(answer), current(self._unanswered(kind)))
            if kind == "remark":
                self._timers[key] = self._desk.later(PATIENCE_SECONDS, self._checking, name)

        if pause:
            self._timers[key] = self._desk.later(pause, send)
        else:
            send()

    def _checking(self, name: str) -> None:
        self._form.fields[name].tell("busy", "Checking …")

    def _offer(self, name: str, choices: Sequence[Choice]) -> None:
        field = self._form.fields[name]
        before = field.value
        field.offer(choices)
        self._form.answered(name)
        # The first list settles what the others hang on; afterwards they only do when the value has changed.
        if field.value != before or self._tickets["choices", name] == 1:
            self._ask_dependents(name, 0)
            self._ask_remark(name, 0)

    def _remark(self, name: str, remark: Remark | None) -> None:
        self._settle_remark(name)
        if remark:
            self._form.fields[name].tell(remark.tone, remark.text)
            if remark.tone == "bad":
                self.refused[name] = remark.text
        self._form.answered(name)

    def _bar(self, name: str, reason: str) -> None:
        self._form.fields[name].bar(reason)
        self._form.answered(name)

    def _settle_remark(self, name: str) -> None:
        if timer := self._timers.pop(("remark", name), None):
            timer.cancel()
        self.refused.pop(name, None)
        self._form.fields[name].tell("good", "")

    def _unanswered(self, kind: Kind) -> Callable[[str, BaseException], None]:
        def tell(name: str, error: BaseException) -> None:
            if not isinstance(error, RunbookError):
                log.error("a form's question failed: %s of %s", kind, name, exc_info=error)
            reason = error.message if isinstance(error, RunbookError) else f"{type(error).__name__}: {error}"
            what = {"choices": "The list could not be read", "remark": "Not checked", "bar": "Not checked"}[kind]
            if kind == "remark":
                self._settle_remark(name)
            self._form.fields[name].tell("warning", f"{what}: {reason}")
            self._form.answered(name)
            if kind == "choices" and self._tickets["choices", name] == 1:
                self._ask_dependents(name, 0)

        return tell
