"""Services that Azure Digital Twins sends data to: Event Hubs, Service Bus, Event Grid, Storage, Data Explorer.

Names of properties as in Microsoft's OpenAPI files of these services; durations are modelled.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...clock import Clock, stamp
from ...store import Document
from .. import errors
from ..inventory import Inventory
from . import errors as refusals
from .generic_type import GenericType

ROOT_RULE = "RootManageSharedAccessKey"
RIGHTS = ("Listen", "Manage", "Send")
BUSES = ("Microsoft.EventHub", "Microsoft.ServiceBus")
"""Their namespaces are all in the domain `servicebus.windows.net`."""


@dataclass(frozen=True)
class BusNamespace(GenericType):
    """A namespace of Event Hubs or Service Bus, which comes with an authorization rule."""

    inventory: Inventory | None = None

    def written(self, resource: Document) -> None:
        """Make the rule that every namespace has."""
        assert self.inventory is not None
        rule_id = f"{resource['id']}/authorizationRules/{ROOT_RULE}"
        if not self.inventory.get(rule_id):
            self.inventory.put(
                {
                    "id": rule_id,
                    "name": ROOT_RULE,
                    "type": f"{self.type}/authorizationRules",
                    "properties": {"rights": list(RIGHTS)},
                }
            )


def integrations(clock: Clock, inventory: Inventory) -> list[GenericType]:
    """Return the table of types."""

    def now() -> str:
        return stamp(clock.now())

    return [
        *_bus("Microsoft.EventHub", "eventhubs", "consumergroups", now, inventory),
        *_bus("Microsoft.ServiceBus", "topics", "subscriptions", now, inventory),
        GenericType(
            "Microsoft.EventGrid/topics",
            seconds=10,
            name=r"[A-Za-z0-9\-]{3,50}",
            actions={"listKeys": topic_keys},
            defaults=lambda resource: {
                "endpoint": f"https://{resource['name']}.{resource['location']}-1.eventgrid.azure.net/api/events",
                "inputSchema": "EventGridSchema",
                "publicNetworkAccess": "Enabled",
            },
        ),
        *_storage(now),
        *_data_explorer(),
    ]


def _bus(namespace: str, entity: str, listener: str, now: Callable[[], str], inventory: Inventory) -> list[GenericType]:
    """Return the types of Event Hubs or Service Bus, which have the same structure."""
    base = f"{namespace}/namespaces"
    return [
        BusNamespace(
            base,
            seconds=10,
            name=r"[A-Za-z][A-Za-z0-9\-]{4,48}[A-Za-z0-9]",
            extras={"sku": {"name": "Standard", "tier": "Standard"}},
            name_invalid=refusals.bus_name_invalid,
            name_taken=refusals.bus_name_taken,
            name_shared=tuple(f"{each}/namespaces" for each in BUSES if each != namespace),
            defaults=lambda resource: {
                "status": "Active",
                "createdAt": now(),
                "updatedAt": now(),
                "serviceBusEndpoint": f"https://{resource['name']}.servicebus.windows.net:443/",
            },
            inventory=inventory,
        ),
        GenericType(f"{base}/authorizationRules", tracked=False, created=200, actions={"listKeys": bus_keys}),
        GenericType(
            f"{base}/{entity}",
            tracked=False,
            created=200,
            defaults=lambda _resource: {"status": "Active", "createdAt": now(), "updatedAt": now()},
        ),
        GenericType(f"{base}/{entity}/authorizationRules", tracked=False, created=200, actions={"listKeys": bus_keys}),
        GenericType(f"{base}/{entity}/{listener}", tracked=False, created=200, name=r"[$A-Za-z0-9._\-]{1,50}"),
    ]


def _storage(now: Callable[[], str]) -> list[GenericType]:
    return [
        GenericType(
            "Microsoft.Storage/storageAccounts",
            seconds=15,
            created=202,
            name="[a-z0-9]{3,24}",
            noun="storage account",
            name_invalid=refusals.storage_name_invalid,
            name_taken=refusals.storage_name_taken,
            extras={"sku": {"name": "Standard_LRS", "tier": "Standard"}, "kind": "StorageV2"},
            actions={"listKeys": storage_keys},
            defaults=lambda resource: {
                "creationTime": now(),
                "statusOfPrimary": "available",
                "primaryLocation": resource["location"],
                "primaryEndpoints": {"blob": f"https://{resource['name']}.blob.core.windows.net/"},
            },
        ),
        GenericType(
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            tracked=False,
            implied=True,
            name=r"[a-z0-9$](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]",
        ),
    ]


def _data_explorer() -> list[GenericType]:
    return [
        GenericType(
            "Microsoft.Kusto/clusters",
            seconds=60,
            name="[a-z][a-z0-9]{3,21}",
            name_taken=refusals.cluster_name_taken,
            extras={"sku": {"name": "Dev(No SLA)_Standard_E2a_v4", "tier": "Basic", "capacity": 1}},
            defaults=lambda resource: {
                "state": "Running",
                "uri": f"https://{resource['name']}.{resource['location']}.kusto.windows.net",
                "dataIngestionUri": f"https://ingest-{resource['name']}.{resource['location']}.kusto.windows.net",
                "publicNetworkAccess": "Enabled",
            },
        ),
        GenericType(
            "Microsoft.Kusto/clusters/databases",
            tracked=False,
            seconds=5,
            extras={"kind": "ReadWrite"},
            name=r"[\w .\-]{1,260}",
            actions={
                "listPrincipals": list_principals,
                "addPrincipals": add_principals,
                "removePrincipals": remove_principals,
            },
        ),
    ]


_PRINCIPALS = "_principals"
_ROLES = ("Admin", "Ingestor", "Monitor", "User", "UnrestrictedViewer", "Viewer")


def list_principals(database: Document, _body: dict[str, Any]) -> dict[str, Any]:
    """Answer `listPrincipals` of a database in Data Explorer."""
    return {"value": database.get(_PRINCIPALS, [])}


def add_principals(database: Document, body: dict[str, Any]) -> dict[str, Any]:
    """Add principals to a database's roles, as the CLI's data history command does, and list them all."""
    return _with_principals(database, body, keep=True)


def remove_principals(database: Document, body: dict[str, Any]) -> dict[str, Any]:
    """Take principals out of a database's roles, and list those that stay."""
    return _with_principals(database, body, keep=False)


