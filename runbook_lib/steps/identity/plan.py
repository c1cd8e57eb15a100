"""What changing an instance's managed identities would do, what would break, and what's in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...azure.clients import Clients
from ...azure.permissions import CREATE_INSTANCE, Permissions
from ...azure.resource_ids import group_of, group_scope_of, names
from ...parameters import ManagedIdentityParameters
from ...record.change import Change
from ..core.kinds import run_tags
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Recipe, az, tag_words
from ..directory.orphans import orphans
from ..directory.role_assignments import Assignment
from ..subscription import registration
from ..subscription.existing_instance import ExistingInstance, find
from ..subscription.held import Held, held
from . import changes, usage
from . import survey as identity_survey
from .kinds import ASSIGN_IDENTITY, ASSOCIATED, IDENTITY, OWN_IDENTITY
from .survey import Identity, Lookup
from .usage import Use

_USERS = "User-assigned (preview)"
"""The tab on the portal's Identity page."""
MANY = 5
"""How many orphaned role assignments a plan names; it counts the rest."""


@dataclass(frozen=True)
class Findings(ExistingInstance[ManagedIdentityParameters]):
    """What exists."""

    system: Identity | None
    users: Sequence[Identity]
    roles: dict[str, list[Assignment]] = field(default_factory=dict)
    """The roles of each identity in this subscription, by its object id."""
    requested: Lookup | None = None
    """The identity to associate."""
    uses: Sequence[Use] = ()
    """What signs in with one of the identities."""

    @property
    def removed(self) -> Identity | None:
        """The associated identity to remove."""
        return next((one for one in self.users if one.is_named(self.wanted.remove_identity)), None)

    def has(self, identity_id: str) -> bool:
        """Tell whether the instance has this user-assigned identity."""
        return any(one.resource_id.lower() == identity_id.lower() for one in self.users)


def survey(clients: Clients, wanted: ManagedIdentityParameters, builder: PlanBuilder) -> Findings | None:
    """Look at the instance, its identities and their roles; None if the instance isn't clear or usable."""
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
    # Don't look for one that the instance already has: it can be where the account can't look.
    mine = next((one for one in users if one.is_named(named)), None)
    requested = Lookup(mine.resource_id, mine.name, "yes") if mine else None
    if named and not mine:
        requested = builder.settle(identity_survey.look_up(clients, subscription.id, group, named))
    return Findings(wanted, subscription, instance, system, users, roles, requested)


def draw_up(clients: Clients, found: Findings, builder: PlanBuilder) -> Findings:
    """Add what would change, what that would break, and what's in the way to the plan.

    Return the findings, with what uses the identities.
    """
    plan = _Plan(clients, found, builder, Permissions(clients), held(found.instance))
    plan.describe()
    plan.switch()
    plan.associate()
    plan.remove()
    plan.confirm()
    plan.name_rights()
    plan.name_orphans()
    return replace(found, uses=plan.uses if found.system or found.users else ())


