"""Steps about an existing instance: each looks, makes one change after another, and checks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ...azure.clients import Clients
from ...azure.resource_ids import group_of, instance_id, names
from ...explain.translate import explaining
from ...parameters import ExistingInstanceParameters, problems
from ...record.change import Change
from ..core.context import Context, Progress
from ..core.creation import make, settle_rest
from ..core.plan_builder import PlanBuilder
from ..core.problems import Problem
from ..core.results import Outcome, Plan
from ..core.setup import Planned
from ..core.step import Hint
from . import resources
from .readiness import settled_instance
from .resources import Subscription
from .step import SubscriptionStep

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

W = TypeVar("W", bound=ExistingInstanceParameters)


@dataclass(frozen=True)
class ExistingInstance(Generic[W]):
    """What exists: base of what such a step finds."""

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
        return names(self.scope)

    def keep_values(self, context: Context) -> None:
        """Write the values to keep and share, as they are now."""
        tenant = context.clients.target.account().tenant_id
        context.journal.keep_values(resources.important_values(self.instance, self.subscription, tenant))

    @property
    def pending(self) -> bool:
        """Whether Azure is still working on the instance."""
        return resources.state_of(self.instance) in resources.PENDING_STATES


F = TypeVar("F", bound=ExistingInstance[Any])


def find(clients: Clients, wanted: W, builder: PlanBuilder, *, pending: bool = True) -> ExistingInstance[W] | None:
    """Find the instance, and name it at the top of the plan; None if it isn't clear or usable.

    `pending` also accepts an instance that Azure is still working on. Raises what the client raises.
    """
    subscription = builder.settle(resources.choose_subscription(clients, wanted.subscription))
    builder.choices.append(("Subscription", subscription.choice if subscription else wanted.subscription or "none"))
    if subscription is None:
        instance = None
    elif builder.planned and _is_planned(builder.planned, subscription, wanted):
        instance = resources.planned_instance(builder.planned)
    else:
        instance = builder.settle(_look_up(clients, subscription, wanted, pending=pending))
    group = group_of(str(instance.id)) if instance else wanted.resource_group
    builder.choices += [("Resource group", group or "none"), ("Resource name", wanted.instance_name or "none")]
    if subscription is None or instance is None:
        return None
    there = ExistingInstance(wanted, subscription, instance)
    if there.pending:
        builder.notes.append("Azure is still working on the instance. This step continues when it's done.")
    return there


def _is_planned(planned: Planned, subscription: Subscription, wanted: ExistingInstanceParameters) -> bool:
    named = instance_id(subscription.id, wanted.resource_group, wanted.instance_name)
    return named.lower() == planned.id.lower()


def _look_up(
    clients: Clients, subscription: Subscription, wanted: ExistingInstanceParameters, *, pending: bool
) -> DigitalTwinsDescription | Problem:
    group, name = wanted.resource_group, wanted.instance_name
    if group and name:
        return resources.require_instance(clients, subscription, group, name, pending=pending)
    seen = [one for one in resources.instances(clients, subscription.id) if not group or _in_group(one, group)]
    fitting = [one for one in seen if not name or str(one.name).lower() == name.lower()]
    # The only instance is meant, except on Azure when nothing at all says so.
    if len(fitting) == 1 and (group or name or clients.target.name == "sandbox"):
        return resources.require_instance(
            clients, subscription, group_of(str(fitting[0].id)), str(fitting[0].name), pending=pending
        )
    listed = ", ".join(f"{one.name} in {group_of(str(one.id))}" for one in fitting or seen)
    if name and fitting:
        message = f"Several resource groups have an instance {name!r}: {listed}."
        return Problem("resource_group", message, remedy="Choose the resource group.")
    meaning = f"You can see: {listed}." if listed else f"You can't see any instance in {group or subscription.name}."
    where = f" in the resource group {group!r}" if group else ""
    message = f"You can't see an instance {name!r}." if name else f"It isn't clear which instance{where} is meant."
    return Problem("instance_name", message, meaning, "Run 01-create-instance first, or set instance_name.")


def _in_group(instance: DigitalTwinsDescription, group: str) -> bool:
    return group_of(str(instance.id)).lower() == group.lower()


class ExistingInstanceStep(SubscriptionStep[W, F], Generic[W, F]):
    """Base of these steps: they differ in what they look at, how they make one change, and how they check it."""

    usual_seconds: ClassVar[float]
    """How long Azure usually works on the instance after a change."""
    switch: ClassVar[str]
    """The field for which a form shows the present state."""

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Say what the switch is set to now."""
        if field != self.switch or "instance_name" in problems(self.parameters_type, values):
            return super().hint(field, values)
        with explaining("looking at the instance"):
            there = self._instance(values)
        return Hint("good", self._now(there)) if there else None

    @abstractmethod
    def _now(self, instance: DigitalTwinsDescription) -> str:
        """Say what the switch is set to now."""

    def _instance_of(self, found: F) -> str:
        return found.scope

    def _carry_out(self, plan: Plan, found: F, progress: Progress) -> Outcome:
        self.check_confirmed(plan)
        self._await_earlier(found, progress)
        made = [change for change in plan.changes if self._make_recorded(change, found, progress)]
        self._ready(found, progress)
        with explaining(self.looking[0].lower() + self.looking[1:]):
            after = self._survey(self._builder()) or found
        # What an earlier run began and Azure has made since was not in this plan.
        settled = [change for change in settle_rest(self.context, self.id) if change not in plan.changes]
        outcome = self._outcome(plan, after, (*settled, *made))
        after.keep_values(self.context)
        return outcome

    @abstractmethod
    def _phase(self, change: Change) -> tuple[str, float]:
        """Return what to say while making a change, and how many seconds it usually takes."""

    @abstractmethod
    def _make(self, change: Change, found: F, doing: str) -> None:
        """Make one change of the plan, and wait until Azure has finished; `doing` is what an error calls it."""

    @abstractmethod
    def _outcome(self, plan: Plan, after: F, made: tuple[Change, ...]) -> Outcome:
        """Say what was done; `made` includes changes that an earlier run started."""

    def _await_earlier(self, found: F, progress: Progress) -> None:
        """Wait for what else an earlier run started, apart from the instance; by default nothing."""

    def _make_recorded(self, change: Change, found: F, progress: Progress) -> bool:
        """Make one change of the plan, recorded before and after; False when others had made it already."""
        self._ready(found, progress)
        text, usual = self._phase(change)
        progress.phase(text, usual)
        doing = text[0].lower() + text[1:]
        return bool(make(self.context, self.id, (change,), doing, lambda: self._make(change, found, doing)))

    def _ready(self, found: F, progress: Progress) -> None:
        """Wait until Azure has stopped working on the instance."""
        phase = "Waiting for an earlier change to the instance"
        settled_instance(self.context, found.where, self.seconds, progress, phase, self.usual_seconds)
