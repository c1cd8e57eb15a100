"""Orphaned role assignments: those whose principal is no longer in the directory.

Documented (troubleshoot Azure RBAC): if you delete a principal, its assignments stay, and the portal shows "Identity
not found". If you create the principal again, it has another object id and none of the old roles.
"""

from __future__ import annotations

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import lies_in
from . import principals, role_assignments
from .role_assignments import Assignment


def orphans(clients: Clients, subscription: str, scope: str = "") -> list[Assignment] | None:
    """List the orphaned assignments in a subscription at, above and below a scope, by default the subscription itself.

    What's above the subscription, in a management group, isn't this subscription's. An assignment counts as orphaned
    only if the directory, asked for this one principal, answers that it doesn't exist. Return None if that can't be
    proven: the account isn't allowed to list assignments or read the directory, or is signed in to another tenant than
    the subscription's, as with Azure Lighthouse.
    """
    whole = f"/subscriptions/{subscription}"
    where = scope or whole
    if not _in_its_tenant(clients, subscription):
        return None
    found = ask(lambda: role_assignments.assignments_below(clients, subscription, where), {403: None})
    if found is None:
        return None
    there = principals.names(clients, {one.principal_id for one in found})
    if there is None:
        return None
    missing = [one for one in found if one.principal_id.lower() not in there and lies_in(one.scope, whole)]
    deleted = {who: _is_deleted(clients, who) for who in {one.principal_id for one in missing if not _is_foreign(one)}}
    if None in deleted.values():
        return None
    return sorted((one for one in missing if deleted.get(one.principal_id)), key=lambda one: one.id.lower())


def _in_its_tenant(clients: Clients, subscription: str) -> bool:
    home = clients.subscriptions.subscriptions.get(subscription).tenant_id
    return str(home).lower() == clients.target.account().tenant_id.lower()


def _is_foreign(one: Assignment) -> bool:
    """Tell whether the principal is another tenant's, which this directory doesn't have."""
    return one.principal_type.lower().startswith("foreign")


def _is_deleted(clients: Clients, object_id: str) -> bool | None:
    """Tell whether the directory says that there's no such object; None if it doesn't let us ask."""
    return ask(lambda: not clients.graph.get(f"/directoryObjects/{object_id}"), {403: None, 404: True})