@dataclass
class _Plan:
    clients: Clients
    found: Findings
    builder: PlanBuilder
    may: Permissions
    coming: Held
    """What the instance has after the changes so far."""

    @cached_property
    def uses(self) -> Sequence[Use]:
        """What signs in with one of the instance's identities. Raises HttpResponseError."""
        return usage.uses(self.clients, self.found.instance)

    def describe(self) -> None:
        """Show what you want next to what the instance has now."""
        found, wanted = self.found, self.found.wanted
        now = f"On, object id {found.system.object_id}" if found.system else "Off"
        there = ", ".join(one.name for one in found.users) or "none"
        switch = "as it is" if wanted.system_assigned == "keep" else wanted.system_assigned.title()
        self.builder.choices += [
            ("System assigned, now", now),
            ("System assigned, wanted", switch),
            ("User assigned, now", there),
            ("Associate", wanted.associate_identity or "none"),
            ("Remove", wanted.remove_identity or "none"),
        ]

    def switch(self) -> None:
        """Turn the system-assigned identity on or off, unless it already is."""
        wanted, system = self.found.wanted.system_assigned, self.found.system
        identity_id = identity_survey.system_id(self.found.instance)
        name = str(self.found.instance.name)
        if wanted == "on" and system is None:
            change = Change("create", OWN_IDENTITY.name, name, identity_id, "turn on: it gets a new object id")
            self._instance(change, "System-assigned > On > Save > Yes")
            self.builder.notes.append(
                "Each time you turn it on, it's a new identity. It doesn't get the roles that an earlier one had."
            )
        elif wanted == "off" and system is not None:
            details = f"turn off object id {system.object_id}, for good"
            change = Change("delete", OWN_IDENTITY.name, name, identity_id, details)
            self._instance(change, "System-assigned > Off > Save > Yes")
            self._breaks(system)
            self.builder.losses += usage.orphaned(self._roles(system))

    def associate(self) -> None:
        """Associate an identity; create it first if you want that."""
        found, requested = self.found, self.found.requested
        if requested is None or found.has(requested.resource_id):
            return
        if requested.found == "no" and not self._create(requested):
            return
        details = f"associate with {found.instance.name}"
        association = identity_survey.association_id(found.scope, requested.resource_id)
        change = Change("assign", ASSOCIATED.name, requested.name, association, details)
        page = f"{_USERS} > Associate a user-assigned managed identity > {requested.name} > Add"
        command = self._instance(change, page)
        scope = group_scope_of(requested.resource_id) if requested.found == "no" else requested.resource_id
        self.builder.permit(self.may, ASSIGN_IDENTITY, scope, field="associate_identity", command=command)

    def remove(self) -> None:
        """Remove an associated identity, if it is associated."""
        wanted, gone = self.found.wanted.remove_identity, self.found.removed
        if gone is None:
            if wanted:
                self.builder.notes.append(f"{wanted} isn't associated, so there's nothing to remove.")
            return
        association = identity_survey.association_id(self.found.scope, gone.resource_id)
        details = f"from {self.found.instance.name}; the identity itself stays, with its roles"
        change = Change("delete", ASSOCIATED.name, gone.name, association, details)
        self._instance(change, f"{_USERS} > {gone.name} > Remove > Yes")
        self._breaks(gone)
        for one in self._roles(gone):
            self.builder.notes.append(f"{gone.name} keeps the role {one.role} at {one.scope}; the instance loses it.")

    def confirm(self) -> None:
        """Ask for consent if an identity goes."""
        gone = [change for change in self.builder.changes if change.action == "delete"]
        if not gone:
            return
        names = ["its own identity" if change.kind == OWN_IDENTITY.name else change.name for change in gone]
        stops = len([loss for loss in self.builder.losses if loss.kind != "Role assignment"])
        effect = {0: "Nothing we know of will stop", 1: "One thing stops"}.get(stops, f"{stops} things stop")
        self.builder.confirmation = f"{self.found.instance.name} loses {' and '.join(names)}. {effect}."

    def name_rights(self) -> None:
        """Say which events depend on which role of an identity that stays, and which of these roles are missing."""
        found = self.found
        gone = [found.removed] if found.removed else []
        gone += [found.system] if found.system and found.wanted.system_assigned == "off" else []
        staying = [one for one in (*([found.system] if found.system else []), *found.users) if one not in gone]
        if staying:
            rights = usage.rights(self.clients, found.subscription.id, self.uses, staying)
            self.builder.notes += map(str, rights)

    def name_orphans(self) -> None:
        """List role assignments of deleted principals."""
        left = orphans(self.clients, self.found.subscription.id)
        if left:
            named = [f"{one.role} at {one.scope} ({one.id})" for one in left[:MANY]]
            more = [f"and {len(left) - MANY} more"] if len(left) > MANY else []
            end = "They give nobody access. 06-clean-up can remove them."
            lines = [f"Orphaned role assignments ('Identity not found'): {len(left)}.", *named, *more, end]
            self.builder.notes.append("\n".join(lines))

    def _instance(self, change: Change, page: str) -> str:
        """Add a change of the instance, with the write permission that it takes; return the command that makes it.

        `page` is where you make it on the portal's Identity page.
        """
        command = changes.command(change)
        before, self.coming = self.coming, changes.after(change, self.coming)
        call = changes.patch(self.found.scope, before, self.coming)
        self.builder.add(change, Recipe(f"{self.found.instance.name} > Identity > {page}", command, (call,)))
        # Say it once, however many changes need it.
        if not any(problem.action == CREATE_INSTANCE for problem in self.builder.problems):
            needed = OWN_IDENTITY.permissions["create"][0]
            self.builder.permit(self.may, needed, self.found.scope, command=command)
        # A change names the identities that stay too, so Azure can check this for them.
        for one in self.found.users:
            known = any(problem.scope.lower() == one.resource_id.lower() for problem in self.builder.problems)
            if one != self.found.removed and not known:
                self.builder.permit(self.may, ASSIGN_IDENTITY, one.resource_id, command=command, blocking=False)
        return command

    def _create(self, requested: Lookup) -> bool:
        """Add the change that creates the identity; False if you don't want to create it."""
        found = self.found
        subscription, group, _ = names(requested.resource_id)
        region = str(found.instance.location)
        if not found.wanted.create_identity:
            self.builder.wrong(
                "associate_identity",
                f"You can't see a user-assigned identity {requested.name!r}.",
                meaning=f"We looked for {requested.resource_id}, and for that name in the whole subscription.",
                remedy="Correct the name, or set create_identity to true to create it.",
            )
            return False
        registration.add_registration(self.may, found.subscription, self.builder, identity_survey.NAMESPACE)
        command = az(
            "identity create",
            name=requested.name,
            resource_group=group,
            location=region,
            subscription=subscription,
            tags=tag_words(run_tags(self.builder.run_id)),
        )
        page = f"Managed Identities > Create > Resource group: {group} > Region: {region} > Name: {requested.name}"
        call = changes.creating(requested.resource_id, region, self.builder.run_id)
        change = Change("create", IDENTITY.name, requested.name, requested.resource_id, f"in {region}")
        self.builder.add(change, Recipe(f"{page} > Review + create > Create", command, (call,)))
        (needed,), scope = IDENTITY.permissions["create"], group_scope_of(requested.resource_id)
        self.builder.permit(self.may, needed, scope, field="associate_identity", command=command)
        return True

    def _roles(self, identity: Identity) -> list[Assignment]:
        return identity_survey.roles_everywhere(self.clients, self.found.subscription.id, identity.object_id)

    def _breaks(self, gone: Identity) -> None:
        self.builder.losses += usage.losses(self.uses, gone)
