"""A step: one section of the article, with the same four verbs for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from ...azure.clients import Clients
from ...azure.waiting import Waiting
from ...parameters import Parameters, validate
from ...record.journal import Journal
from .plan_builder import unconfirmed
from .results import Outcome, Plan, Proof, Undone

P = TypeVar("P", bound=Parameters)


class Progress(Protocol):
    """Where a verb reports how far it is."""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Say what begins now, and how many seconds it usually takes on Azure (0: at once)."""
        ...


class Silent:
    """Progress that nobody watches."""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Say nothing."""


class Presenter(Protocol):
    """Shows steps to whoever runs the notebook: forms for a person, printed lines for a machine."""

    def present(self, step: Step[Any]) -> None:
        """Let the person choose, review and run the step; or run it now, when nobody is there."""
        ...

    def present_verification(self, step: Step[Any]) -> None:
        """Show the step's checks, once it has run."""
        ...

    def present_values(self, step: Step[Any]) -> None:
        """Show what is to be kept and shared of what the step has made, once it has run."""
        ...


@dataclass(frozen=True)
class Context:
    """What every step works with."""

    clients: Clients
    journal: Journal
    presenter: Presenter
    waiting: Waiting = field(default_factory=Waiting)
    """How time passes; a test puts its own clock here."""


@dataclass(frozen=True)
class Choice:
    """One entry of a list that a form offers."""

    value: str
    label: str


@dataclass(frozen=True)
class Remark:
    """What Azure says of a value while it is being typed."""

    tone: Literal["good", "warning", "bad"]
    text: str


class Verification:
    """The second half of a step, as a cell of its own."""

    def __init__(self, step: Step[Any]) -> None:
        self.step = step

    def present(self) -> None:
        """Show the checks: at once when nobody is there, as soon as the step has run when somebody is."""
        self.step.context.presenter.present_verification(self.step)


class Keeping:
    """The values to keep and share, as a cell of its own."""

    def __init__(self, step: Step[Any]) -> None:
        self.step = step

    def present(self) -> None:
        """Show them: at once when nobody is there, as soon as the step has run when somebody is."""
        self.step.context.presenter.present_values(self.step)


class Step(ABC, Generic[P]):
    """One section of the article.

    Values are kept as given and validated when they are needed, so that a form can show what is wrong with them
    instead of a cell failing.
    """

    id: ClassVar[str]
    """Lasting name, for the journal: `create-instance`."""
    title: ClassVar[str]
    action_label: ClassVar[str]
    """What the button says: `Create`."""
    parameters_type: ClassVar[type[Parameters]]

    def __init__(self, context: Context, values: Mapping[str, Any]) -> None:
        self.context = context
        self.values: dict[str, Any] = dict(values)
        self.agreed: Plan | None = None
        """The plan that a person has confirmed in a form, with all that it destroys."""

    @property
    def parameters(self) -> P:
        """The validated values. Raises InputError, naming every value that is wrong."""
        return validate(self.parameters_type, self.values)  # type: ignore[return-value]

    @property
    def verification(self) -> Verification:
        """The checks of this step as something to present."""
        return Verification(self)

    def present(self) -> None:
        """Show the step and let it be run; in a headless run, run it now. Never blocks when a person is there."""
        self.context.presenter.present(self)

    def check_confirmed(self, plan: Plan) -> None:
        """Raise InputError when the plan destroys something, and nobody has agreed to exactly that."""
        agreed = getattr(self.parameters, "confirm", False) or plan.destroys_the_same(self.agreed)
        if plan.confirmation and not agreed:
            raise unconfirmed(plan)

    def given(self, field: str, values: Mapping[str, Any]) -> str:
        """Return a value that a form shows, as text without blanks around it; else the step's own, else the default."""
        default = self.parameters_type.model_fields[field].default
        return str(values.get(field, self.values.get(field, default))).strip()

    @abstractmethod
    def plan(self) -> Plan:
        """Look, and say what apply would do and what stands in its way. Writes nothing, needs no write rights."""

    @abstractmethod
    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008  # Silent has no state
        """Do what the plan says. Safe to repeat. Raises a RunbookError, and has recorded what it began."""

    @abstractmethod
    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check real state, and say what was found."""

    @abstractmethod
    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Take back what this run made, and nothing else."""

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer values for a field, read from Azure; empty when it is free text."""
        return ()

    def remark(self, field: str, values: Mapping[str, Any]) -> Remark | None:
        """Ask Azure about a value that is well formed; None when there is nothing to say."""
        return None

    def barred(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why a field is greyed out; empty when it is not."""
        return ""
