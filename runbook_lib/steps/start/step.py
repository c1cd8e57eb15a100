"""Before the first step: who is signed in, what may they do, is the subscription ready, what is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ...azure import permissions
from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...azure.target import Account
from ...explain.translate import explaining
from ...parameters import StartHereParameters
from ..clean_up import undo as clean_up_undo
from ..core.kinds import Places
from ..core.plan_builder import Draft, refusal
from ..core.results import Check, Outcome, Plan, Proof, Undone
from ..core.step import Choice, Progress, Silent, Step
from ..directory import role_assignments
from ..subscription import registration, resources
from ..subscription.resources import Group, Subscription
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
        group = resources.group_scope(self.subscription.id, self.group.name) if self.group.found == "yes" else ""
        mine = [str(one.id) for one in self.instances if str(one.name).lower() == self.name.lower()]
        return Places(self.subscription.scope, group, mine[0] if mine else "")


class StartHere(Step[StartHereParameters]):
    """Shows who is signed in and what they may do, and registers the resource provider."""

    id: ClassVar[str] = "start-here"
    title: ClassVar[str] = "Start here"
    action_label: ClassVar[str] = "Get ready"
    parameters_type: ClassVar[type[StartHereParameters]] = StartHereParameters

    def plan(self) -> Plan:
        """Look, and say what is missing. Nothing here keeps the later steps from being tried."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Register the resource provider, when that is wanted, needed and permitted."""
        progress.phase("Looking at your account and subscription")
        plan, subscription = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if subscription is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without a subscription names what is in the way")
        for change in plan.changes:
            progress.phase("Registering the resource provider", registration.USUAL_SECONDS)
            with self.context.journal.doing(self.id, change), explaining("registering the resource provider"):
                registration.register(self.context, subscription.id, self.parameters.timeout_minutes * 60)
        if not plan.changes:
            self.context.journal.settle(self.id, _provider_scope(subscription))
        outcome = self._outcome(plan, subscription)
        self.context.journal.keep_values({"Subscription": str(subscription)})
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check that the guide can go on."""
        progress.phase("Looking at your account and subscription")
        draft = Draft(self.id, "")
        with explaining("checking what is ready"):
            proof = self._prove(draft)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Keep everything, and say why: a registration costs nothing and others may need it."""
        return clean_up_undo.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions and resource groups."""
        clients = self.context.clients
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(clients)
            if field == "resource_group":
                found = resources.choose_subscription(clients, self.given("subscription", values), Draft(self.id, ""))
                return resources.offer_groups(clients, found.id) if found else ()
        return ()

    def barred(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why the provider cannot be registered."""
        if field != "register_provider":
            return ""
        clients = self.context.clients
        with explaining("reading your permissions"):
            found = resources.choose_subscription(clients, self.given("subscription", values), Draft(self.id, ""))
            if found is None or Permissions(clients).may(permissions.REGISTER, found.scope).answer != "no":
                return ""
        return f"You are not allowed to register resource providers here ({permissions.REGISTER}); a Contributor is."

    def _look(self) -> tuple[Plan, Subscription | None]:
        draft = Draft(self.id, "Who you are here, and what you may do")
        clients, wanted = self.context.clients, self.parameters
        with explaining("looking at your account and subscription"):
            account = clients.target.account()
            draft.choices += [("Signed in as", account.name), ("Tenant", account.tenant_id)]
            draft.choices += [
                (f"My role on {seen.name}", my_role(clients, seen, account))
                for seen in resources.subscriptions(clients)
            ]
            subscription = resources.choose_subscription(clients, wanted.subscription, draft)
            if subscription:
                draft.choices.append(("Subscription", str(subscription)))
                self._draw_up(subscription, account, draft)
        return draft.finish(), subscription

    def _draw_up(self, subscription: Subscription, account: Account, draft: Draft) -> None:
        may = Permissions(self.context.clients)
        there = self._there(subscription)
        judged = permission_table.judge(may, there.places)
        draft.blocks.append(permission_table.table(judged))
        draft.problems += permission_table.problems(judged, account, there.places)
        if note := permission_table.own_cure(judged):
            draft.notes.append(note)
        self._provider(subscription, may, draft)
        state = {"yes": f"is there, in {there.group.region}", "no": "is not there yet"}
        draft.choices.append((f"Resource group {there.group.name}", state.get(there.group.found, "cannot be seen")))
        for one in there.instances:
            draft.choices.append((f"Instance {one.name}", f"{resources.state_of(one)}, in {one.location}"))

    def _there(self, subscription: Subscription) -> There:
        clients = self.context.clients
        group = resources.group(clients, subscription.id, self.parameters.resource_group)
        seen = resources.instances(clients, subscription.id)
        inside = [one for one in seen if resources.group_of(str(one.id)).lower() == group.name.lower()]
        return There(subscription, group, inside, self.parameters.instance_name)

    def _provider(self, subscription: Subscription, may: Permissions, draft: Draft) -> None:
        state = resources.provider(self.context.clients, subscription.id).state
        draft.choices.append((f"Resource provider {resources.NAMESPACE}", state))
        if state in ("Registered", "Unknown"):
            return
        if not self.parameters.register_provider:
            draft.notes.append(
                "The resource provider is left unregistered, as asked; no instance can be created before."
            )
            return
        if may.may(permissions.REGISTER, subscription.scope).answer != "no":
            draft.add(registration.change(subscription), registration.way(subscription))

    def _outcome(self, plan: Plan, subscription: Subscription) -> Outcome:
        values = dict(plan.choices)
        provider = f"Resource provider {resources.NAMESPACE}"
        values[provider] = resources.provider(self.context.clients, subscription.id).state
        notes = tuple(f"{problem.message} {problem.meaning}\n{problem.remedy}" for problem in plan.problems)
        tone: Literal["good", "warning"] = "warning" if notes else "good"
        return Outcome(self.id, "You can go on", values, plan.changes, (*plan.notes, *notes), tone, plan.blocks)

    def _prove(self, draft: Draft) -> Proof:
        clients = self.context.clients
        account = clients.target.account()
        checks = [Check("You are signed in", "passed", f"{account.name}, object id {account.object_id}")]
        subscription = resources.choose_subscription(clients, self.parameters.subscription, draft)
        if subscription is None:
            problem = draft.problems[0]
            checks.append(Check("The subscription is visible", "failed", problem.message, problem.remedy))
            return Proof(self.id, "The guide cannot go on", tuple(checks))
        checks.append(Check("The subscription is visible", "passed", str(subscription)))
        checks.append(self._provider_check(subscription))
        judged = permission_table.judge(Permissions(clients), self._there(subscription).places)
        checks.append(Check("What you may do is known", "passed", permission_table.summary(judged)))
        return Proof(self.id, "The guide can go on", tuple(checks))

    def _provider_check(self, subscription: Subscription) -> Check:
        name, state = (
            "The resource provider is registered",
            resources.provider(self.context.clients, subscription.id).state,
        )
        if state == "Registered":
            return Check(name, "passed", f"{resources.NAMESPACE}: {state}")
        barred = self.barred("register_provider", {"subscription": subscription.id})
        if barred or not self.parameters.register_provider or state == "Unknown":
            return Check(
                name,
                "not tried",
                f"{resources.NAMESPACE}: {state}",
                barred or "Register it before creating an instance.",
            )
        return Check(name, "failed", f"{resources.NAMESPACE}: {state}", "Run this step again.")


def my_role(clients: Clients, subscription: Subscription, account: Account) -> str:
    """Return the names of the account's roles on a subscription, as the portal's column My role: for display only."""
    from azure.core.exceptions import HttpResponseError

    try:
        found = role_assignments.assignments_of(clients, subscription.id, subscription.scope, account.object_id)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return "cannot be seen"
    return ", ".join(dict.fromkeys(assignment.role for assignment in found)) or "none here"


def _provider_scope(subscription: Subscription) -> str:
    return f"{subscription.scope}/providers/{resources.NAMESPACE}"