def _with_principals(database: Document, body: dict[str, Any], *, keep: bool) -> dict[str, Any]:
    given = body.get("value")
    if not isinstance(given, list) or not all(isinstance(each, dict) and each.get("role") in _ROLES for each in given):
        raise errors.invalid_request_content("Expected a list of principals with roles. Path 'value'.")
    named = [_who(each) for each in given]
    found = [each for each in database.get(_PRINCIPALS, []) if _who(each) not in named]
    database[_PRINCIPALS] = [*found, *given] if keep else found
    return list_principals(database, {})


def _who(principal: dict[str, Any]) -> tuple[str, str]:
    return str(principal["role"]), str(principal.get("fqn") or principal.get("appId") or principal.get("name")).lower()


def _key(resource: Document, which: str) -> str:
    """Return a key that opens nothing: derived from the resource's id, so that each answer gives the same one."""
    digest = hashlib.sha256(f"{resource['id']}/{which}".lower().encode()).digest()
    return base64.b64encode(digest).decode()


def bus_keys(rule: Document, _body: dict[str, Any]) -> dict[str, Any]:
    """Answer `listKeys` of an authorization rule: the connection strings that a key-based endpoint needs."""
    segments = rule["id"].split("/")
    namespace, entity = segments[8], segments[10] if len(segments) > 11 else ""
    tail = f";EntityPath={entity}" if entity else ""
    found: dict[str, Any] = {"keyName": rule["name"]}
    for which in ("primary", "secondary"):
        key = _key(rule, which)
        found[f"{which}Key"] = key
        found[f"{which}ConnectionString"] = (
            f"Endpoint=sb://{namespace}.servicebus.windows.net/;SharedAccessKeyName={rule['name']};"
            f"SharedAccessKey={key}{tail}"
        )
    return found


def topic_keys(topic: Document, _body: dict[str, Any]) -> dict[str, Any]:
    """Answer `listKeys` of an Event Grid topic."""
    return {"key1": _key(topic, "key1"), "key2": _key(topic, "key2")}


def storage_keys(account: Document, _body: dict[str, Any]) -> dict[str, Any]:
    """Answer `listKeys` of a storage account."""
    names = ("key1", "key2")
    return {"keys": [{"keyName": name, "value": _key(account, name), "permissions": "FULL"} for name in names]}
