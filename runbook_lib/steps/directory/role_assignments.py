"""Role assignments: who has access, and giving it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ...azure.actions import allows
from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import lies_in, name_of
from ...explain.translate import code_of
from ...parameters import DATA_ROLES
from ...record.change import Change
from ..core.codegen import model
from ..core.creation import AlreadyThere
from ..core.picture import AT_THE_INSTANCE
from ..core.recipes import Call, Recipe, az
from ..subscription import resources
from .kinds import ROLE

if TYPE_CHECKING:
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignment, RoleDefinition

READ_DATA = "Microsoft.DigitalTwins/query/action"
PROPAGATION_SECONDS = 45.0
"""How long a new role usually takes to work; the documentation says only "up to 10 minutes"."""


@dataclass(frozen=True)
class Assignment:
    """A role that someone has at a scope."""

    id: str
    scope: str
    role: str
    """Display name of the role, or its id if the name is unknown."""
    role_id: str
    """The role definition's GUID."""
    principal_id: str
    created_on: datetime | None = None
    """When it was made, with a time zone."""
    principal_type: str = ""
    """User, Group or ServicePrincipal; empty if Azure doesn't say."""
    condition: str = ""
    """What narrows it (Azure ABAC); empty if nothing does."""

    def describe(self, at: str, principal_id: str) -> str:
        """Put it in words, with where it's inherited from and through which group."""
        inherited = "" if self.scope.lower() == at.lower() else f", inherited from {self.scope}"
        through = "" if self.principal_id.lower() == principal_id.lower() else f", through group {self.principal_id}"
        narrowed = f", with the condition {self.condition}" if self.condition else ""
        return f"{self.role}{inherited}{through}{narrowed}"


def assignment_id(run_id: str, scope: str, role_id: str, principal_id: str) -> str:
    """Return the id of the assignment that a run makes: a rerun asks for the same one, and another run for another."""
    name = uuid.uuid5(uuid.UUID(run_id), f"{scope}/{role_id}/{principal_id}".lower())
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"


def role_names(clients: Clients, subscription: str, scope: str) -> dict[str, str]:
    """Return role names by GUID, for display; empty if the account can't list roles."""
    found = ask(lambda: list(clients.authorization(subscription).role_definitions.list(scope)), {403: None})
    return {str(role.name).lower(): str(role.role_name) for role in found or ()}


def data_roles(
    clients: Clients, subscription: str, scope: str, data_actions: Sequence[str] = (READ_DATA,)
) -> dict[str, str]:
    """Return the roles that allow all of these data actions: names by GUID. Decided by actions, not by name.

    Raises HttpResponseError.
    """
    return {
        str(role.name).lower(): str(role.role_name)
        for role in clients.authorization(subscription).role_definitions.list(scope)
        if all(allows(_data_permissions(role), action, data=True) for action in data_actions)
    }


def _data_permissions(role: RoleDefinition) -> list[dict[str, Sequence[str]]]:
    return [
        {"dataActions": entry.data_actions or (), "notDataActions": entry.not_data_actions or ()}
        for entry in role.permissions or ()
    ]


def assignments_of(
    clients: Clients, subscription: str, scope: str, principal_id: str, *, group: bool = False
) -> list[Assignment]:
    """List a principal's assignments at a scope, with inherited ones; unless it's a group, also those of its groups."""
    operations = clients.authorization(subscription).role_assignments
    # assignedTo() follows groups but doesn't accept one; principalId also returns what's below the scope.
    choice = f"principalId eq '{principal_id}'" if group else f"atScope() and assignedTo('{principal_id}')"
    names = role_names(clients, subscription, scope)
    found = [_assignment(entry, names) for entry in operations.list_for_scope(scope, filter=choice)]
    # What's above has ids of many shapes (subscriptions, management groups, the root); what's below begins alike.
    return [entry for entry in found if entry.scope.lower() == scope.lower() or not lies_in(entry.scope, scope)]


def assignments_below(clients: Clients, subscription: str, scope: str, principal_id: str = "") -> list[Assignment]:
    """List the assignments at, above and below a scope: all, or only a principal's. Raises HttpResponseError."""
    choice = f"principalId eq '{principal_id}'" if principal_id else None
    names = role_names(clients, subscription, scope)
    entries = clients.authorization(subscription).role_assignments.list_for_scope(scope, filter=choice)
    return [_assignment(entry, names) for entry in entries]


