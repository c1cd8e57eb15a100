"""What changing an instance's managed identities would do, what would break, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...azure.clients import Clients
from ...azure.permissions import CREATE_INSTANCE, Permissions
from ...azure.resource_ids import group_of, group_scope_of, names
from ...parameters import ManagedIdentityParameters
from ...record.change import Change
from ..core.kinds import RUN_TAG
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Recipe, az
from ..directory.orphans import orphans
from ..directory.role_assignments import Assignment
from ..subscription import registration
from ..subscription.existing_instance import ExistingInstance, find
from . import changes, usage
from . import survey as identity_survey
from .changes import Held
from .kinds import ASSIGN_IDENTITY, ASSOCIATED, IDENTITY, OWN_IDENTITY
from .survey import Identity, Sought
from .usage import Use

_USERS = "User-assigned (preview)"
"""The tab of the portal's page Identity."""
MANY = 5
"""So many orphaned role assignments are named; of more, their number."""


@dataclass(frozen=True)
class Findings(ExistingInstance[ManagedIdentityParameters]):
    """What is there."""

    system: Identity | None
    users: Sequence[Identity]
    roles: dict[str, list[Assignment]] = field(default_factory=dict)
    """The roles of each identity in this subscription, by its object id."""
    sought: Sought | None = None
    """The identity to associate."""

    @property
    def removed(self) -> Identity | None:
        """The associated identity that is to go."""
        return next((one for one in self.users if one.is_named(self.wanted.remove_identity)), None)

    def has(self, identity_id: str) -> bool:
        """Tell whether the instance has this user-assigned identity."""
        return any(one.resource_id.lower() == identity_id.lower() for one in self.users)


def survey(clients: Clients, wanted: ManagedIdentityParameters, builder: PlanBuilder) -> Findings | None:
    """Look at the instance, its identities and their roles; None when the instance is not clear, or not usable."""
    there = find(clients, wanted, builder)
    if there is None:
        return None
    subscription, instance = there.subscription, there.instance
    system, users = identity_survey.system_identity(clients, instance), identity_survey.associated(instance)
    roles = {
        one.object_id: identity_survey.roles_of(clients, subscription.id, one.object_id)
        for one in [*([system] if system else []), *users]
    }
    group, named = group_of(str(instance.id)), wanted.associate_identity
    # One that the instance has already needs no looking for, and may lie where one cannot look.
    mine = next((one for one in users if one.is_named(named)), None)
    sought = Sought(mine.resource_id, mine.name, "yes") if mine else None
    if named and not mine:
        sought = builder.settle(identity_survey.seek(clients, subscription.id, group, named))
    return Findings(wanted, subscription, instance, system, users, roles, sought)


def draw_up(clients: Clients, found: Findings, builder: PlanBuilder) -> None:
    """Write down what would change, what would break by it, and what stands in the way."""
    plan = _Plan(clients, found, builder, Permissions(clients), changes.held(found.instance))
    plan.describe()
    plan.switch()
    plan.associate()
    plan.remove()
    plan.confirm()
    plan.name_orphans()


