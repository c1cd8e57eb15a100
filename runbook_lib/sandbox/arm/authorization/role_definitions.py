"""Role definitions, built-in and custom, and what the caller's own roles hold at a scope."""

from __future__ import annotations

from typing import Any

from ...context import Context
from ...http import Answer
from ...rbac import CUSTOM_ROLE, covers, normalize_scope, permissions
from ...roles import Role
from .. import errors
from ..calls import ArmRoute, Call, collection_routes
from ..filters import Comparison, Function, read_filter
from . import errors as refusals
from .custom_roles import CustomRoles
from .scopes import AUTHORIZATION, SCOPES

ACTION = "Microsoft.Authorization/roleDefinitions"


class RoleDefinitions:
    """Serves `roleDefinitions` and `permissions` at every scope."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._custom = CustomRoles(context)

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        rows = []
        for scope in SCOPES:
            rows += collection_routes(f"{scope}{AUTHORIZATION}/roleDefinitions", ACTION, self)
            # Modelled: everyone can ask what they're allowed to do, as the portal does to grey out buttons.
            rows.append(ArmRoute("GET", f"{scope}{AUTHORIZATION}/permissions", self.permissions))
        return rows

    def list_all(self, call: Call) -> Answer:
        """List the definitions that can be assigned at the scope, or those of them that `$filter` asks for."""
        wanted = _filter(call.request.parameter("$filter"))
        asked = normalize_scope(call.target.scope)
        roles = [role for role in self._context.access.roles() if available(role, asked)]
        found = [definition(role, call.target.subscription) for role in roles]
        return Answer(200, {"value": [d for d in found if _fits(d["properties"], wanted)]})

    def get(self, call: Call) -> Answer:
        """Show one role definition."""
        role = self._context.access.role(call.values["name"])
        if role is None:
            raise refusals.role_definition_not_found(call.values["name"])
        return Answer(200, definition(role, call.target.subscription))

    def put(self, call: Call) -> Answer:
        """Create or replace a custom role: 201 either way."""
        role = self._custom.put(call)
        return Answer(201, definition(role, call.target.subscription))

    def delete(self, call: Call) -> Answer:
        """Delete a custom role that nobody holds: 200 with the deleted role, or 204 if it didn't exist."""
        role = self._custom.removable(call)
        if role is None:
            return Answer(204)
        self._context.store.delete(CUSTOM_ROLE, role.id)
        return Answer(200, definition(role, call.target.subscription))

    def permissions(self, call: Call) -> Answer:
        """List what each of the caller's effective roles holds at the scope."""
        return Answer(200, {"value": self._context.access.permissions(call.caller, call.target.scope)})


def available(role: Role, asked: str) -> bool:
    """Tell whether a role can be assigned at a scope (normalized): at its assignable scopes and below."""
    return any(covers(normalize_scope(scope), asked) for scope in role.assignable_scopes)


def definition_id(guid: str, subscription: str) -> str:
    """Return a definition's id as both definitions and assignments spell it: az compares the two letter by letter."""
    head = f"/subscriptions/{subscription.lower()}" if subscription else ""
    return f"{head}{AUTHORIZATION}/roleDefinitions/{guid.lower()}"


def definition(role: Role, subscription: str) -> dict[str, Any]:
    """Render a role definition."""
    return {
        "properties": {
            "roleName": role.name,
            "type": role.kind,
            "description": role.description,
            "assignableScopes": list(role.assignable_scopes),
            "permissions": permissions(role),
            "createdOn": role.created_on,
            "updatedOn": role.updated_on,
            "createdBy": role.created_by,
            "updatedBy": role.updated_by,
        },
        "id": definition_id(role.id, subscription),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
    }


def _filter(text: str) -> dict[str, str]:
    """Read `roleName eq '..'`, `type eq '..'`, `atScope()` and any of them joined by `and`, in lower case."""
    wanted: dict[str, str] = {}
    for part in read_filter(text):
        match part:
            case Comparison("rolename" | "type", "eq", value):
                wanted[part.field] = value.lower()
            case Function("atscope" | "atscopeandbelow", None):
                pass
            case _:
                raise errors.invalid_filter(text)
    return wanted


def _fits(properties: dict[str, Any], wanted: dict[str, str]) -> bool:
    low = {name.lower(): str(properties[name]).lower() for name in ("roleName", "type")}
    return all(low[name] == value for name, value in wanted.items())