def left_behind(clients: Clients, subscription: str, object_id: str, going: Collection[str]) -> str:
    """Say which roles of an identity would stay when it goes, in all subscriptions that the account sees.

    Empty if none would. `going` are the lower-cased ids of those that go before it. Raises HttpResponseError if they
    can't be listed in the identity's own subscription.
    """
    roles: dict[str, Assignment] = {}
    for one in resources.everywhere(clients, subscription):
        look = partial(assignments_below, clients, one, f"/subscriptions/{one}", object_id)
        there = look() if one == subscription else ask(look, {403: [], 404: []})
        roles |= {role.id.lower(): role for role in there}
    named = sorted(f"{role.role} at {role.scope}" for key, role in roles.items() if key not in going)
    return f"these roles of it would stay behind, naming nobody: {', '.join(named)}" if named else ""


@dataclass(frozen=True)
class NewAssignment:
    """A data role that someone should get: what the plan shows, and the call that gives it."""

    run_id: str
    subscription: str
    scope: str
    """Resource id of the instance."""
    role: str
    """Name of the role. Names change, so we send its GUID (concepts-security)."""
    principal_id: str
    principal_type: str
    """User, Group or ServicePrincipal."""
    member: str
    """Name of the principal."""

    @property
    def role_id(self) -> str:
        """The role definition's GUID."""
        return DATA_ROLES[self.role]

    @property
    def id(self) -> str:
        """Id of the assignment: the same for the same run, scope, role and principal."""
        return assignment_id(self.run_id, self.scope, self.role_id, self.principal_id)

    @property
    def change(self) -> Change:
        """The change, as a plan lists it."""
        return Change("assign", ROLE.name, self.role, self.id, f"to {self.member}{AT_THE_INSTANCE}")

    @property
    def call(self) -> Call:
        """The call that gives the role.

        It always includes the type, so Azure doesn't look up the principal. A new principal that isn't known everywhere
        yet would cause PrincipalNotFound (troubleshoot RBAC: replication delay).
        """
        from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

        definitions = f"/subscriptions/{self.subscription}/providers/Microsoft.Authorization/roleDefinitions"
        body = model(
            RoleAssignmentCreateParameters,
            role_definition_id=f"{definitions}/{self.role_id}",
            principal_id=self.principal_id,
            principal_type=self.principal_type,
        )
        return Call("authorization", self.subscription, "role_assignments.create_by_id", (self.id, body))

    def recipe(self, page: str = "") -> Recipe:
        """Say how to give it by hand; `page` is where in the portal, if not on the instance's IAM page."""
        add = f"{name_of(self.scope)} > Access control (IAM) > Add > Add role assignment"
        who = {"assignee_object_id": self.principal_id, "assignee_principal_type": self.principal_type}
        command = az("role assignment create", **who, role=self.role, scope=self.scope)
        usual = f"{add} > Role: {self.role} > Members: {self.member} > Review + assign"
        return Recipe(page or usual, command, (self.call,))

    def among(self, assignments: Sequence[Assignment]) -> Assignment | None:
        """Return the assignment with the same role, principal and scope, whatever its id."""
        wanted = (self.scope.lower(), self.role_id.lower(), self.principal_id.lower())
        same = (a for a in assignments if (a.scope.lower(), a.role_id.lower(), a.principal_id.lower()) == wanted)
        return next(same, None)


def assign(clients: Clients, wanted: NewAssignment) -> None:
    """Give a role. Raises AlreadyThere if an assignment under another id is just as good."""
    from azure.core.exceptions import ResourceExistsError

    try:
        wanted.call.run(clients)
    except ResourceExistsError as error:
        if code_of(error) == "RoleAssignmentExists":
            raise AlreadyThere from error
        raise


def holders_of_data(clients: Clients, subscription: str, scope: str, reading: dict[str, str]) -> list[Assignment]:
    """List the assignments of roles that read the data, from `data_roles`, with inherited ones."""
    found = clients.authorization(subscription).role_assignments.list_for_scope(scope, filter="atScope()")
    return [one for one in (_assignment(entry, reading) for entry in found) if one.role_id.lower() in reading]


def _assignment(entry: RoleAssignment, names: dict[str, str]) -> Assignment:
    role_id = name_of(str(entry.role_definition_id))
    name = names.get(role_id.lower(), role_id)
    kind = str(entry.principal_type or "")
    who = (str(entry.principal_id), entry.created_on, kind, str(entry.condition or ""))
    return Assignment(str(entry.id), str(entry.scope), name, role_id, *who)
