"""Role assignments."""

from __future__ import annotations

from ...azure.permissions import ASSIGN_ROLES
from ..core.kinds import Kind, RequiredPermission, deletes, register

_DELETE = deletes("Microsoft.Authorization/roleAssignments")

ROLE = register(
    Kind(
        "Role",
        {"assign": (RequiredPermission(ASSIGN_ROLES, "instance"),), "delete": _DELETE},
        rank=4,
        usual_seconds=2,
        line="lets in",
    )
)
ORPHAN = register(Kind("Orphaned role assignment", {"delete": _DELETE}, rank=4, foreign=True))
