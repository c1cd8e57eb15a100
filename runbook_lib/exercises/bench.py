"""Where an exercise takes place: a sandbox, everyone in it, and what makes Azure fail there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from .. import sandbox
from ..azure.clients import Clients
from ..azure.target import connect, home
from ..record.journal import Journal
from ..sandbox import PERSONAS, Fault, Persona
from ..steps.core.context import Context, Presenter
from ..steps.core.step import Step


class Faults(Protocol):
    """Switches failures of the sandbox on and off."""

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on; return it with its id."""
        ...

    def known(self) -> list[Fault]:
        """List the faults."""
        ...

    def clear(self, *identifiers: str) -> list[Fault]:
        """Switch faults off."""
        ...


@dataclass(frozen=True)
class Bench:
    """A sandbox for exercises."""

    context: Callable[[str], Context]
    """Returns what steps work with, for the persona of that name."""
    faults: Faults
    journal: Journal | None = None
    """Where it's noted how exercises go."""

    def clients(self, persona: str) -> Clients:
        """Return Azure's clients, signed in as a persona."""
        return self.context(persona).clients


def person(name: str) -> Persona:
    """Return the persona of that name. Raises StopIteration if there's none."""
    return next(one for one in PERSONAS if one.name == name)


class _OwnFaults:
    """The faults of the user's own sandbox."""

    def add(self, fault: Fault) -> Fault:
        return sandbox.add_fault(home(), fault)

    def known(self) -> list[Fault]:
        return sandbox.list_faults(home())

    def clear(self, *identifiers: str) -> list[Fault]:
        return sandbox.clear_faults(home(), *identifiers)


class _Unseen:
    """Presents nothing: exercises use steps only to carry out a solution."""

    def present(self, step: Step[Any, Any]) -> None:
        """Show nothing."""

    def present_verification(self, step: Step[Any, Any]) -> None:
        """Show nothing."""

    def present_values(self, step: Step[Any, Any]) -> None:
        """Show nothing."""


UNSEEN: Presenter = _Unseen()


def own_bench() -> Bench:
    """Return the user's own sandbox. Starts it if it isn't running. Raises SandboxUnavailable."""
    # A record of its own, so that the guide's notebooks don't take an exercise's instance for theirs.
    journal = Journal(home() / "runs" / "exercises")

    @cache
    def context(persona: str) -> Context:
        return Context(Clients(connect("sandbox", persona), journal.note_answer), journal, UNSEEN)

    return Bench(context, _OwnFaults(), journal)
