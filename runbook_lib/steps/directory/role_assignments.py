"""Role assignments: who has access, and giving it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ...azure.clients import Clients
from ...azure.permissions import allows
from ...explain.translate import code_of
from ..core.recipes import Call, az

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
    from azure.core.exceptions import HttpResponseError

    try:
        found = clients.authorization(subscription).role_definitions.list(scope)
        return {str(role.name).lower(): str(role.role_name) for role in found}
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return {}


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
    return [entry for entry in found if (scope.lower() + "/").startswith(entry.scope.lower().rstrip("/") + "/")]


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


def assigning(subscription: str, scope: str, role_id: str, principal_id: str, principal_type: str) -> Call:
    """Write the call that gives the role; `role_id` is the role definition's GUID.

    The type is always sent: then Azure does not look the principal up, and one that was made a moment ago, which is not
    known everywhere yet, is no PrincipalNotFound (troubleshoot RBAC: replication delay).
    """
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

    # Names of roles change, their GUIDs do not (concepts-security).
    definition = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"
    body = RoleAssignmentCreateParameters(
        role_definition_id=definition, principal_id=principal_id, principal_type=principal_type
    )
    arguments = (assignment_id(scope, role_id, principal_id), body)
    return Call("authorization", subscription, "role_assignments.create_by_id", arguments)


def page(instance: str, role: str, member: str) -> str:
    """Say where the portal gives a role: names of instance, role and member."""
    add = f"{instance} > Access control (IAM) > Add > Add role assignment"
    return f"{add} > Role: {role} > Members: {member} > Review + assign"


def command(scope: str, role: str, principal_id: str, principal_type: str) -> str:
    """Write the same as an `az` command; `role` is the role's name."""
    return az(
        "role assignment create", assignee_object_id=principal_id, assignee_principal_type=principal_type, role=role,
        scope=scope,
    )  # fmt: skip


def assign(
    clients: Clients, subscription: str, scope: str, role_id: str, principal_id: str, principal_type: str
) -> str:
    """Give the role, and return the assignment's id. One that is there already is as good."""
    from azure.core.exceptions import ResourceExistsError

    try:
        return str(assigning(subscription, scope, role_id, principal_id, principal_type).run(clients).id)
    except ResourceExistsError as error:
        if code_of(error) != "RoleAssignmentExists":
            raise
        there = assignments_of(clients, subscription, scope, principal_id, group=principal_type == "Group")
        same = matching(there, scope, role_id, principal_id)
        return same.id if same else assignment_id(scope, role_id, principal_id)


def present(clients: Clients, subscription: str, assignment_id: str) -> bool:
    """Tell whether an assignment is there. Raises HttpResponseError when that may not be seen."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        clients.authorization(subscription).role_assignments.get_by_id(assignment_id)
    except ResourceNotFoundError:
        return False
    return True


def holders_of_data(clients: Clients, subscription: str, scope: str, reading: dict[str, str]) -> list[Assignment]:
    """List the assignments of roles that read the data, as `data_roles` tells them, inherited ones included."""
    found = clients.authorization(subscription).role_assignments.list_for_scope(scope, filter="atScope()")
    return [one for one in (_assignment(entry, reading) for entry in found) if one.role_id.lower() in reading]


def _assignment(entry: RoleAssignment, names: dict[str, str]) -> Assignment:
    role_id = str(entry.role_definition_id).rpartition("/")[2]
    name = names.get(role_id.lower(), role_id)
    kind = str(entry.principal_type or "")
    return Assignment(str(entry.id), str(entry.scope), name, role_id, str(entry.principal_id), entry.created_on, kind)
