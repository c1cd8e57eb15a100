"""What works under one of an instance's identities, and what happens to it without the identity.

Documented: endpoints and data history connections stop working when the identity that they use is switched off, and
have to be created again. Modelled: that their state becomes `Disabled`. The state exists, but no recording shows it.
"""

from __future__ import annotations

from typing import Any

from ...store import Document
from ..inventory import Inventory

COLLECTIONS = ("endpoints", "timeSeriesDatabaseConnections")


def principal_of(instance: Document, reference: dict[str, Any] | None) -> str | None:
    """Return the object id of the identity that a reference names (the instance's own by default); None if absent."""
    identity = instance.get("identity") or {}
    if reference and str(reference.get("type", "")).lower() == "userassigned":
        wanted = str(reference.get("userAssignedIdentity") or "").lower()
        assigned = identity.get("userAssignedIdentities") or {}
        return next((value["principalId"] for key, value in assigned.items() if key.lower() == wanted), None)
    return identity.get("principalId")


def disable_dependants(inventory: Inventory, instance: Document) -> None:
    """Disable everything that works under an identity that the instance no longer has."""
    for collection in COLLECTIONS:
        for child in inventory.children(instance["id"], collection):
            properties = child["properties"]
            uses_one = properties.get("authenticationType", "IdentityBased") == "IdentityBased"
            settled = properties["provisioningState"] == "Succeeded"
            if uses_one and settled and principal_of(instance, properties.get("identity")) is None:
                properties["provisioningState"] = "Disabled"
                inventory.put(child)
