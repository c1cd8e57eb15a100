"""Before the first step: who is signed in, what they can do, whether the subscription is ready, and what exists."""

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
from ..core.picture import Picture
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..directory import role_assignments
from ..network.picture import draw_group, draw_instance
from ..subscription import registration, resources
from ..subscription.kinds import PROVIDER
from ..subscription.resources import Group, Subscription
from ..subscription.step import SubscriptionStep
from . import permission_table

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


FEW = 3
"""Up to so many subscriptions, the plan says what your role is on each."""


@dataclass(frozen=True)
class Findings:
    """What exists where the guide will work."""

    subscription: Subscription
    group: Group
    instances: Sequence[DigitalTwinsDescription]
    """Those in the resource group."""
    name: str
    """Name of the guide's instance."""

    @property
    def places(self) -> Places:
        """Where Azure checks permissions."""
        group = group_id(self.subscription.id, self.group.name) if self.group.found == "yes" else ""
        mine = [str(one.id) for one in self.instances if str(one.name).lower() == self.name.lower()]
        return Places(self.subscription.scope, group, mine[0] if mine else "")


class StartHere(SubscriptionStep[StartHereParameters, Findings]):
    """Shows who is signed in and what they can do, and registers the resource provider."""

    id: ClassVar[str] = "start-here"
    title: ClassVar[str] = "Start here"
    action_label: ClassVar[str] = "Get ready"
    parameters_type: ClassVar[type[StartHereParameters]] = StartHereParameters
    plan_title: ClassVar[str] = "Who you are here, and what you can do"
    if_empty: ClassVar[str] = "Nothing to do here: the resource provider is registered already."
    looking: ClassVar[str] = "Looking at your account and subscription"
    checking: ClassVar[str] = "Looking at your account and subscription"
    cannot_check: ClassVar[tuple[str, str]] = ("The guide can't continue", "The subscription is visible")

    def disabled_reason(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why the provider can't be registered."""
        if field != "register_provider":
            return ""
        with explaining("reading your permissions"):
            found = self._subscription(values)
            if found is None or self._can_register(found):
                return ""
        return f"You aren't allowed to register resource providers here ({REGISTER}). A Contributor is."

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        clients = self.context.clients
        account = clients.target.account()
        builder.choices += [("Signed in as", account.name), ("Tenant", account.tenant_id)]
        subscription = builder.settle(resources.choose_subscription(clients, self.parameters.subscription))
        if builder.title:  # a verification shows no choices, so it needn't ask for them
            builder.choices += self._roles(account, subscription)
        return self._there(subscription) if subscription else None

    def _roles(self, account: Account, chosen: Subscription | None) -> list[tuple[str, str]]:
        """Return your roles on the chosen subscription; on the others too, if they're few: each costs a request."""
        clients = self.context.clients
        seen = resources.subscriptions(clients)
        told = seen if len(seen) <= FEW else [one for one in seen if chosen and one.id == chosen.id]
        roles = [(f"My role on {one.name}", my_role(clients, one, account)) for one in told]
        others = len(seen) - len(told)
        return [*roles, ("Other subscriptions", f"you can see {others} more")] if others else roles

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        may = Permissions(self.context.clients)
        assessed = permission_table.assess(may, found.places)
        builder.choices.append(("Subscription", found.subscription.choice))
        builder.blocks.append(permission_table.table(assessed))
        builder.problems += permission_table.problems(assessed, may.account, found.places)
        if note := permission_table.own_remedy(assessed):
            builder.notes.append(note)
        self._provider(found.subscription, builder)
        state = {"yes": f"exists, in {found.group.region}", "no": "doesn't exist yet", "unknown": "can't be seen"}
        builder.choices.append((f"Resource group {found.group.name}", state[found.group.found]))
        for one in found.instances:
            builder.choices.append((f"Instance {one.name}", f"{resources.state_of(one)}, in {one.location}"))
        return found

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        subscription = found.subscription
        for change in plan.changes:
            progress.phase("Registering the resource provider", PROVIDER.usual_seconds)
            register = partial(registration.register, self.context, subscription.id, self.seconds)
            make(self.context, self.id, (change,), "registering the resource provider", register)
        settle_rest(self.context, self.id)
        return self._outcome(plan, subscription)

    def _depict(self, found: Findings, plan: Plan, picture: Picture) -> None:
        one = found.subscription
        draw_group(picture, one.name, group_id(one.id, found.group.name), there=found.group.found == "yes")
        account, roles = self.context.clients.target.account(), dict(plan.choices).get(f"My role on {one.name}", "")
        picture.box("you", account.name or account.object_id, f"you: {roles}" if roles else "you", inside=one.scope)
        for instance in found.instances:
            draw_instance(picture, one.name, instance)

    def _there(self, subscription: Subscription) -> Findings:
        clients = self.context.clients
        group = resources.group(clients, subscription.id, self.parameters.resource_group)
        seen = resources.instances(clients, subscription.id)
        inside = [one for one in seen if group_of(str(one.id)).lower() == group.name.lower()]
        return Findings(subscription, group, inside, self.parameters.instance_name)

    def _provider(self, subscription: Subscription, builder: PlanBuilder) -> None:
        state = resources.provider(self.context.clients, subscription.id).state
        builder.choices.append((f"Resource provider {resources.NAMESPACE}", state))
        if state == "Unknown":
            builder.if_empty = "You can't see whether the resource provider is registered."
        if state in ("Registered", "Unknown"):
            return
        builder.if_empty = "Nothing would change: the resource provider stays unregistered."
        if not self.parameters.register_provider:
            note = "As requested, the resource provider stays unregistered. You can't create instances until it is."
            builder.notes.append(note)
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
        return Outcome(self.id, "You can continue", values, plan.changes, (*plan.notes, *notes), tone, plan.blocks)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        may = Permissions(self.context.clients)
        account, assessed = may.account, permission_table.assess(may, found.places)
        checks = (
            Check("You are signed in", "passed", f"{account.name}, object id {account.object_id}"),
            Check("The subscription is visible", "passed", str(found.subscription)),
            self._provider_check(found.subscription),
            Check("What you can do is known", "passed", permission_table.summary(assessed)),
        )
        return Verification(self.id, "The guide can continue", checks)

    def _provider_check(self, subscription: Subscription) -> Check:
        name = "The resource provider is registered"
        state = resources.provider(self.context.clients, subscription.id).state
        evidence = f"{resources.NAMESPACE}: {state}"
        if state == "Registered":
            return Check(name, "passed", evidence)
        reason = self.disabled_reason("register_provider", {"subscription": subscription.id})
        if reason or not self.parameters.register_provider or state == "Unknown":
            return Check(name, "not tried", evidence, reason or "Register it before creating an instance.")
        return Check(name, "failed", evidence, "Run this step again.")


def my_role(clients: Clients, subscription: Subscription, account: Account) -> str:
    """Return the account's roles on a subscription, as in the portal's column My role: for display only."""

    def look() -> str:
        found = role_assignments.assignments_of(clients, subscription.id, subscription.scope, account.object_id)
        return ", ".join(dict.fromkeys(assignment.role for assignment in found)) or "none here"

    return ask(look, {403: "can't be seen"})
