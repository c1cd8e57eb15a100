"""Role definitions, and what the caller's own roles hold at a scope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..http import Answer
from ..rbac import permission, role_definition
from ..roles import BUILT_IN, Role
from . import errors
from .authorization_errors import role_definition_not_found
from .calls import ArmRoute, Call

if TYPE_CHECKING:
    from ..cloud import Cloud

READ = "Microsoft.Authorization/roleDefinitions/read"
AUTHORIZATION = "/providers/Microsoft.Authorization"


class RoleDefinitions:
    """Serves `roleDefinitions` and `permissions` at every scope."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes; the rows without `{scope*}` are those of the root scope."""
        rows = []
        for scope in ("{scope*}", ""):
            base = scope + AUTHORIZATION
            rows += [
                ArmRoute("GET", f"{base}/roleDefinitions", self.list_all, READ),
                ArmRoute("GET", base + "/roleDefinitions/{name}", self.get, READ),
                # Modelled: everybody may ask what they may do, as the portal does for its greyed-out buttons.
                ArmRoute("GET", f"{base}/permissions", self.permissions),
            ]
        return rows

    def list_all(self, call: Call) -> Answer:
        """List the definitions, or those that `$filter` asks for by name or type."""
        wanted = _filter(call.request.parameter("$filter"))
        found = [definition(role, call.target.subscription) for role in BUILT_IN]
        return Answer(200, {"value": [d for d in found if _fits(d["properties"], wanted)]})

    def get(self, call: Call) -> Answer:
        """Show one definition."""
        role = role_definition(call.values["name"])
        if role is None:
            raise role_definition_not_found(call.values["name"])
        return Answer(200, definition(role, call.target.subscription))

    def permissions(self, call: Call) -> Answer:
        """List what each of the caller's effective roles holds at the scope."""
        return Answer(200, {"value": self._cloud.access.permissions(call.caller, call.target.scope)})


def definition_id(guid: str, subscription: str) -> str:
    """Return a definition's id as both definitions and assignments spell it: az compares the two letter by letter."""
    head = f"/subscriptions/{subscription.lower()}" if subscription else ""
    return f"{head}{AUTHORIZATION}/roleDefinitions/{guid.lower()}"


def definition(role: Role, subscription: str) -> dict[str, Any]:
    """Render a role definition."""
    return {
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [permission(role)],
            "createdOn": role.created_on,
            "updatedOn": role.updated_on,
            "createdBy": None,
            "updatedBy": None,
        },
        "id": definition_id(role.id, subscription),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
    }


def _filter(text: str) -> dict[str, str]:
    """Read `roleName eq '..'`, `type eq '..'`, `atScope()` and any of them joined by `and`, lower-cased."""
    wanted: dict[str, str] = {}
    for part in (
        re.split(r"\s+and\s+(?=\w+(?:\(\)|\s+eq\b))", text.strip(), flags=re.IGNORECASE) if text.strip() else ()
    ):
        if found := re.fullmatch(r"(roleName|type)\s+eq\s+'((?:[^']|'')*)'", part, re.IGNORECASE):
            wanted[found[1].lower()] = found[2].replace("''", "'").lower()
        elif part.lower() not in ("atscope()", "atscopeandbelow()"):
            raise errors.invalid_filter(text)
    return wanted


def _fits(properties: dict[str, Any], wanted: dict[str, str]) -> bool:
    low = {name.lower(): str(properties[name]).lower() for name in ("roleName", "type")}
    return all(low[name] == value for name, value in wanted.items())
