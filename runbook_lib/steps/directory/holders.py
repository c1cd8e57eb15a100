"""Who has access to an instance's data, as the portal lists it under Access control (IAM) > Role assignments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...azure.clients import Clients
from ...azure.resource_ids import group_of
from ...display.cards import Table
from . import principals, role_assignments
from .role_assignments import Assignment

CAPTION = "Who has a role for the data here, inherited ones included"
HERE = "This resource"
NOT_FOUND = "Identity not found"
"""What the portal calls a principal that is no longer in the directory."""


@dataclass(frozen=True, order=True)
class Holder:
    """Someone with a role for an instance's data."""

    name: str
    kind: str
    """User, Group or ServicePrincipal."""
    role: str
    where: str
    """Where it was assigned, in the portal's words."""
    id: str
    """The assignment's."""


def holders(clients: Clients, subscription: str, scope: str, reading: dict[str, str]) -> list[Holder]:
    """Return everyone with a role in `reading` (names by GUID) at a scope, by name. Raises HttpResponseError."""
    found = role_assignments.holders_of_data(clients, subscription, scope, reading)
    names = principals.names(clients, {one.principal_id for one in found})
    return sorted(Holder(*_member(one, names), one.role, _where(one, scope), one.id) for one in found)


def table(found: Sequence[Holder]) -> Table | None:
    """List them, as the portal does; None if there's nobody."""
    rows = tuple((one.name, one.kind, one.role, one.where) for one in found)
    return Table(("Member", "Type", "Role", "Scope"), rows, CAPTION) if rows else None


def _member(one: Assignment, names: Mapping[str, tuple[str, str]] | None) -> tuple[str, str]:
    if names is None:  # the account isn't allowed to read the directory
        return one.principal_id, one.principal_type
    name, kind = names.get(one.principal_id.lower(), (f"{NOT_FOUND} ({one.principal_id})", one.principal_type))
    return name, kind


def _where(one: Assignment, scope: str) -> str:
    """Say where an assignment was made, in the portal's words."""
    if one.scope.lower() == scope.lower():
        return HERE
    parts = one.scope.strip("/").split("/")
    if one.scope.strip("/").lower().startswith("providers/microsoft.management"):
        return f"Management group {parts[-1]} (inherited)"
    if group := group_of(one.scope):
        return f"Resource group {group} (inherited)"
    return "Subscription (inherited)" if len(parts) == 2 else "Root (inherited)"
