"""Managed identities of an instance: its own, and those assigned to it (behaviour notes, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...context import Context
from ...store import Document
from ...world import TENANT_ID
from .. import errors
from ..calls import Call, Link
from ..principals import create_principal

ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_TYPES = frozenset({"none", "systemassigned", "userassigned", "systemassigned,userassigned"})


def wanted_type(identity: Any) -> frozenset[str]:
    """Return the kinds that a body's `identity` asks for, in lower case: none, one or both. Raises ArmError."""
    if not isinstance(identity, dict):
        raise errors.invalid_request_content("Expected an object. Path 'identity'.")
    if "type" not in identity:
        raise errors.invalid_request_content("Required property 'type' not found in JSON. Path 'identity'.")
    kinds = str(identity["type"]).replace(" ", "").lower()
    if kinds not in _TYPES:
        # Modelled: Json.NET's text for a value that isn't in an enumeration.
        raise errors.invalid_request_content(f"Error converting value '{identity['type']}'. Path 'identity.type'.")
    return frozenset(kinds.split(",")) - {"none"}


def assigned_identities(identity: dict[str, Any]) -> dict[str, Any]:
    """Return the map of user-assigned identities in a body's `identity`. Raises ArmError if it isn't one."""
    found = identity.get("userAssignedIdentities") or {}
    if not isinstance(found, dict):
        raise errors.invalid_request_content("Expected an object. Path 'identity.userAssignedIdentities'.")
    for identity_id in found:
        if not identity_id.lower().startswith("/subscriptions/"):
            raise errors.linked_invalid_property_id(identity_id, "identity.userAssignedIdentities")
    return found


def links(call: Call) -> Iterable[Link]:
    """Name what else the caller of a write needs: permission to assign each identity that the body names."""
    identity = call.body().get("identity")
    if identity is not None and "userassigned" in wanted_type(identity):
        yield from (Link(ASSIGN, each) for each, value in assigned_identities(identity).items() if value is not None)


class Identities:
    """Switches an instance's identities on and off."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def apply(self, instance: Document, identity: dict[str, Any] | None, *, merge: bool = False) -> bool:
        """Give the instance the identities that a body asks for; return whether anything changed.

        With `merge`, as in a PATCH, assigned identities stay unless the body's map sets them to null.
        Raises ArmError if an identity to assign doesn't exist.
        """
        before = instance.get("identity") or {}
        kinds = wanted_type(identity) if identity is not None else frozenset()
        assigned = self._assigned(instance, identity or {}, merge=merge) if "userassigned" in kinds else {}
        had_system = bool(before.get("principalId"))
        system: dict[str, str] = {}
        if "systemassigned" in kinds:
            system = {"principalId": before["principalId"] if had_system else self._create(instance)}
        elif had_system:
            self._context.store.delete("servicePrincipal", before["principalId"])
        names = [name for name in ("SystemAssigned", "UserAssigned") if name.lower() in kinds]
        users = {"userAssignedIdentities": assigned} if assigned else {}
        body = {"type": ",".join(names), **system, "tenantId": TENANT_ID, **users} if names else None
        instance["identity"] = body
        return bool(body != (before or None))

    def remove(self, instance: Document) -> None:
        """Remove the instance's own principal from the directory; its roles elsewhere stay behind."""
        principal_id = (instance.get("identity") or {}).get("principalId")
        if principal_id:
            self._context.store.delete("servicePrincipal", principal_id)

    def _assigned(self, instance: Document, identity: dict[str, Any], *, merge: bool) -> dict[str, Any]:
        before = (instance.get("identity") or {}).get("userAssignedIdentities") or {}
        kept = {key.lower(): (key, value) for key, value in before.items()}
        found = dict(kept) if merge else {}
        for identity_id, value in assigned_identities(identity).items():
            low = identity_id.lower()
            found.pop(low, None)
            if value is not None:
                # It keeps the spelling under which it was first assigned.
                spelled = kept[low][0] if low in kept else identity_id
                found[low] = (spelled, self._looked_up(instance, identity_id))
        if not found:
            raise errors.missing_identity_ids()
        return dict(found.values())

    def _looked_up(self, instance: Document, identity_id: str) -> dict[str, str]:
        resource = self._context.store.get("resource", identity_id)
        if resource is None:
            raise errors.failed_identity_operation(instance["id"], identity_id)
        return {name: resource["properties"][name] for name in ("principalId", "clientId")}

    def _create(self, instance: Document) -> str:
        return create_principal(self._context, instance["name"], instance["id"], explicit=False)["principalId"]
