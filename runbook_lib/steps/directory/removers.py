"""How role assignments are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...azure.answers import ask
from ...azure.resource_ids import name_of, scope_of
from ...parameters import DATA_ROLES
from ...record.change import Change
from ..core.recipes import Call
from ..core.removal import Removal, Remover, created_by_us, removes
from .kinds import ORPHAN, ROLE
from .role_assignments import assignment_id

if TYPE_CHECKING:
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignment as RoleAssignmentDescription


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

    def stamp(self, removal: Removal) -> str:
        """Return when it was given, and by whom."""
        found = self._assignment(removal)
        return f"{found.created_on.isoformat() if found.created_on else ''} {found.created_by or ''}".strip()

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether the signed-in account gave it after the run had begun to. Its id is this run's own."""
        found = self._assignment(removal)
        when = found.created_on.isoformat() if found.created_on else ""
        return created_by_us(removal, str(found.created_by or ""), when)

    def other_maker(self, removal: Removal) -> str:
        """Return the object id of the account that gave it, when that is another one."""
        who = str(self._assignment(removal).created_by or "")
        return "" if removal.clients.target.account().is_noted_as(who) else who

    def has_failed(self, removal: Removal) -> bool:
        """Return false: an assignment is there or isn't."""
        return False

    def shows_more(self, removal: Removal) -> bool:
        """Tell whether it's a role for the data that this guide gave the signed-in account."""
        me, run_id = removal.clients.target.account().object_id, removal.context.journal.run_id
        mine = (assignment_id(run_id, self.scope(removal), role_id, me) for role_id in DATA_ROLES.values())
        return removal.id.lower() in (one.lower() for one in mine)

    def _assignment(self, removal: Removal) -> RoleAssignmentDescription:
        return removal.clients.authorization(removal.subscription).role_assignments.get_by_id(removal.id)

    def call(self, removal: Removal) -> Call:
        """Remove the assignment."""
        return Call("authorization", removal.subscription, "role_assignments.delete_by_id", (removal.id,))

    def page(self, change: Change) -> str:
        """Say where the portal does it: at the very scope of the assignment."""
        told = f"{change.name} {change.details}".strip()
        return (
            f"{name_of(scope_of(change.resource_id))} > Access control (IAM) > Role assignments > {told} > Remove > Yes"
        )
