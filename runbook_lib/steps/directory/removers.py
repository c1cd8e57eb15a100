"""How role assignments are removed."""

from __future__ import annotations

from ...azure.answers import ask
from ...azure.resource_ids import name_of, scope_of
from ...record.change import Change
from ..core.recipes import Call
from ..core.removal import Removal, Remover, removes
from .kinds import ORPHAN, ROLE


@removes(ROLE, ORPHAN)
class RoleAssignment(Remover):
    """A role assignment."""

    at_once = True
    words = "role assignment delete"
    tells_details = True

    def scope(self, removal: Removal) -> str:
        """Return the scope of the assignment."""
        return scope_of(removal.id)

    def exists(self, removal: Removal) -> bool:
        """Look for the assignment: 404 when it, or what it was for, is gone."""
        operations = removal.clients.authorization(removal.subscription).role_assignments
        return ask(lambda: bool(operations.get_by_id(removal.id)), {404: False})

    def maker(self, removal: Removal) -> str:
        """Return the object id of the account that gave it."""
        found = removal.clients.authorization(removal.subscription).role_assignments.get_by_id(removal.id)
        return str(found.created_by or "")

    def call(self, removal: Removal) -> Call:
        """Remove the assignment."""
        return Call("authorization", removal.subscription, "role_assignments.delete_by_id", (removal.id,))

    def page(self, change: Change) -> str:
        """Say where the portal does it: at the very scope of the assignment."""
        told = f"{change.name} {change.details}".strip()
        return (
            f"{name_of(scope_of(change.resource_id))} > Access control (IAM) > Role assignments > {told} > Remove > Yes"
        )
