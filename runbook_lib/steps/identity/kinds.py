"""Managed identities, and their association with an instance."""

from __future__ import annotations

from ...azure.permissions import CREATE_INSTANCE
from ..core.kinds import Kind, RequiredPermission, deletes, register, register_activity

_WRITE_INSTANCE = (RequiredPermission(CREATE_INSTANCE, "instance"),)
_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
ASSIGN_IDENTITY = RequiredPermission(f"{_TYPE}/assign/action", "group")
"""Linked access: the instance uses the identity, so Azure checks this on it, besides the write on the instance."""

IDENTITY = register(
    Kind(
        "User-assigned managed identity",
        {"create": (RequiredPermission(f"{_TYPE}/write", "group"),), "delete": deletes(_TYPE)},
        rank=13,
        api_version="2023-01-31",
        usual_seconds=2,
    )
)
OWN_IDENTITY = register(
    Kind("System-assigned identity", {"create": _WRITE_INSTANCE, "delete": _WRITE_INSTANCE}, rank=12, line="acts as")
)
ASSOCIATED = register(
    Kind(
        "User-assigned identity",
        {"assign": (*_WRITE_INSTANCE, ASSIGN_IDENTITY), "delete": _WRITE_INSTANCE},
        rank=12,
        line="acts as",
    )
)

register_activity("03", "System-assigned identity", OWN_IDENTITY.permissions["create"])
register_activity("03", "User-assigned identity", IDENTITY.permissions["create"], ASSOCIATED.permissions["assign"])
