"""Record sets of private DNS zones, and the two lists of Microsoft.Network that aren't resources.

Shapes of the OpenAPI files; rules as in the article on DNS zones and records. Modelled: the texts of the refusals, and
the zone's own SOA record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...context import Context
from ...http import Answer
from ...store import Document
from .. import errors
from ..calls import ArmRoute, Call, public
from ..generic_resources import GenericType
from ..inventory import Inventory
from ..paging import page

ZONES = "Microsoft.Network/privateDnsZones"
FIELDS = {
    "A": "aRecords",
    "AAAA": "aaaaRecords",
    "CNAME": "cnameRecord",
    "MX": "mxRecords",
    "PTR": "ptrRecords",
    "SRV": "srvRecords",
    "TXT": "txtRecords",
}
"""Where each type has its records."""
TARGETS = {
    "Microsoft.DigitalTwins/digitalTwinsInstances": "Azure Digital Twins",
    "Microsoft.EventHub/namespaces": "Event Hubs",
    "Microsoft.ServiceBus/namespaces": "Service Bus",
    "Microsoft.EventGrid/topics": "Event Grid",
    "Microsoft.Storage/storageAccounts": "Storage",
    "Microsoft.Kusto/clusters": "Azure Data Explorer",
}
"""What a private endpoint can connect to on Azure, as far as the sandbox has it."""


@dataclass(frozen=True)
class RecordSet(GenericType):
    """The records of one type and name."""

    tracked: bool = False
    etag: bool = True
    name: str = r"@|[*\w\-]{1,63}(\.[\w\-]{1,63})*"
    inventory: Inventory = field(kw_only=True)

    @property
    def kind(self) -> str:
        """The type of the records."""
        return self.names[-1]

    def check(self, call: Call, resource: Document) -> None:
        """Refuse records that can't be: of another type, or a CNAME beside others."""
        super().check(call, resource)
        properties, own = resource["properties"], FIELDS[self.kind]
        others = [name for name in FIELDS.values() if name != own and properties.get(name)]
        if others or not isinstance(properties.get(own, []), dict if self.kind == "CNAME" else list):
            raise errors.bad_request(f"The record set of type {self.kind} can have {own} only.")
        zone = resource["id"].rpartition(f"/{self.kind}/")[0]
        for other in FIELDS:
            beside = other != self.kind and self.inventory.get(f"{zone}/{other}/{resource['name']}")
            if beside and "CNAME" in (other, self.kind):
                raise errors.conflict(f"A CNAME record set and one of type {other} can't have the same name.")

    def show(self, resource: Document) -> Document:
        """Return the record set with its full name."""
        properties = {n: value for n, value in resource["properties"].items() if n != "provisioningState"}
        zone, name = resource["id"].split("/")[8], resource["name"]
        full = {"fqdn": f"{zone}." if name == "@" else f"{name}.{zone}.", "isAutoRegistered": False}
        return {**public(resource), "properties": {"ttl": 3600, **properties, **full}}


def record_sets(inventory: Inventory) -> list[RecordSet]:
    """Return the types of record sets."""
    return [RecordSet(f"{ZONES}/{kind}", inventory=inventory) for kind in FIELDS]


class NetworkLists:
    """Serves all record sets of a zone, and the types that private endpoints can connect to."""

    def __init__(self, context: Context, inventory: Inventory) -> None:
        self._context = context
        self._inventory = inventory

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        subscription = "/subscriptions/{subscription}"
        group = subscription + "/resourceGroups/{group}"
        low = "providers/Microsoft.Network/locations/{location}/availablePrivateEndpointTypes"
        action = "Microsoft.Network/locations/availablePrivateEndpointTypes/read"
        return [
            ArmRoute("GET", f"{group}/providers/{ZONES}/{{zone}}/ALL", self.all_records, f"{ZONES}/ALL/read"),
            ArmRoute("GET", f"{subscription}/{low}", self.endpoint_types, action, anywhere=True),
            ArmRoute("GET", f"{group}/{low}", self.endpoint_types, action, anywhere=True),
        ]

    def all_records(self, call: Call) -> Answer:
        """List the record sets of every type in a zone, its own SOA first."""
        zone = self._inventory.get(call.target.scope)
        assert zone is not None, "the gateway has looked"
        suffix = call.request.parameter("$recordsetnamesuffix").lower()
        found = [
            kind.show(record)
            for kind in record_sets(self._inventory)
            for record in self._inventory.children(zone["id"], kind.kind)
        ]
        return page(call, [each for each in (_soa(zone), *found) if each["name"].lower().endswith(suffix)])

    def endpoint_types(self, call: Call) -> Answer:
        """List what a private endpoint can connect to in a region."""
        above = f"/subscriptions/{call.target.subscription}/providers/Microsoft.Network/AvailablePrivateEndpointTypes"
        found = [
            {
                "name": (name := full.replace("/", ".")),
                "id": f"{above}/{name}",
                "type": "Microsoft.Network/AvailablePrivateEndpointTypes",
                "resourceName": full,
                "displayName": shown,
            }
            for full, shown in TARGETS.items()
        ]
        return page(call, found)


def _soa(zone: Document) -> dict[str, Any]:
    record = {
        "email": "azureprivatedns-host.microsoft.com",
        "expireTime": 2419200,
        "host": "azureprivatedns.net",
        "minimumTtl": 10,
        "refreshTime": 3600,
        "retryTime": 300,
        "serialNumber": 1,
    }
    return {
        "id": f"{zone['id']}/SOA/@",
        "name": "@",
        "type": f"{ZONES}/SOA",
        "etag": zone["etag"],
        "properties": {"fqdn": f"{zone['name']}.", "ttl": 3600, "isAutoRegistered": False, "soaRecord": record},
    }
