"""Steps about an instance that is there already: each looks, changes one thing after the other, and checks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ...azure.clients import Clients
from ...explain.translate import explaining
from ...parameters import InstanceParameters
from ...record.change import Change
from ..core.plan_builder import Draft, refusal
from ..core.results import Check, Outcome, Plan, Proof
from ..core.step import Choice, Progress, Silent, Step
from . import resources
from .readiness import settled_instance
from .resources import Subscription

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

W = TypeVar("W", bound=InstanceParameters)


@dataclass(frozen=True)
class ExistingInstance(Generic[W]):
    """What is there: base of what such a step finds."""

    wanted: W
    subscription: Subscription
    instance: DigitalTwinsDescription

    @property
    def scope(self) -> str:
        """Resource id of the instance."""
        return str(self.instance.id)

    @property
    def where(self) -> tuple[str, str, str]:
        """Subscription, resource group and name of the instance."""
        return self.subscription.id, resources.group_of(self.scope), str(self.instance.name)

    @property
    def pending(self) -> bool:
        """Whether Azure still works on the instance."""
        return resources.state_of(self.instance) in resources.PENDING_STATES


F = TypeVar("F", bound=ExistingInstance[Any])


def find(clients: Clients, wanted: W, draft: Draft, *, pending: bool = True) -> ExistingInstance[W] | None:
    """Find the instance, and put it at the head of the plan; None when it is not clear, or not usable.

    With `pending` one that Azure still works on will do. Raises what the client raises.
    """
    subscription = resources.choose_subscription(clients, wanted.subscription, draft)
    draft.choices += [
        ("Subscription", str(subscription) if subscription else wanted.subscription or "none"),
        ("Resource group", wanted.resource_group),
        ("Resource name", wanted.instance_name),
    ]
    if subscription is None:
        return None
    where = wanted.resource_group, wanted.instance_name
    instance = resources.require_instance(clients, subscription, *where, draft, pending=pending)
    if instance is None:
        return None
    there = ExistingInstance(wanted, subscription, instance)
    if there.pending:
        draft.notes.append("Azure still works on the instance; this goes on as soon as it is done.")
    return there


def offer_instances(step: Step[Any], field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
    """Offer subscriptions, resource groups and instances for a form of any step about an instance that is there."""
    if field not in ("subscription", "resource_group", "instance_name"):
        return ()
    clients = step.context.clients
    with explaining("reading the list"):
        if field == "subscription":
            return resources.offer_subscriptions(clients)
        found = resources.choose_subscription(clients, step.given("subscription", values), Draft(step.id, ""))
        if found is None:
            return ()
        if field == "resource_group":
            return resources.offer_groups(clients, found.id)
        group = step.given("resource_group", values).lower()
        there = resources.instances(clients, found.id)
        return [Choice(str(i.name), str(i.name)) for i in there if resources.group_of(str(i.id)).lower() == group]


class ExistingInstanceStep(Step[W], Generic[W, F]):
    """Base of these steps: they differ in what they look at, how they make one change, and how they prove it."""

    subject: ClassVar[str]
    """What they look at, change and check: `the identities`."""
    plan_title: ClassVar[str]
    """`{}` stands for the instance's name."""
    if_empty: ClassVar[str]
    """What the plan says when nothing would change."""
    usual_seconds: ClassVar[float]
    """How long Azure usually works on the instance after a change."""

    def plan(self) -> Plan:
        """Look, and say what would change, what would break by it, and what stands in the way."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Do what the plan says. What destroys something needs to be confirmed. A rerun goes on where this was."""
        progress.phase(f"Looking at {self.subject}")
        plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        self.check_confirmed(plan)
        self._await_earlier(found, progress)
        for change in plan.changes:
            self._carry_out(change, found, progress)
        self._ready(found, progress)
        with explaining(f"looking at {self.subject}"):
            after = self._survey(Draft(self.id, "")) or found
        # What an earlier run began and Azure has made since was not in this plan.
        settled = [change for change in self._settled(after) if change not in plan.changes]
        outcome = self._outcome(plan, after, (*settled, *plan.changes))
        self._keep(outcome, after)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check the real state in Azure against what was asked for."""
        progress.phase(f"Looking at {self.subject}")
        draft = Draft(self.id, "")
        with explaining(f"checking {self.subject}"):
            found = self._survey(draft)
            proof = self._prove(found, progress) if found else self._nothing_to_check(draft)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    @property
    def _seconds(self) -> float:
        """The longest wait for Azure."""
        return float(self.parameters.timeout_minutes * 60)

    @abstractmethod
    def _survey(self, draft: Draft) -> F | None:
        """Look; None when the instance is not clear, or not usable, and the draft says why."""

    @abstractmethod
    def _draw_up(self, found: F, draft: Draft) -> F:
        """Write down what would change, and what stands in the way; return the findings, with what came to light."""

    @abstractmethod
    def _phase(self, change: Change) -> tuple[str, float]:
        """Return what is said while a change is made, and how many seconds it usually takes."""

    @abstractmethod
    def _make(self, change: Change, found: F, doing: str) -> None:
        """Make one change of the plan, and wait until Azure has made it; `doing` is how an error names it."""

    @abstractmethod
    def _holds(self, change: Change, after: F) -> bool:
        """Tell whether what a change wanted is so."""

    @abstractmethod
    def _outcome(self, plan: Plan, after: F, made: tuple[Change, ...]) -> Outcome:
        """Say what was done; `made` counts what an earlier run began too."""

    @abstractmethod
    def _prove(self, found: F, progress: Progress) -> Proof:
        """Check what is there."""

    def _await_earlier(self, found: F, progress: Progress) -> None:
        """Wait for what an earlier run began beside the instance; nothing, unless a step says otherwise."""

    def _keep(self, outcome: Outcome, after: F) -> None:
        """Keep what is worth knowing later."""
        self.context.journal.keep_values(outcome.values)

    def _instance(self, values: Mapping[str, Any]) -> DigitalTwinsDescription | None:
        """Return the instance that a form's values name."""
        clients = self.context.clients
        subscription = resources.choose_subscription(clients, self.given("subscription", values), Draft(self.id, ""))
        where = self.given("resource_group", values), self.given("instance_name", values)
        return resources.instance(clients, subscription.id, *where) if subscription else None

    def _look(self) -> tuple[Plan, F | None]:
        draft = Draft(self.id, self.plan_title.format(self.parameters.instance_name), if_empty=self.if_empty)
        with explaining("working out the plan"):
            found = self._survey(draft)
            if found:
                found = self._draw_up(found, draft)
        return draft.finish(), found

    def _carry_out(self, change: Change, found: F, progress: Progress) -> None:
        """Make one change of the plan, recorded before and after."""
        self._ready(found, progress)
        text, usual = self._phase(change)
        progress.phase(text, usual)
        doing = text[0].lower() + text[1:]
        with self.context.journal.doing(self.id, change), explaining(doing):
            self._make(change, found, doing)

    def _ready(self, found: F, progress: Progress) -> None:
        """Wait until Azure has stopped working on the instance."""
        phase = "Waiting for an earlier change of the instance"
        settled_instance(self.context, found.where, self._seconds, progress, phase, self.usual_seconds)

    def _settled(self, after: F) -> tuple[Change, ...]:
        """Close the changes that an interrupted run began, and that Azure has made since."""
        journal = self.context.journal
        closed: list[Change] = []
        for change in journal.unfinished(self.id).values():
            if self._holds(change, after):
                closed += journal.settle(self.id, change.resource_id)
        return tuple(closed)

    def _nothing_to_check(self, draft: Draft) -> Proof:
        problem = draft.problems[0]
        check = Check("The instance exists", "failed", problem.message, problem.remedy)
        return Proof(self.id, f"{self.subject[0].upper()}{self.subject[1:]} could not be checked", (check,))
