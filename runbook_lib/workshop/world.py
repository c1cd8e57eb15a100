"""Carries out what the trainer does to this learner's world: in their own sandbox, on their own machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import sandbox
from ..errors import InputError, RunbookError
from ..exercises import NAMES, exercise
from ..exercises.shape import Exercise
from ..guide import NOTEBOOKS
from ..record.journal import Journal
from ..record.redaction import REMOVED
from .messages import Action, Outcome
from .troubles import FREEZE, TROUBLES, stage, take_away

log = logging.getLogger("runbook.workshop")


class World:
    """A learner's sandbox and the record of their lab."""

    def __init__(self, home: Path, record: Path, *, seed: str, learner: str) -> None:
        self._home, self._journal = home, Journal(record)
        self._seed, self._learner = seed, learner

    def carry_out(self, action: Action) -> Outcome:
        """Carry out an action, and tell the learner. What goes wrong is the outcome."""
        try:
            handler = getattr(self, f"_{action.kind.replace('-', '_')}")
            for said in handler(action.argument):
                self._journal.note("trainer", "", kind=action.kind, about=action.argument, text=said)
        except Exception as error:  # it's tried once, and the trainer hears how it went
            log.exception("the trainer's %s failed", action.kind)
            return Outcome(outcome="failed", error=type(error).__name__)
        return Outcome(outcome="done")

    # Each yields what the learner reads in the notebook's bar.

    def _message(self, text: str) -> Iterator[str]:
        yield text

    def _freeze(self, _: str) -> Iterator[str]:
        stage(self._home, FREEZE)
        yield "Your trainer has paused the class. Nothing is lost: what you've started goes on afterward."

    def _unfreeze(self, _: str) -> Iterator[str]:
        take_away(self._home, FREEZE)
        yield "The class goes on."

    def _trouble(self, name: str) -> Iterator[str]:
        if name in TROUBLES:
            stage(self._home, [TROUBLES[name]])
        else:
            self._exercise(name).start()
        yield "Your trainer has changed something in your sandbox. What do you notice?"

    def _clear(self, name: str) -> Iterator[str]:
        take_away(self._home, [TROUBLES[name]] if name else TROUBLES.values())
        yield "Your trainer has taken the trouble away."

    def _reset(self, name: str) -> Iterator[str]:
        if name:
            self._exercise(name).reset()
            yield f"Your trainer has reset the exercise {name}."
        else:
            sandbox.reset(self._home)
            yield "Your trainer has emptied your sandbox. Begin again with 00-start-here."

    def _catch_up(self, name: str) -> Iterator[str]:
        yield f"Your trainer is bringing your sandbox to the beginning of {name}."
        if name in NAMES:
            one = self._exercise(name)
            one.reset()
            one.start()
        else:
            self._run_up_to(name)
        yield f"Your sandbox is at the beginning of {name}. Open that notebook and run it from the top."

    def _exercise(self, name: str) -> Exercise:
        if name not in NAMES:
            raise InputError("Only exercises can be staged and reset one by one.")
        return exercise(name, seed=self._seed, learner=self._learner)

    def _run_up_to(self, name: str) -> None:
        """Do what the guide does before a notebook. What's there already stays as it is."""
        from ..azure.clients import Clients
        from ..azure.target import connect
        from ..exercises.bench import UNSEEN
        from ..steps.catalog import steps_of
        from ..steps.core.context import Context

        context = Context(Clients(connect("sandbox"), self._journal.note_answer), self._journal, UNSEEN)
        for notebook in NOTEBOOKS:
            if notebook.name == name:
                return
            for kind in () if notebook.optional else steps_of(notebook.name):
                entered = {k: v for k, v in self._journal.choices(kind.id).items() if REMOVED not in str(v)}
                self._apply(kind, context, entered)

    @staticmethod
    def _apply(kind: Any, context: Any, entered: dict[str, Any]) -> None:
        """Run a step with what the learner entered last, and if that's no good, with the defaults."""
        try:
            kind(context, entered).apply()
        except RunbookError:
            if not entered:
                raise
            kind(context, {}).apply()
