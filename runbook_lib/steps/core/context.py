"""What every step works with, and how it shows and says what it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ...azure.clients import Clients
from ...azure.waiting import Waiting
from ...record.journal import Journal

if TYPE_CHECKING:
    from .step import Step


class Progress(Protocol):
    """Where a verb reports how far it is."""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Say what begins now, and how many seconds it usually takes on Azure (0: at once)."""
        ...


class _Silent:
    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Say nothing."""


SILENT: Progress = _Silent()
"""Progress that nobody watches."""


class Presenter(Protocol):
    """Shows steps to the reader of the notebook: forms for a person, printed lines for a machine."""

    def present(self, step: Step[Any, Any]) -> None:
        """Let the person choose, review and run the step; or run it now, when nobody is there."""
        ...

    def present_verification(self, step: Step[Any, Any]) -> None:
        """Show the step's checks, once it has run."""
        ...

    def present_values(self, step: Step[Any, Any]) -> None:
        """Show what to keep and share of what the step has made, once it has run."""
        ...


@dataclass(frozen=True)
class Context:
    """What every step works with."""

    clients: Clients
    journal: Journal
    presenter: Presenter
    waiting: Waiting = field(default_factory=Waiting)
    """How time passes; a test puts its own clock here."""
