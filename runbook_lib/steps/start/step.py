"""Before the first step: who is signed in, what can they do, is the subscription ready, what is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.permissions import REGISTER, Permissions
from ...azure.resource_ids import group_id, group_of
from ...azure.target import Account
from ...explain.translate import explaining
from ...parameters import StartHereParameters
from ..core.context import Progress
from ..core.creation import make, settle_rest
from ..core.kinds import Places
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..directory import role_assignments
from ..subscription import registration, resources
from ..subscription.kinds import PROVIDER
from ..subscription.resources import Group, Subscription
from ..subscription.step import SubscriptionStep
from . import permission_table

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


@dataclass(frozen=True)
class There:
    """What exists where the guide is going to work."""

    subscription: Subscription
    group: Group
    instances: Sequence[DigitalTwinsDescription]
    """Those in the resource group."""
    name: str
    """Name of the instance that the guide is about."""

    @property
    def places(self) -> Places:
        """Where Azure asks for permissions."""
        group = group_id(self.subscription.id, self.group.name) if self.group.found == "yes" else ""
        mine = [str(one.id) for one in self.instances if str(one.name).lower() == self.name.lower()]
        return Places(self.subscription.scope, group, mine[0] if mine else "")


class StartHere(SubscriptionStep[StartHereParameters, There]):
    """Shows who is signed in and what they can do, and registers the resource provider."""

    id: ClassVar[str] = "start-here"
    title: ClassVar[str] = "Start here"
    action_label: ClassVar[str] = "Get ready"
    parameters_type: ClassVar[type[StartHereParameters]] = StartHereParameters
    plan_title: ClassVar[str] = "Who you are here, and what you can do"
    looking: ClassVar[str] = "Looking at your account and subscription"
    checking: ClassVar[str] = "Looking at your account and subscription"
    cannot_check: ClassVar[tuple[str, str]] = ("The guide cannot go on", "The subscription is visible")

    def disabled_reason(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why the provider can't be registered."""
        if field != "register_provider":
            return ""
        with explaining("reading your permissions"):
            found = self._subscription(values)
            if found is None or self._can_register(found):
                return ""
        return f"You are not allowed to register resource providers here ({REGISTER}); a Contributor is."

    def _survey(self, builder: PlanBuilder) -> There | None:
        clients = self.context.clients
        account = clients.target.account()
        builder.choices += [("Signed in as", account.name), ("Tenant", account.tenant_id)]
        if builder.title:  # a verification shows no choices, so it needn't ask for them
            seen = resources.subscriptions(clients)
            builder.choices += [(f"My role on {one.name}", my_role(clients, one, account)) for one in seen]
        subscription = builder.settle(resources.choose_subscription(clients, self.parameters.subscription))
        return self._there(subscription) if subscription else None

    def _draw_up(self, found: There, builder: PlanBuilder) -> There:
        may = Permissions(self.context.clients)
        assessed = permission_table.assess(may, found.places)
        builder.choices.append(("Subscription", str(found.subscription)))
        builder.blocks.append(permission_table.table(assessed))
        builder.problems += permission_table.problems(assessed, may.account, found.places)
        if note := permission_table.own_remedy(assessed):
            builder.notes.append(note)
        self._provider(found.subscription, builder)
        state = {"yes": f"is there, in {found.group.region}", "no": "is not there yet"}
        builder.choices.append((f"Resource group {found.group.name}", state.get(found.group.found, "cannot be seen")))
        for one in found.instances:
            builder.choices.append((f"Instance {one.name}", f"{resources.state_of(one)}, in {one.location}"))
        return found

    def _carry_out(self, plan: Plan, found: There, progress: Progress) -> Outcome:
        subscription = found.subscription
        for change in plan.changes:
            progress.phase("Registering the resource provider", PROVIDER.usual_seconds)
            register = partial(registration.register, self.context, subscription.id, self.seconds)
            make(self.context, self.id, (change,), "registering the resource provider", register)
        settle_rest(self.context, self.id)
        self.context.journal.keep_values({"Subscription": str(subscription)})
        return self._outcome(plan, subscription)

    def _there(self, subscription: Subscription) -> There:
        clients = self.context.clients
        group = resources.group(clients, subscription.id, self.parameters.resource_group)
        seen = resources.instances(clients, subscription.id)
        inside = [one for one in seen if group_of(str(one.id)).lower() == group.name.lower()]
        return There(subscription, group, inside, self.parameters.instance_name)

    def _provider(self, subscription: Subscription, builder: PlanBuilder) -> None:
        state = resources.provider(self.context.clients, subscription.id).state
        builder.choices.append((f"Resource provider {resources.NAMESPACE}", state))
        if state in ("Registered", "Unknown"):
            return
        if not self.parameters.register_provider:
            builder.notes.append(
                "The resource provider stays unregistered, as asked; no instance can be created before."
            )
        elif self._can_register(subscription):
            builder.add(registration.change(subscription), registration.how(subscription))

    def _can_register(self, subscription: Subscription) -> bool:
        return Permissions(self.context.clients).may(REGISTER, subscription.scope).answer != "no"

    def _outcome(self, plan: Plan, subscription: Subscription) -> Outcome:
        values = dict(plan.choices)
        provider = f"Resource provider {resources.NAMESPACE}"
        values[provider] = resources.provider(self.context.clients, subscription.id).state
        notes = tuple(f"{problem.message} {problem.meaning}\n{problem.remedy}" for problem in plan.problems)
        tone: Literal["good", "warning"] = "warning" if notes else "good"
        return Outcome(self.id, "You can go on", values, plan.changes, (*plan.notes, *notes), tone, plan.blocks)

    def _check(self, found: There, progress: Progress) -> Verification:
        may = Permissions(self.context.clients)
        account, assessed = may.account, permission_table.assess(may, found.places)
        checks = (
            Check("You are signed in", "passed", f"{account.name}, object id {account.object_id}"),
            Check("The subscription is visible", "passed", str(found.subscription)),
            self._provider_check(found.subscription),
            Check("What you can do is known", "passed", permission_table.summary(assessed)),
        )
        return Verification(self.id, "The guide can go on", checks)

    def _provider_check(self, subscription: Subscription) -> Check:
        name, state = (
            "The resource provider is registered",
            resources.provider(self.context.clients, subscription.id).state,
        )
        evidence = f"{resources.NAMESPACE}: {state}"
        if state == "Registered":
            return Check(name, "passed", evidence)
        reason = self.disabled_reason("register_provider", {"subscription": subscription.id})
        if reason or not self.parameters.register_provider or state == "Unknown":
            return Check(name, "not tried", evidence, reason or "Register it before creating an instance.")
        return Check(name, "failed", evidence, "Run this step again.")


def my_role(clients: Clients, subscription: Subscription, account: Account) -> str:
    """Return the names of the account's roles on a subscription, as the portal's column My role: for display only."""

    def look() -> str:
        found = role_assignments.assignments_of(clients, subscription.id, subscription.scope, account.object_id)
        return ", ".join(dict.fromkeys(assignment.role for assignment in found)) or "none here"

    return ask(look, {403: "cannot be seen"})
