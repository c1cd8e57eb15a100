"""What every step works with, and how it reports what it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ...azure.clients import Clients
from ...azure.waiting import Waiting
from ...record.journal import Journal
from .setup import Planned

if TYPE_CHECKING:
    from .step import Step


class Progress(Protocol):
    """Where a verb reports its progress."""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Announce what starts now, and how many seconds it usually takes on Azure (0: no time)."""
        ...


class _Silent:
    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Say nothing."""


SILENT: Progress = _Silent()
"""Progress that nobody is watching."""


class Presenter(Protocol):
    """Shows steps to the reader of the notebook: forms for a person, printed lines for a machine."""

    def present(self, step: Step[Any, Any]) -> None:
        """Let a person choose, review and run the step; in a headless run, run it now."""
        ...

    def present_verification(self, step: Step[Any, Any]) -> None:
        """Show the step's checks once it has run."""
        ...

    def present_values(self, step: Step[Any, Any]) -> None:
        """Show the values to keep and share once the step has run."""
        ...


@dataclass(frozen=True)
class Context:
    """What every step works with."""

    clients: Clients
    journal: Journal
    presenter: Presenter
    waiting: Waiting = field(default_factory=Waiting)
    """How time passes; tests put their own clock here."""
    planned: Planned | None = None
    """The instance that an earlier step would create, while a whole run is planned."""
