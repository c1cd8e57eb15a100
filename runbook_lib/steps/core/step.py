"""A step: one section of the article, with the same four verbs for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

from ...display.drawing import Drawing
from ...explain.translate import explaining
from ...parameters import CommonParameters, validate
from ...record.change import Change
from .context import SILENT, Context, Progress
from .patience import patient
from .picture import Picture
from .plan_builder import PlanBuilder, refusal, unconfirmed
from .results import Check, Outcome, Plan, Undone, Verification
from .setup import carried_through, is_named

P = TypeVar("P", bound=CommonParameters)
F = TypeVar("F")
SANDBOX = "the sandbox: Azure simulated on this machine"
"""How plans and cards name it."""
LOOK_SECONDS = 4.0
"""How long it usually takes to look at Azure: an estimate, for about ten answers of up to half a second each."""


@dataclass(frozen=True)
class Choice:
    """One entry of a list that a form offers."""

    value: str
    label: str


@dataclass(frozen=True)
class Hint:
    """What Azure says of a value while somebody types it."""

    tone: Literal["good", "warning", "bad"]
    text: str


class VerificationCell:
    """The second half of a step, as a cell of its own."""

    def __init__(self, step: Step[Any, Any]) -> None:
        self.step = step

    def present(self) -> None:
        """Show the checks: at once when nobody is there, as soon as the step has run when somebody is."""
        self.step.context.presenter.present_verification(self.step)


class ValuesCell:
    """The values to keep and share, as a cell of its own."""

    def __init__(self, step: Step[Any, Any]) -> None:
        self.step = step

    def present(self) -> None:
        """Show them: at once when nobody is there, as soon as the step has run when somebody is."""
        self.step.context.presenter.present_values(self.step)


class Step(ABC, Generic[P, F]):
    """One section of the article: it takes parameters `P`, and finds `F` when it looks at Azure.

    Values are kept as given and validated when they are needed, so that a form can show what is wrong with them
    instead of a cell failing.
    """

    id: ClassVar[str]
    """Lasting name, for the journal: `create-instance`."""
    title: ClassVar[str]
    action_label: ClassVar[str]
    """What the button says: `Create`."""
    parameters_type: ClassVar[type[CommonParameters]]
    plan_title: ClassVar[str]
    """Heading of the plan; parameters can stand in it, in braces."""
    if_empty: ClassVar[str] = Plan.if_empty
    """What the plan says when nothing would change."""
    looking: ClassVar[str]
    """What the step says while it looks at Azure before it acts."""
    checking: ClassVar[str]
    """What it says while it verifies."""
    cannot_check: ClassVar[tuple[str, str]]
    """Heading and failed check of a verification that finds nothing to check."""

    def __init__(self, context: Context, values: Mapping[str, Any]) -> None:
        self.context = context
        self.values = carried_through(context.journal.current_setup(), self.parameters_type, values)
        self.agreed: Plan | None = None
        """The plan that a person has confirmed in a form, with all that it destroys."""
        self._validated: tuple[dict[str, Any], P] | None = None

    @property
    def parameters(self) -> P:
        """The validated values, frozen. Raises InputError, naming every value that is wrong."""
        if self._validated is None or self._validated[0] != self.values:
            self._validated = (dict(self.values), cast("P", validate(self.parameters_type, self.values)))
        return self._validated[1]

    @property
    def verification(self) -> VerificationCell:
        """The checks of this step as something to present."""
        return VerificationCell(self)

    @property
    def seconds(self) -> float:
        """The longest wait for Azure."""
        return float(self.parameters.timeout_minutes * 60)

    def present(self) -> None:
        """Show the step and let it be run; in a headless run, run it now. Never blocks when a person is there."""
        self.context.presenter.present(self)

    @patient
    def plan(self) -> Plan:
        """Look, and say what apply would do and what stands in its way. Writes nothing, needs no write rights."""
        return self._look()[0]

    @patient
    def apply(self, progress: Progress = SILENT) -> Outcome:
        """Do what the plan says. Safe to repeat: what exists is found, and an interrupted run goes on.

        Raises a RunbookError, and has recorded what it began.
        """
        progress.phase(self.looking, LOOK_SECONDS)
        plan, found = self._look()
        if found is not None and self._wait_before(found, progress):
            plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        instance = self.context.journal.about = self._instance_of(found)
        outcome = self._carry_out(plan, found, progress)
        outcome = replace(outcome, picture=self._pictured(found, plan, outcome.made, "The setup now"))
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        if instance:
            self.context.journal.make_current(self.id, instance)
        return outcome

    @patient
    def verify(self, progress: Progress = SILENT) -> Verification:
        """Check real state, and say what was found."""
        progress.phase(self.checking, LOOK_SECONDS)
        plan = self._builder()
        with explaining(f"{self.checking[0].lower()}{self.checking[1:]}"):
            found = self._survey(plan)
            checked = self._nothing_to_check(plan) if found is None else self._check(found, progress)
        self.context.journal.record("verify", self.id, verification=checked.as_json())
        return checked

    @patient
    def undo(self, progress: Progress = SILENT) -> Undone:
        """Remove what this run made with this step for this instance, and nothing else. What can't go says why."""
        from .undo import undo  # with all removers: only for those who undo

        setups = self.context.journal.setups()

        def is_meant(resource_id: str) -> bool:
            made_for = setups.get(resource_id.lower())
            return not made_for or any(is_named(one, self.parameters) for one in made_for)

        return undo(self.context, self.id, self.title, self.seconds, progress, is_meant)

    def check_confirmed(self, plan: Plan) -> None:
        """Raise InputError when the plan destroys something and nobody has agreed to exactly that."""
        agreed = getattr(self.parameters, "confirm", False) or plan.destroys_the_same(self.agreed)
        if plan.confirmation and not agreed:
            raise unconfirmed(plan)

    def given(self, field: str, values: Mapping[str, Any]) -> str:
        """Return a value that a form shows, as text without blanks around it; else the step's own, else the default."""
        info = self.parameters_type.model_fields.get(field)
        return str(values.get(field, self.values.get(field, info.default if info else ""))).strip()

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer values for a field, read from Azure; empty when it is free text."""
        return ()

    def proposal(self, field: str, values: Mapping[str, Any]) -> str:
        """Return a better value than the default that a form starts with; empty when the default will do."""
        return ""

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Ask Azure about a value that is well formed; None when there is nothing to say."""
        return None

    def disabled_reason(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why a field is greyed out; empty when it isn't."""
        return ""

    @abstractmethod
    def _survey(self, plan: PlanBuilder) -> F | None:
        """Look at Azure; None when what the step is about is not there or not clear, and the plan says why."""

    @abstractmethod
    def _draw_up(self, found: F, plan: PlanBuilder) -> F:
        """Write down what would change and what stands in its way; return the findings, with what came to light."""

    @abstractmethod
    def _carry_out(self, plan: Plan, found: F, progress: Progress) -> Outcome:
        """Do what the plan says."""

    @abstractmethod
    def _check(self, found: F, progress: Progress) -> Verification:
        """Check what is there."""

    def _depict(self, found: F, plan: Plan, picture: Picture) -> None:
        """Draw what exists, and what the step could make unless its id says where it belongs. By default, nothing."""

    def _instance_of(self, found: F) -> str:
        """Return the resource id of the instance that the findings are about; empty when they aren't about one."""
        return ""

    def _wait_before(self, found: F, progress: Progress) -> bool:
        """Wait for what has to be so before the step can act; True when it has to look again then."""
        return False

    def _look(self) -> tuple[Plan, F | None]:
        named = {name: value or "an instance" for name, value in self.parameters.model_dump().items()}
        plan = self._builder(self.plan_title.format(**named))
        with explaining("working out the plan"):
            found = self._survey(plan)
            if found is not None:
                found = self._draw_up(found, plan)
        planned = plan.finish()
        if found is not None:
            title = "The setup, and what this would change" if planned.changes else "The setup"
            planned = replace(planned, picture=self._pictured(found, planned, planned.changes, title))
        return self._placed(planned), found

    def _pictured(self, found: F, plan: Plan, changes: Sequence[Change], title: str) -> Drawing | None:
        """Draw what was found, with the marks of changes."""
        picture = Picture(blocked=plan.blocked)
        self._depict(found, plan, picture)
        picture.apply(changes)
        return picture.drawing(title)

    def _placed(self, plan: Plan) -> Plan:
        """Say in a plan where it would act: nobody should take the sandbox and Azure for one another."""
        target = self.context.clients.target
        if target.name == "sandbox":
            return replace(plan, choices=(("Where", SANDBOX), *plan.choices))
        account = target.account()
        subscription = dict(plan.choices).get("Subscription", "not chosen yet")
        place = f"subscription {subscription}, tenant {account.tenant_id}, as {account.name or account.object_id}"
        return replace(plan, choices=(("Where", "Azure"), *plan.choices), place=place)

    def _builder(self, title: str = "") -> PlanBuilder:
        """Begin a plan, or with no title only a look at what is there."""
        context = self.context
        return PlanBuilder(
            self.id,
            title,
            context.journal.run_id,
            if_empty=self.if_empty,
            planned=context.planned,
            cloud=context.clients.target.cloud,
        )

    def _nothing_to_check(self, plan: PlanBuilder) -> Verification:
        title, name = self.cannot_check
        problem = plan.problems[0]
        return Verification(self.id, title, (Check(name, "failed", problem.message, problem.remedy),))
