"""The scopes where Microsoft.Authorization's own resources are: any resource, group, subscription, or above these."""

from __future__ import annotations

from ...rbac import PLATFORM_GROUP, ROOT_GROUP, management_groups_above, normalize_scope
from ...store import Store
from .. import errors
from ..calls import Call
from ..inventory import RESOURCE
from ..paths import parse

AUTHORIZATION = "/providers/Microsoft.Authorization"
SCOPES = ("{scope*}", "")
"""How routes begin; the empty one is the root scope."""


def scope_of(call: Call) -> str:
    """Return the scope of a call, spelled as in its path."""
    return "/" + call.values.get("scope", "").strip("/")


def key_of(call: Call, collection: str) -> str:
    """Return the id of the resource that a call names."""
    return f"{scope_of(call).rstrip('/')}{AUTHORIZATION}/{collection}/{call.values['name']}"


def above(scope: str) -> list[str]:
    """List the scopes above one (both normalized), the root first."""
    segments = scope.split("/")
    found = ["/".join(segments[:n]) for n in range(1, len(segments)) if segments[n - 1] != "providers"]
    return [*found[:1], *management_groups_above(scope), *found[1:]]


def existing_scope(store: Store, scope: str) -> str:
    """Return a scope as the resource there spells it. Raises ArmError if nothing is there."""
    target = parse(scope)
    if normalize_scope(scope) in (ROOT_GROUP, PLATFORM_GROUP):
        return scope
    if target.type:
        resource = store.get(RESOURCE, scope)
        if resource is None:
            # Modelled: no recording shows which of ARM's two "not found" codes is sent here.
            full_type = f"{target.namespace}/{target.type}"
            raise errors.resource_not_found(full_type, scope.rpartition("/")[2], target.group)
        return str(resource["id"])
    if target.group:
        group = store.get("resource-group", scope)
        return str(group["id"]) if group else scope
    return scope.lower() if target.subscription else scope
