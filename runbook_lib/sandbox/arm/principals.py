"""Service principals of managed identities: what the directory shows of system- and user-assigned ones."""

from __future__ import annotations

from ..clock import stamp
from ..context import Context
from ..world import derive_id

REPLICATION_SECONDS = 15
"""How long a new principal can't be looked up. Modelled: the delay is documented, its length isn't."""
COUNT = "identity-count"


def create_principal(context: Context, name: str, resource_id: str, *, explicit: bool) -> dict[str, str]:
    """Make a service principal, a new one each time, and return its `principalId` and `clientId`.

    `explicit` tells a user-assigned identity from a system-assigned one, as `alternativeNames` does.
    """
    count = (context.store.get(COUNT, resource_id) or {"count": 0})["count"] + 1
    context.store.put(COUNT, resource_id, {"count": count})
    kind = "user-identity" if explicit else "system-identity"
    principal_id = derive_id(kind, resource_id, str(count))
    app_id = derive_id(f"{kind}-application", resource_id, str(count))
    now = context.clock.now()
    context.store.put(
        "servicePrincipal",
        principal_id,
        {
            "id": principal_id,
            "appId": app_id,
            "displayName": name,
            "appDisplayName": None,
            "servicePrincipalType": "ManagedIdentity",
            "accountEnabled": True,
            "appOwnerOrganizationId": None,
            "servicePrincipalNames": [app_id, f"https://identity.azure.net/{principal_id}"],
            "alternativeNames": [f"isExplicit={explicit}", resource_id],
            "createdDateTime": stamp(now, digits=0),
            "mayReadDirectory": False,
            "replicatedOn": stamp(now + context.pace.scale(REPLICATION_SECONDS)),
        },
    )
    return {"principalId": principal_id, "clientId": app_id}
