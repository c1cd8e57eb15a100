"""Managed identities of an instance: its own, and those assigned to it (behaviour notes, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import stamp
from ..store import Document
from ..tokens import Caller
from ..world import TENANT_ID, derive_id
from . import errors

if TYPE_CHECKING:
    from ..cloud import Cloud

REPLICATION_SECONDS = 15
"""How long a new principal cannot be looked up. Modelled: the delay is documented, its length is not."""
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
WRITE = "Microsoft.DigitalTwins/digitalTwinsInstances/write"
_TYPES = frozenset({"none", "systemassigned", "userassigned", "systemassigned,userassigned"})


def wanted_type(identity: Any) -> frozenset[str]:
    """Return which kinds a body's `identity` asks for, lower-cased: none, one or both. Raises ArmError."""
    if not isinstance(identity, dict):
        raise errors.invalid_request_content("Expected an object. Path 'identity'.")
    if "type" not in identity:
        raise errors.invalid_request_content("Required property 'type' not found in JSON. Path 'identity'.")
    kinds = str(identity["type"]).replace(" ", "").lower()
    if kinds not in _TYPES:
        # Modelled: Json.NET's wording for a value that an enumeration lacks.
        raise errors.invalid_request_content(f"Error converting value '{identity['type']}'. Path 'identity.type'.")
    return frozenset(kinds.split(",")) - {"none"}


class Identities:
    """Switches an instance's identities on and off."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def apply(self, instance: Document, identity: dict[str, Any] | None, caller: Caller) -> bool:
        """Give the instance the identities that a body asks for; tell whether anything changed.

        Raises ArmError when an identity that shall be assigned is missing or the caller may not assign it.
        """
        before = instance.get("identity")
        kinds = wanted_type(identity) if identity is not None else frozenset()
        assigned = self._assigned(instance, identity or {}, caller) if "userassigned" in kinds else {}
        had_system = bool(before and before.get("principalId"))
        system: dict[str, str] = {}
        if "systemassigned" in kinds:
            system = {"principalId": before["principalId"] if before and had_system else self._create(instance)}
        elif before and had_system:
            self._cloud.store.delete("servicePrincipal", before["principalId"])
        names = [name for name in ("SystemAssigned", "UserAssigned") if name.lower() in kinds]
        users = {"userAssignedIdentities": assigned} if assigned else {}
        body = {"type": ",".join(names), **system, "tenantId": TENANT_ID, **users} if names else None
        instance["identity"] = body
        return bool(body != before)

    def remove(self, instance: Document) -> None:
        """Take the instance's own principal out of the directory; roles given to it elsewhere stay behind."""
        principal_id = (instance.get("identity") or {}).get("principalId")
        if principal_id:
            self._cloud.store.delete("servicePrincipal", principal_id)

    def _assigned(self, instance: Document, identity: dict[str, Any], caller: Caller) -> dict[str, Any]:
        found = {}
        for identity_id, value in (identity.get("userAssignedIdentities") or {}).items():
            if value is None:
                continue
            if not self._cloud.access.permits(caller, ASSIGN, identity_id):
                raise errors.linked_authorization_failed(
                    caller.label, caller.object_id, (WRITE, instance["id"]), (ASSIGN, identity_id)
                )
            resource = self._cloud.store.get("resource", identity_id)
            if resource is None:
                raise errors.failed_identity_operation(instance["id"], identity_id)
            found[identity_id] = {name: resource["properties"][name] for name in ("principalId", "clientId")}
        return found

    def _create(self, instance: Document) -> str:
        """Make a service principal, a new one each time, and return its object id."""
        count = (self._cloud.store.get("identity-count", instance["id"]) or {"count": 0})["count"] + 1
        self._cloud.store.put("identity-count", instance["id"], {"count": count})
        principal_id = derive_id("system-identity", instance["id"], str(count))
        app_id = derive_id("system-identity-application", instance["id"], str(count))
        now = self._cloud.clock.now()
        self._cloud.store.put("servicePrincipal", principal_id, {
            "id": principal_id, "appId": app_id, "displayName": instance["name"], "appDisplayName": None,
            "servicePrincipalType": "ManagedIdentity", "accountEnabled": True, "appOwnerOrganizationId": None,
            "servicePrincipalNames": [app_id, f"https://identity.azure.net/{principal_id}"],
            "alternativeNames": ["isExplicit=False", instance["id"]], "createdDateTime": stamp(now, digits=0),
            "mayReadDirectory": False, "replicatedOn": stamp(now + self._cloud.pace.scale(REPLICATION_SECONDS)),
        })  # fmt: skip
        return principal_id
