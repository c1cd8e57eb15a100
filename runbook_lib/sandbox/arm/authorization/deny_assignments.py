"""Deny assignments: what nobody can do at a scope, whatever roles they hold.

Azure makes them (for managed applications and deployment stacks); people can't. In the sandbox, tests and lessons add
one with `place_denial`. Facts: deny assignments article; shapes of the OpenAPI file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...clock import Clock, stamp
from ...http import Answer
from ...rbac import DENIAL, EVERYONE, normalize_scope
from ...store import Document, Store
from ...world import derive_id
from .. import errors
from ..calls import ArmRoute, Call
from ..filters import Comparison, Function, read_filter
from . import errors as refusals
from .scopes import AUTHORIZATION, SCOPES, above, key_of

READ = "Microsoft.Authorization/denyAssignments/read"
COLLECTION = "denyAssignments"


class DenyAssignments:
    """Serves `denyAssignments` at every scope."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        rows = []
        for scope in SCOPES:
            many = f"{scope}{AUTHORIZATION}/{COLLECTION}"
            rows += [ArmRoute("GET", many, self.list_all, READ), ArmRoute("GET", many + "/{name}", self.get, READ)]
        return rows

    def list_all(self, call: Call) -> Answer:
        """List deny assignments above, at and below the scope, or those of them that `$filter` keeps."""
        asked, store = normalize_scope(call.target.scope), self._store
        wanted = _filter(call.request.parameter("$filter"))
        higher = [d for scope in above(asked) for d in store.list(DENIAL, f"{scope}{AUTHORIZATION}/{COLLECTION}/")]
        found = [*higher, *store.list(DENIAL, f"{asked}/")]
        return Answer(200, {"value": [d for d in found if wanted(d, asked)]})

    def get(self, call: Call) -> Answer:
        """Show one deny assignment."""
        found = self._store.get(DENIAL, key_of(call, COLLECTION))
        if found is None:
            raise refusals.deny_assignment_not_found(call.values["name"])
        return Answer(200, found)


def place_denial(
    store: Store,
    clock: Clock,
    scope: str,
    name: str,
    permissions: Mapping[str, Sequence[str]],
    *,
    principals: Sequence[str] = (),
    excluded: Sequence[str] = (),
    children: bool = True,
) -> str:
    """Deny `permissions` (lists by `actions`, `notActions`, `dataActions`, `notDataActions`) at a scope; return its id.

    `principals` and `excluded` are object ids; without principals it applies to everyone.
    """
    guid = derive_id("deny-assignment", scope, name)
    resource_id = f"{scope.rstrip('/')}{AUTHORIZATION}/{COLLECTION}/{guid}"
    now = stamp(clock.now())
    everybody = [{"id": EVERYONE, "type": "SystemDefined"}]
    lists = ("actions", "notActions", "dataActions", "notDataActions")
    store.put(
        DENIAL,
        resource_id,
        {
            "properties": {
                "denyAssignmentName": name,
                "description": "",
                "permissions": [{each: list(permissions.get(each, ())) for each in lists}],
                "scope": scope,
                "doNotApplyToChildScopes": not children,
                "principals": [{"id": each, "type": "User"} for each in principals] or everybody,
                "excludePrincipals": [{"id": each, "type": "User"} for each in excluded],
                "isSystemProtected": True,
                "createdOn": now,
                "updatedOn": now,
            },
            "id": resource_id,
            "type": "Microsoft.Authorization/denyAssignments",
            "name": guid,
        },
    )
    return resource_id


def _filter(text: str) -> Callable[[Document, str], bool]:
    match read_filter(text):
        case []:
            return lambda _document, _asked: True
        case [Function("atscope", None)]:
            return lambda document, asked: normalize_scope(document["properties"]["scope"]) in (*above(asked), asked)
        case [Comparison("denyassignmentname" | "principalid" as field, "eq", value)] if "'" not in value:
            by_name, low = field == "denyassignmentname", value.lower()
            return lambda document, _asked: low in _looked_at(document["properties"], by_name=by_name)
    raise errors.invalid_filter(text)


def _looked_at(properties: dict[str, Any], *, by_name: bool) -> list[str]:
    if by_name:
        return [properties["denyAssignmentName"].lower()]
    return [principal["id"].lower() for principal in properties["principals"]]
