"""Tenants, subscriptions and their regions."""

from __future__ import annotations

from typing import Any

from ..http import Answer
from ..rbac import Access
from ..regions import all_locations, offering
from ..store import Document, Store
from . import errors
from .calls import ArmRoute, Call

READ = "Microsoft.Resources/subscriptions/read"


class Subscriptions:
    """Serves `/tenants`, `/subscriptions` and `/subscriptions/{subscription}/locations`."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        subscription = "/subscriptions/{subscription}"
        return [
            ArmRoute("GET", "/tenants", self.tenants),
            ArmRoute("GET", "/subscriptions", self.list_all),
            ArmRoute("GET", subscription, self.get, READ, anywhere=True),
            ArmRoute("GET", f"{subscription}/locations", self.locations, READ, anywhere=True),
        ]

    def tenants(self, _call: Call) -> Answer:
        """List the tenant; there's only one."""
        return Answer(200, {"value": [_tenant(document) for document in self._store.list("tenant")]})

    def list_all(self, call: Call) -> Answer:
        """List the subscriptions where the caller has a role."""
        found = sorted(self._store.list("subscription"), key=lambda document: int(document["order"]))
        seen = [d for d in found if self._access.has_role_within(call.caller, f"/subscriptions/{d['subscriptionId']}")]
        body = [_subscription(document, call.caller.tenant_id) for document in seen]
        return Answer(200, {"value": body, "count": {"type": "Total", "value": len(body)}})

    def get(self, call: Call) -> Answer:
        """Show one subscription."""
        document = self._store.get("subscription", call.target.subscription)
        if document is None:
            raise errors.subscription_not_found(call.target.subscription)
        return Answer(200, _subscription(document, call.caller.tenant_id))

    def locations(self, call: Call) -> Answer:
        """List the regions, including those that don't offer the service."""
        base = f"/subscriptions/{call.target.subscription.lower()}/locations"
        return Answer(200, {"value": [_location(base, *named) for named in all_locations().items()]})


def _tenant(document: Document) -> dict[str, Any]:
    return {
        "id": f"/tenants/{document['tenantId']}",
        "tenantId": document["tenantId"],
        "displayName": document["displayName"],
        "defaultDomain": document["defaultDomain"],
        "domains": [document["defaultDomain"]],
        "tenantCategory": "Home",
        "tenantType": "AAD",
    }


def _subscription(document: Document, tenant_id: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{document['subscriptionId']}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": document["subscriptionId"],
        "tenantId": document.get("tenantId") or tenant_id,
        "displayName": document["displayName"],
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        **({"tags": document["tags"]} if document.get("tags") else {}),
    }


def _location(base: str, name: str, display_name: str) -> dict[str, Any]:
    category = "Recommended" if name in {region.name for region in offering()} else "Other"
    return {
        "id": f"{base}/{name}",
        "name": name,
        "type": "Region",
        "displayName": display_name,
        "regionalDisplayName": display_name,
        "metadata": {"regionType": "Physical", "regionCategory": category},
    }
