"""Role assignments: who has access, and giving it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.permissions import allows
from ...azure.resource_ids import lies_in, name_of
from ...explain.translate import code_of
from ...parameters import DATA_ROLES
from ...record.change import Change
from ..core.codegen import model
from ..core.recipes import Call, Recipe, az
from .kinds import ROLE

if TYPE_CHECKING:
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignment, RoleDefinition

READ_DATA = "Microsoft.DigitalTwins/query/action"
PROPAGATION_SECONDS = 45.0
"""How long a new role usually takes to work; documented is only "up to 10 minutes"."""

# Any lasting namespace will do: it makes a rerun ask for the very same assignment.
_NAMESPACE = uuid.UUID("2a4b4e0c-7a51-4d0e-8a39-4c5f6d1f3b77")


@dataclass(frozen=True)
class Assignment:
    """A role that somebody has at a scope."""

    id: str
    scope: str
    role: str
    """Display name of the role; its id when the name is not known."""
    role_id: str
    """The role definition's GUID."""
    principal_id: str
    created_on: datetime | None = None
    """When it was made, aware."""
    principal_type: str = ""
    """User, Group or ServicePrincipal, as far as Azure says."""

    def describe(self, at: str, principal_id: str) -> str:
        """Say it in words: with where it is inherited from, and whether through a group."""
        inherited = "" if self.scope.lower() == at.lower() else f", inherited from {self.scope}"
        through = "" if self.principal_id.lower() == principal_id.lower() else f", through group {self.principal_id}"
        return f"{self.role}{inherited}{through}"


def assignment_id(scope: str, role_id: str, principal_id: str) -> str:
    """Return the id of the assignment that this guide makes: the same for the same scope, role and principal."""
    name = uuid.uuid5(_NAMESPACE, f"{scope}/{role_id}/{principal_id}".lower())
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"


def role_names(clients: Clients, subscription: str, scope: str) -> dict[str, str]:
    """Return role names by GUID, for display; empty when roles may not be listed."""
    found = ask(lambda: list(clients.authorization(subscription).role_definitions.list(scope)), {403: None})
    return {str(role.name).lower(): str(role.role_name) for role in found or ()}


def data_roles(
    clients: Clients, subscription: str, scope: str, data_actions: Sequence[str] = (READ_DATA,)
) -> dict[str, str]:
    """Return the roles that let their holder do all this to the data: names by GUID. Judged by actions, not by name.

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
    """List what a principal has at a scope, inherited included; through groups too unless it is a group itself."""
    operations = clients.authorization(subscription).role_assignments
    # assignedTo() follows groups but is not for groups; principalId also returns what lies below the scope.
    choice = f"principalId eq '{principal_id}'" if group else f"atScope() and assignedTo('{principal_id}')"
    names = role_names(clients, subscription, scope)
    found = [_assignment(entry, names) for entry in operations.list_for_scope(scope, filter=choice)]
    return [entry for entry in found if lies_in(scope, entry.scope)]


def assignments_below(clients: Clients, subscription: str, scope: str, principal_id: str = "") -> list[Assignment]:
    """List the assignments at, above and below a scope: all, or a principal's own. Raises HttpResponseError."""
    choice = f"principalId eq '{principal_id}'" if principal_id else None
    names = role_names(clients, subscription, scope)
    entries = clients.authorization(subscription).role_assignments.list_for_scope(scope, filter=choice)
    return [_assignment(entry, names) for entry in entries]


def matching(assignments: Sequence[Assignment], scope: str, role_id: str, principal_id: str) -> Assignment | None:
    """Return the assignment of this role to this principal at exactly this scope, whatever its id is."""
    wanted = (scope.lower(), role_id.lower(), principal_id.lower())
    return next(
        (a for a in assignments if (a.scope.lower(), a.role_id.lower(), a.principal_id.lower()) == wanted), None
    )


@dataclass(frozen=True)
class NewAssignment:
    """A role for the data that somebody is to get: what the plan shows, and what gives it."""

    subscription: str
    scope: str
    """Resource id of the instance."""
    role: str
    """Name of the role; names change, so its GUID is sent (concepts-security)."""
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
        """Id of the assignment: the same for the same scope, role and principal."""
        return assignment_id(self.scope, self.role_id, self.principal_id)

    @property
    def change(self) -> Change:
        """The change, as a plan lists it."""
        return Change("assign", ROLE.name, self.role, self.id, f"to {self.member} at the instance")

    @property
    def call(self) -> Call:
        """The call that gives the role.

        The type is always sent: then Azure doesn't look the principal up, and one that was made a moment ago, which is
        not known everywhere yet, causes no PrincipalNotFound (troubleshoot RBAC: replication delay).
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
        """Say how somebody gives it by hand; `page` is where the portal does it, when not at the instance's IAM."""
        add = f"{name_of(self.scope)} > Access control (IAM) > Add > Add role assignment"
        who = {"assignee_object_id": self.principal_id, "assignee_principal_type": self.principal_type}
        command = az("role assignment create", **who, role=self.role, scope=self.scope)
        usual = f"{add} > Role: {self.role} > Members: {self.member} > Review + assign"
        return Recipe(page or usual, command, (self.call,))

    def among(self, assignments: Sequence[Assignment]) -> Assignment | None:
        """Return the assignment that gives just this, whatever its id is."""
        return matching(assignments, self.scope, self.role_id, self.principal_id)


def assign(clients: Clients, wanted: NewAssignment) -> None:
    """Give a role. An assignment that is there already is as good."""
    from azure.core.exceptions import ResourceExistsError

    try:
        wanted.call.run(clients)
    except ResourceExistsError as error:
        if code_of(error) != "RoleAssignmentExists":
            raise


def holders_of_data(clients: Clients, subscription: str, scope: str, reading: dict[str, str]) -> list[Assignment]:
    """List the assignments of roles that read the data, as `data_roles` tells them, inherited ones included."""
    found = clients.authorization(subscription).role_assignments.list_for_scope(scope, filter="atScope()")
    return [one for one in (_assignment(entry, reading) for entry in found) if one.role_id.lower() in reading]


def _assignment(entry: RoleAssignment, names: dict[str, str]) -> Assignment:
    role_id = name_of(str(entry.role_definition_id))
    name = names.get(role_id.lower(), role_id)
    kind = str(entry.principal_type or "")
    return Assignment(str(entry.id), str(entry.scope), name, role_id, str(entry.principal_id), entry.created_on, kind)
