"""Role assignments: giving and removing roles at every scope.

Shapes and refusals: section 3.1 of the behaviour notes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...clock import moment, stamp
from ...context import Context
from ...http import Answer
from ...rbac import ASSIGNMENT, normalize_scope
from ...roles import OWNER, USER_ACCESS_ADMINISTRATOR
from ...store import Document
from ...world import TENANT_ID
from .. import errors
from ..bodies import text
from ..calls import ArmRoute, Call, collection_routes
from ..gateway import GUID
from ..paths import parse
from . import errors as refusals
from .assignment_filters import assignment_filter
from .role_definitions import available, definition_id
from .scopes import AUTHORIZATION, SCOPES, above, existing_scope, key_of, scope_of

ACTION = "Microsoft.Authorization/roleAssignments"
MAXIMUM = 4000
"""Role assignments that a subscription can hold, at and below it (documented)."""
_FREE = ("description", "condition", "conditionVersion")
PRINCIPAL_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}
"""The directory's kinds of objects, and what assignments call them."""
_ROLE_DEFINITION = re.compile(
    r"(?:/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/([^/]+)/?", re.IGNORECASE
)


class RoleAssignments:
    """Serves `roleAssignments` at every scope."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        paths = [f"{scope}{AUTHORIZATION}/roleAssignments" for scope in SCOPES]
        rows = [row for path in paths for row in collection_routes(path, ACTION, self)]
        return [replace(row, attributes=self._attributes) for row in rows]

    def _attributes(self, call: Call) -> Mapping[str, str]:
        """Return what a condition looks at: the requested assignment, or the one to delete."""
        if call.request.method != "PUT":
            found = self._context.store.get(ASSIGNMENT, _key(call)) if "name" in call.values else None
            given = {**found, "roleDefinitionId": found["role"]} if found else {}
        else:
            try:
                given = _properties(call)
            except errors.ArmError:  # the handler refuses such a body, once the caller is admitted
                given = {}
        role = str(given.get("roleDefinitionId") or "").rpartition("/")[2]
        who = {name.lower(): str(given.get(name) or "") for name in ("principalId", "principalType")}
        return {"roledefinitionid": role, **who}

    def list_all(self, call: Call) -> Answer:
        """List assignments: at the scope, above and below it, or those of them that `$filter` keeps."""
        wanted = assignment_filter(call.request.parameter("$filter"), self._context.access)
        asked = normalize_scope(call.target.scope)
        found = [d for d in self._around(asked) if wanted(d, asked)]
        return Answer(200, {"value": [_render(d) for d in found]})

    def get(self, call: Call) -> Answer:
        """Show an assignment of exactly this scope."""
        document = self._context.store.get(ASSIGNMENT, _key(call))
        if document is None or self._is_over(document):
            raise refusals.role_assignment_not_found(call.values["name"])
        return Answer(200, _render(document))

    def put(self, call: Call) -> Answer:
        """Give a role, or change the description of an assignment that has this name."""
        if not GUID.fullmatch(call.values["name"]):
            raise refusals.invalid_role_assignment_id(call.values["name"])
        properties = _properties(call)
        role = self._role(properties, normalize_scope(call.target.scope.rpartition(AUTHORIZATION)[0]))
        principal_id = str(properties.get("principalId") or "")
        if not GUID.fullmatch(principal_id):
            raise refusals.invalid_principal_id()
        scope = existing_scope(self._context.store, scope_of(call))
        existing = self._context.store.get(ASSIGNMENT, _key(call))
        if existing:
            return self._update(call, existing, role, properties)
        self._check_new(call.values["name"], scope, role, principal_id)
        document = self._document(call, scope, role, properties)
        self._context.store.put(ASSIGNMENT, _key(call), document)
        # Recorded: createdBy is null in this answer and filled in when the assignment is read.
        return Answer(201, _render({**document, "createdBy": None}))

    def delete(self, call: Call) -> Answer:
        """Remove an assignment; its role keeps working until the change has spread."""
        document = self._context.store.get(ASSIGNMENT, _key(call))
        if document is None:
            return Answer(204)
        self._check_not_last(document)
        self._context.access.withdraw(_key(call), document)
        return Answer(200, _render(document))

    def _update(self, call: Call, existing: Document, role: str, properties: dict[str, Any]) -> Answer:
        same = existing["role"] == role and existing["principalId"].lower() == properties["principalId"].lower()
        if not same:
            raise refusals.role_assignment_update_not_permitted()
        changed = {
            **existing,
            **_free_text(properties),
            "updatedOn": stamp(self._context.clock.now()),
            "updatedBy": call.caller.object_id,
        }
        self._context.store.put(ASSIGNMENT, _key(call), changed)
        return Answer(200, _render(changed))

    def _document(self, call: Call, scope: str, role: str, properties: dict[str, Any]) -> Document:
        now = stamp(self._context.clock.now())
        principal_id = properties["principalId"].lower()
        return {
            "name": call.values["name"].lower(),
            "scope": scope,
            "role": role,
            "principalId": principal_id,
            "principalType": self._principal_type(principal_id, properties.get("principalType")),
            **_free_text(properties),
            "createdOn": now,
            "updatedOn": now,
            "createdBy": call.caller.object_id,
            "updatedBy": call.caller.object_id,
            "effectiveOn": self._context.access.effective_on(),
        }

    def _principal_type(self, principal_id: str, given: str | None) -> str:
        """Return the type of the principal. If no type is given, it must be in the directory and replicated.

        A given type skips the lookup, so that a principal created a second ago can get a role.
        """
        for kind, name in PRINCIPAL_TYPES.items():
            document = self._context.store.get(kind, principal_id)
            if document is None:
                continue
            if given and given != name:
                raise refusals.unmatched_principal_type(principal_id, name, given)
            if given or self._replicated(document):
                return name
        if not given:
            raise refusals.principal_not_found(principal_id, TENANT_ID)
        return given

    def _replicated(self, principal: Document) -> bool:
        since = principal.get("replicatedOn")
        return since is None or moment(since) <= self._context.clock.now()

    def _role(self, properties: dict[str, Any], scope: str) -> str:
        """Return the id of the role that a body names. Raises ArmError when it cannot be assigned at the scope."""
        given = str(properties.get("roleDefinitionId") or "")
        found = _ROLE_DEFINITION.fullmatch(given)
        if not found or not GUID.fullmatch(found[1]):
            raise refusals.invalid_role_definition_id(given)
        role = self._context.access.role(found[1])
        if role is None or not available(role, scope):
            raise refusals.role_definition_not_found(found[1])
        return role.id

    def _check_new(self, name: str, scope: str, role: str, principal_id: str) -> None:
        # Names are unique in the tenant, not only at the scope (role assignments article).
        if any(other["name"] == name.lower() for other in self._context.store.list(ASSIGNMENT)):
            raise refusals.role_assignment_update_not_permitted()
        for other in self._context.store.list(ASSIGNMENT, f"{scope.rstrip('/')}{AUTHORIZATION}/roleAssignments/"):
            same = other["role"] == role and other["principalId"].lower() == principal_id.lower()
            if same and not self._is_over(other):
                raise refusals.role_assignment_exists()
        subscription = parse(scope).subscription
        if subscription and self._context.access.assignments_in(subscription) >= MAXIMUM:
            raise refusals.role_assignment_limit()

    def _check_not_last(self, document: Document) -> None:
        """Refuse to delete the subscription's last Owner or User Access Administrator."""
        admins = (OWNER, USER_ACCESS_ADMINISTRATOR)
        if document["role"] not in admins or not re.fullmatch(r"/subscriptions/[^/]+", document["scope"]):
            return
        here = self._context.store.list(ASSIGNMENT, f"{document['scope']}{AUTHORIZATION}/roleAssignments/")
        if not any(d["role"] in admins and d["name"] != document["name"] for d in here):
            raise refusals.last_admin_assignment()

    def _around(self, asked: str) -> list[Document]:
        """Return the assignments above, at and below a scope (normalized)."""
        found = [
            document
            for scope in above(asked)
            for document in self._context.store.list(ASSIGNMENT, f"{scope}{AUTHORIZATION}/roleAssignments/")
        ]
        found += self._context.store.list(ASSIGNMENT, f"{asked}/")
        return [document for document in found if not self._is_over(document)]

    def _is_over(self, document: Document) -> bool:
        """Tell whether an activated role's time is up."""
        return "worksUntil" in document and moment(document["worksUntil"]) <= self._context.clock.now()


