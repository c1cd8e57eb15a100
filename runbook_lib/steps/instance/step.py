"""The article's first part: create the instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...azure import permissions
from ...azure.permissions import Permissions
from ...explain.translate import explaining
from ...parameters import CONNECTIVITY, DATA_ROLES, CreateInstanceParameters, problems
from ...record.change import Change
from ..clean_up import undo as clean_up_undo
from ..core import kinds
from ..core.plan_builder import Draft, not_permitted, refusal
from ..core.recipes import Call
from ..core.results import Outcome, Plan, Proof, Undone
from ..core.step import Choice, Keeping, Progress, Remark, Silent, Step
from ..directory import role_assignments
from ..network import changes
from ..network import survey as network_survey
from ..subscription import registration, resources
from ..subscription.readiness import settled_instance
from . import calls, removers
from .checks import important_values, prove
from .findings import Findings
from .plan import ROLE, asks_for_approval, draw_up, name_taken, survey

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

CREATE_SECONDS = 35.0
"""How long Azure takes to create an instance (recorded in 2023: about 35 s)."""


class CreateInstance(Step[CreateInstanceParameters]):
    """Creates the instance, in a resource group of yours, and gives you access to it if you like."""

    id: ClassVar[str] = "create-instance"
    title: ClassVar[str] = "Create the Azure Digital Twins instance"
    action_label: ClassVar[str] = "Create"
    parameters_type: ClassVar[type[CreateInstanceParameters]] = CreateInstanceParameters

    @property
    def important_values(self) -> Keeping:
        """The values to keep and share as something to present."""
        return Keeping(self)

    def plan(self) -> Plan:
        """Look, and say what would be created, updated, registered or assigned, and what stands in the way."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Create what is missing. A rerun goes on where an interrupted one was."""
        progress.phase("Looking at what is there")
        plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        made = tuple(change for change in plan.changes if self._carry_out(change, found, progress))
        instance = self._ready(found, progress)
        settled = self.context.journal.settle(self.id, str(instance.id))
        if any((change.action, change.kind) == ("create", kinds.INSTANCE) for change in (*made, *settled)):
            removers.remember_birth(self.context.journal, self.id, instance)
        outcome = self._outcome(plan, found, instance, made or settled)
        self.context.journal.keep_values(outcome.values)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check the instance in Azure against what was asked for."""
        progress.phase("Looking at the instance")
        with explaining("checking the instance"):
            proof = prove(self.context.clients, self.parameters)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Delete what this run made: the instance with all its data, and the resource group if it is empty then."""
        return clean_up_undo.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, the regions that offer the service, and networks."""
        if field == "connectivity":
            return [Choice(value, f"{value.title()} endpoint") for value in CONNECTIVITY]
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(self.context.clients)
            if field in ("virtual_network", "subnet"):
                return network_survey.offer(self, field, values)
            if field not in ("resource_group", "region"):
                return ()
            subscription = self._subscription(values)
            offer = resources.offer_groups if field == "resource_group" else resources.offer_regions
            return offer(self.context.clients, subscription) if subscription else ()

    def remark(self, field: str, values: Mapping[str, Any]) -> Remark | None:
        """Ask Azure whether the name is free in the region."""
        if field != "instance_name" or {"instance_name", "region"} & problems(self.parameters_type, values).keys():
            return None
        clients, name = self.context.clients, self.given("instance_name", values)
        region = resources.plain(self.given("region", values))
        with explaining("checking the name"):
            subscription = self._subscription(values)
            if not subscription:
                return None
            there = resources.instance(clients, subscription, self.given("resource_group", values), name)
            if there and str(there.location) == region:
                return Remark(
                    "warning", "This instance is there already: nothing is created, only what differs is updated."
                )
            if resources.provider(clients, subscription).state != "Registered":
                return Remark("warning", "Not checked: the resource provider is not registered yet.")
            taken = name_taken(clients, subscription, name, region)
        return Remark("bad", taken) if taken else Remark("good", f"{name!r} is available in {region}.")

    def barred(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why access cannot be granted: the portal greys the box out then."""
        if field != "grant_access":
            return ""
        clients = self.context.clients
        with explaining("reading your permissions"):
            subscription = self._subscription(values)
            if not subscription:
                return ""
            group = resources.group(clients, subscription, self.given("resource_group", values))
            scope = (
                resources.group_scope(subscription, group.name)
                if group.found == "yes"
                else f"/subscriptions/{subscription}"
            )
            if Permissions(clients).may(permissions.ASSIGN_ROLES, scope).answer != "no":
                return ""
        problem = not_permitted(clients.target.account(), permissions.ASSIGN_ROLES, scope)
        return (
            f"You are not allowed to assign roles here ({problem.action}). You can create the instance all the same; "
            f"somebody with the role {problem.role}, User Access Administrator or Owner gives access later."
        )

    def _look(self) -> tuple[Plan, Findings | None]:
        draft = Draft(self.id, f"Create the instance {self.parameters.instance_name}")
        with explaining("working out the plan"):
            found = survey(self.context.clients, self.parameters, draft)
            if found:
                draw_up(self.context.clients, found, draft)
        return draft.finish(), found

    def _subscription(self, values: Mapping[str, Any]) -> str:
        found = resources.choose_subscription(
            self.context.clients, self.given("subscription", values), Draft(self.id, "")
        )
        return found.id if found else ""

    def _carry_out(self, change: Change, found: Findings, progress: Progress) -> bool:
        """Make one change of the plan, recorded before and after; False when it could not be made and need not be."""
        from ...errors import PermissionMissing

        deeds: dict[tuple[str, str], Callable[[Findings, Progress], None]] = {
            ("register", "Resource provider"): partial(self._register, change),
            ("create", "Resource group"): self._create_group,
            ("create", "Azure Digital Twins instance"): self._create,
            ("update", "Azure Digital Twins instance"): self._update,
            ("assign", "Role"): self._assign,
        }
        deed = deeds.get((change.action, change.kind)) or partial(self._wire, change)
        try:
            with self.context.journal.doing(self.id, change), explaining(_DOING[change.action].format(change.name)):
                deed(found, progress)
        except PermissionMissing:
            # The instance is worth having without access; the outcome says what is missing.
            if change.action != "assign":
                raise
            return False
        return True

    def _register(self, change: Change, found: Findings, progress: Progress) -> None:
        progress.phase("Registering the resource provider", registration.USUAL_SECONDS)
        registration.register(self.context, found.subscription.id, self.parameters.timeout_minutes * 60, change.name)

    def _wire(self, change: Change, found: Findings, progress: Progress) -> None:
        """Make a part of the private endpoint."""
        assert found.wiring, "the plan has looked at it"
        seconds = float(self.parameters.timeout_minutes * 60)
        request = change.kind == kinds.PRIVATE_ENDPOINT and asks_for_approval(self.context.clients, found)
        self._ready(found, progress)
        changes.settle(self.context, found.wiring, seconds, progress)
        progress.phase(changes.phase(change), changes.USUAL_SECONDS[change.kind])
        changes.create(self.context, change, found.wiring, seconds, request=request)

    def _create_group(self, found: Findings, progress: Progress) -> None:
        progress.phase("Creating the resource group", 2)
        calls.create_group(found).run(self.context.clients)

    def _create(self, found: Findings, progress: Progress) -> None:
        progress.phase("Creating the instance", CREATE_SECONDS)
        self._finish(calls.create(found), "creating the instance")

    def _update(self, found: Findings, progress: Progress) -> None:
        if found.instance and resources.state_of(found.instance) in ("Failed", "Canceled"):
            return self._create(found, progress)
        self._ready(found, progress)
        progress.phase("Updating the instance", 5)
        self._finish(calls.update(found), "updating the instance")
        return None

    def _finish(self, call: Call, doing: str) -> None:
        seconds = float(self.parameters.timeout_minutes * 60)
        self.context.waiting.finish(call.bound(self.context.clients), seconds=seconds, doing=doing)

    def _assign(self, found: Findings, progress: Progress) -> None:
        progress.phase(f"Assigning {ROLE}", 2)
        clients, account = self.context.clients, found.account
        instance = self._ready(found, progress)
        role_assignments.assign(
            clients, found.subscription.id, str(instance.id), DATA_ROLES[ROLE], account.object_id, account.kind,
        )  # fmt: skip

    def _ready(self, found: Findings, progress: Progress) -> DigitalTwinsDescription:
        """Return the instance once Azure has stopped working on it."""
        where = (found.subscription.id, found.group.name, found.wanted.instance_name)
        seconds, phase = float(self.parameters.timeout_minutes * 60), "Waiting for the instance that is being created"
        return settled_instance(self.context, where, seconds, progress, phase, CREATE_SECONDS)

    def _outcome(
        self, plan: Plan, found: Findings, instance: DigitalTwinsDescription, made: tuple[Change, ...]
    ) -> Outcome:
        left_out = [problem for problem in plan.problems if problem.field == "grant_access"]
        notes = [f"{problem.message} {problem.remedy}\n{problem.request}".rstrip() for problem in left_out]
        if any(change.action == "assign" for change in plan.changes) and not any(c.action == "assign" for c in made):
            notes.append("Azure did not let you assign the role: the instance is there, access has to be given later.")
        verb = "is ready" if made else "was there already"
        values = important_values(instance, found)
        tone = "warning" if notes else "good"
        return Outcome(self.id, f"The instance {instance.name} {verb}", values, made, tuple(notes), tone)  # type: ignore[arg-type]


_DOING: Mapping[str, str] = {
    "register": "registering {}",
    "create": "creating {}",
    "update": "updating {}",
    "assign": "assigning {}",
}
