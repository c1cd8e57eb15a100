"""Orphaned role assignments: those whose principal is no longer in the directory.

Documented (troubleshoot Azure RBAC): if you delete a principal, its assignments stay, and the portal shows "Identity
not found". If you create the principal again, it has another object id and none of the old roles.
"""

from __future__ import annotations

from ...azure.answers import ask
from ...azure.clients import Clients
from . import principals, role_assignments
from .role_assignments import Assignment


def orphans(clients: Clients, subscription: str, scope: str = "") -> list[Assignment] | None:
    """List the orphaned assignments at, above and below a scope, by default the subscription.

    Return None if the account isn't allowed to list assignments or read the directory.
    """
    where = scope or f"/subscriptions/{subscription}"
    found = ask(lambda: role_assignments.assignments_below(clients, subscription, where), {403: None})
    if found is None:
        return None
    there = principals.names(clients, {one.principal_id for one in found})
    if there is None:
        return None
    return sorted((one for one in found if one.principal_id.lower() not in there), key=lambda one: one.id.lower())