@dataclass
class _Plan:
    clients: Clients
    found: Findings
    builder: PlanBuilder
    may: Permissions
    coming: Held
    """What the instance has after the changes so far."""

    def describe(self) -> None:
        """Say what is wanted beside what is there now."""
        found, wanted = self.found, self.found.wanted
        now = f"On, object id {found.system.object_id}" if found.system else "Off"
        there = ", ".join(one.name for one in found.users) or "none"
        self.builder.choices += [
            ("System assigned, now", now),
            (
                "System assigned, wanted",
                {"keep": "as it is"}.get(wanted.system_assigned, wanted.system_assigned.title()),
            ),
            ("User assigned, now", there),
            ("Associate", wanted.associate_identity or "none"),
            ("Remove", wanted.remove_identity or "none"),
        ]

    def switch(self) -> None:
        """Switch the instance's own identity on or off, when it is not so already."""
        wanted, system = self.found.wanted.system_assigned, self.found.system
        identity_id = identity_survey.system_id(self.found.instance)
        name = str(self.found.instance.name)
        if wanted == "on" and system is None:
            change = Change("create", OWN_IDENTITY.name, name, identity_id, "switch on: it gets a new object id")
            self._instance(change, "System-assigned > On > Save > Yes")
            self.builder.notes.append(
                "Each time it is switched on it is a new identity. Roles that an earlier one had do not come with it."
            )
        elif wanted == "off" and system is not None:
            change = Change(
                "delete", OWN_IDENTITY.name, name, identity_id, f"switch off object id {system.object_id}, for good"
            )
            self._instance(change, "System-assigned > Off > Save > Yes")
            self._breaks(system)
            self.builder.losses += usage.orphaned(self.found.roles[system.object_id])

    def associate(self) -> None:
        """Associate an identity, made before when that is wanted."""
        found, sought = self.found, self.found.sought
        if sought is None or found.has(sought.resource_id):
            return
        if sought.found == "no" and not self._create(sought):
            return
        details = f"associate with {found.instance.name}"
        change = Change(
            "assign",
            ASSOCIATED.name,
            sought.name,
            identity_survey.association_id(found.scope, sought.resource_id),
            details,
        )
        page = f"{_USERS} > Associate a user-assigned managed identity > {sought.name} > Add"
        command = self._instance(change, page)
        scope = group_scope_of(sought.resource_id) if sought.found == "no" else sought.resource_id
        self.builder.permit(self.may, ASSIGN_IDENTITY, scope, field="associate_identity", command=command)

    def remove(self) -> None:
        """Remove an associated identity; one that is not associated is gone already."""
        wanted, gone = self.found.wanted.remove_identity, self.found.removed
        if gone is None:
            if wanted:
                self.builder.notes.append(f"{wanted} is not associated: there is nothing to remove.")
            return
        association = identity_survey.association_id(self.found.scope, gone.resource_id)
        details = f"from {self.found.instance.name}; the identity itself stays, with its roles"
        change = Change("delete", ASSOCIATED.name, gone.name, association, details)
        self._instance(change, f"{_USERS} > {gone.name} > Remove > Yes")
        self._breaks(gone)
        for one in self.found.roles[gone.object_id]:
            self.builder.notes.append(f"{gone.name} keeps the role {one.role} at {one.scope}; the instance loses it.")

    def confirm(self) -> None:
        """Ask for agreement when an identity goes."""
        gone = [change for change in self.builder.changes if change.action == "delete"]
        if not gone:
            return
        names = ["its own identity" if change.kind == OWN_IDENTITY.name else change.name for change in gone]
        stops = len([loss for loss in self.builder.losses if loss.kind != "Role assignment"])
        told = {0: "Nothing we know of will stop", 1: "One thing stops"}.get(stops, f"{stops} things stop")
        self.builder.confirmation = f"{self.found.instance.name} loses {' and '.join(names)}. {told}."

    def name_orphans(self) -> None:
        """Name role assignments that are left of principals which are gone."""
        left = orphans(self.clients, self.found.subscription.id)
        if left:
            named = [f"{one.role} at {one.scope} ({one.id})" for one in left[:MANY]]
            more = [f"and {len(left) - MANY} more"] if len(left) > MANY else []
            told = "\n".join([f"{len(left)} role assignments are orphaned: 'Identity not found'.", *named, *more])
            self.builder.notes.append(f"{told}\nThey give nobody anything; 06-clean-up can remove them.")

    def _instance(self, change: Change, page: str) -> str:
        """Add a change of the instance, which needs write there, and return the command that does the same.

        `page` is where it is done on the portal's page Identity.
        """
        command = changes.command(change)
        before, self.coming = self.coming, changes.after(change, self.coming)
        call = changes.patch(self.found.scope, before, self.coming)
        self.builder.add(change, Recipe(f"{self.found.instance.name} > Identity > {page}", command, (call,)))
        # Said once, however many changes need it.
        if not any(problem.action == CREATE_INSTANCE for problem in self.builder.problems):
            needed = OWN_IDENTITY.permissions["create"][0]
            self.builder.permit(self.may, needed, self.found.scope, command=command)
        self._check_kept(command)
        return command

    def _check_kept(self, command: str) -> None:
        """Say when identities that stay can't be assigned: a change names them too, and Azure may ask for it."""
        for one in self.found.users:
            known = any(problem.scope.lower() == one.resource_id.lower() for problem in self.builder.problems)
            if one != self.found.removed and not known:
                self.builder.permit(self.may, ASSIGN_IDENTITY, one.resource_id, command=command, blocking=False)

    def _create(self, sought: Sought) -> bool:
        """Add what makes the identity; False when it must not be made."""
        found = self.found
        subscription, group, _ = names(sought.resource_id)
        region = str(found.instance.location)
        if not found.wanted.create_identity:
            self.builder.wrong(
                "associate_identity",
                f"There is no user-assigned identity {sought.name!r} that you can see.",
                meaning=f"Looked for {sought.resource_id}, and in the whole subscription for that name.",
                remedy="Correct it, or set create_identity to true to have it made.",
            )
            return False
        registration.add_registration(self.may, found.subscription, self.builder, identity_survey.NAMESPACE)
        command = az(
            "identity create",
            name=sought.name,
            resource_group=group,
            location=region,
            subscription=subscription,
            tags=[f"{RUN_TAG}={self.builder.run_id}"],
        )
        page = f"Managed Identities > Create > Resource group: {group} > Region: {region} > Name: {sought.name}"
        call = changes.creating(sought.resource_id, region, self.builder.run_id)
        change = Change("create", IDENTITY.name, sought.name, sought.resource_id, f"in {region}")
        self.builder.add(change, Recipe(f"{page} > Review + create > Create", command, (call,)))
        (needed,), scope = IDENTITY.permissions["create"], group_scope_of(sought.resource_id)
        self.builder.permit(self.may, needed, scope, field="associate_identity", command=command)
        return True

    def _breaks(self, gone: Identity) -> None:
        self.builder.losses += usage.losses(self._uses(), gone)

    def _uses(self) -> Sequence[Use]:
        return usage.uses(self.clients, self.found.instance)
