"""Custom roles: the roles that a company defines in addition to the built-in ones.

Rules and codes as documented (custom roles, RBAC limits and troubleshooting articles). Modelled: the texts of
most refusals, and that the notActions of several permission entries count together.
"""

from __future__ import annotations

from typing import Any

from ...clock import stamp
from ...context import Context
from ...rbac import ASSIGNMENT, CUSTOM_ROLE, custom_role
from ...roles import Role
from .. import errors
from ..calls import Call
from ..gateway import GUID
from ..paths import parse
from . import errors as refusals
from .action_names import check_actions

MAXIMUM = 5000
_LISTS = ("actions", "notActions", "dataActions", "notDataActions")


class CustomRoles:
    """Writes custom roles."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def put(self, call: Call) -> Role:
        """Create or replace the role that a call names. Raises ArmError if the body isn't a role."""
        guid = call.values["name"].lower()
        if not GUID.fullmatch(guid):
            raise refusals.invalid_role_definition_id(call.values["name"])
        existing = self._context.access.role(guid)
        if existing and existing.kind == "BuiltInRole":
            raise refusals.built_in_role(existing.name)
        given = _properties(call.body())
        check_actions(given["permissions"])
        self._check_name(guid, given["roleName"])
        self._check_scopes(call, given["assignableScopes"])
        now, who = stamp(self._context.clock.now()), call.caller.object_id
        document = {
            "id": guid,
            **given,
            "createdOn": existing.created_on if existing else now,
            "createdBy": existing.created_by if existing else who,
            "updatedOn": now,
            "updatedBy": who,
        }
        self._context.store.put(CUSTOM_ROLE, guid, document)
        return custom_role(document)

    def removable(self, call: Call) -> Role | None:
        """Return the custom role that a call wants to delete, or None. Raises ArmError while anyone holds it."""
        role = self._context.access.role(call.values["name"])
        if role is None:
            return None
        if role.kind == "BuiltInRole":
            raise refusals.built_in_role(role.name)
        if any(assignment["role"] == role.id for assignment in self._context.store.list(ASSIGNMENT)):
            raise refusals.role_definition_has_assignments()
        return role

    def _check_name(self, guid: str, name: str) -> None:
        roles = self._context.access.roles()
        if any(role.name.lower() == name.lower() and role.id != guid for role in roles):
            raise refusals.role_name_taken(name, renamed=any(role.id == guid for role in roles))
        if sum(role.kind == "CustomRole" for role in roles) >= MAXIMUM:
            raise refusals.role_definition_limit()

    def _check_scopes(self, call: Call, scopes: list[str]) -> None:
        """Refuse scopes that a custom role can't have, or where the caller can't define roles (documented)."""
        action = "Microsoft.Authorization/roleDefinitions/write"
        for scope in scopes:
            subscription = parse(scope).subscription
            known = subscription and self._context.store.get("subscription", subscription)
            if not known and not scope.lower().startswith("/providers/microsoft.management/managementgroups/"):
                raise refusals.invalid_assignable_scope(scope)
            if not self._context.access.permits(call.caller, action, scope):
                caller, held = call.caller, (action, call.target.scope)
                raise errors.linked_authorization_failed(caller.label, caller.object_id, held, (action, scope))


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("properties", body)
    if not isinstance(given, dict):
        raise errors.invalid_request_content("Expected an object. Path 'properties'.")
    name = given.get("roleName")
    if not isinstance(name, str) or not name.strip():
        raise errors.invalid_request_content("Required property 'roleName' not found in JSON. Path 'properties'.")
    scopes, permissions = given.get("assignableScopes"), given.get("permissions")
    if not isinstance(scopes, list) or not scopes or not all(isinstance(scope, str) for scope in scopes):
        raise errors.invalid_request_content("Expected a list of scopes. Path 'properties.assignableScopes'.")
    if not isinstance(permissions, list) or not permissions:
        raise errors.invalid_request_content("Expected a list of permissions. Path 'properties.permissions'.")
    return {
        "roleName": name,
        "description": str(given.get("description") or ""),
        "assignableScopes": scopes,
        "permissions": [_permission(each) for each in permissions],
    }


def _permission(given: Any) -> dict[str, list[str]]:
    lists: dict[str, Any] = {name: given.get(name) or [] for name in _LISTS} if isinstance(given, dict) else {"": None}
    if not all(isinstance(found, list) and all(isinstance(a, str) for a in found) for found in lists.values()):
        raise errors.invalid_request_content("Expected lists of actions. Path 'properties.permissions'.")
    return lists