def _key(call: Call) -> str:
    return key_of(call, "roleAssignments")


def _properties(call: Call) -> dict[str, Any]:
    body = call.body()
    properties = body.get("properties", body)  # the API versions before 2018 had no envelope
    if not isinstance(properties, dict):
        raise errors.invalid_request_content("Expected an object. Path 'properties'.")
    given = properties.get("principalType")
    if given is not None and given not in (*PRINCIPAL_TYPES.values(), "ForeignGroup", "Device"):
        raise errors.invalid_request_content(f"Unknown principal type '{given}'. Path 'properties.principalType'.")
    return properties


def _free_text(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: text(properties, name, "properties") or None for name in _FREE}


def _render(document: Document) -> dict[str, Any]:
    scope = document["scope"]
    return {
        "properties": {
            "roleDefinitionId": definition_id(document["role"], parse(scope).subscription),
            "principalId": document["principalId"],
            "principalType": document["principalType"],
            "scope": scope,
            "condition": document.get("condition"),
            "conditionVersion": document.get("conditionVersion"),
            "createdOn": document["createdOn"],
            "updatedOn": document["updatedOn"],
            "createdBy": document["createdBy"],
            "updatedBy": document["updatedBy"],
            "delegatedManagedIdentityResourceId": None,
            "description": document.get("description"),
        },
        "id": f"{scope.rstrip('/')}{AUTHORIZATION}/roleAssignments/{document['name']}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": document["name"],
    }
