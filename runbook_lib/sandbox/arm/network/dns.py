"""Private DNS: zones, their links to virtual networks, and the groups that keep an endpoint's names in a zone.

Facts: section 6 of the behaviour notes; shapes of the OpenAPI files. Modelled: durations, and the numbers of records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...store import Document
from .. import errors
from ..bodies import section, sections, text
from ..calls import Call, Link, public
from ..generic_resources import GenericType
from ..inventory import Inventory
from . import errors as refusals
from .records import FIELDS

ZONES = "Microsoft.Network/privateDnsZones"
PATH = "properties"
WRITE_SECONDS = 20
RECORD_SECONDS = 10
TTL = 10


@dataclass(frozen=True)
class PrivateDnsZone(GenericType):
    """A private DNS zone."""

    type: str = ZONES
    seconds: float = WRITE_SECONDS
    etag: bool = True
    conditional: bool = True
    name: str = r"[\w\-]+(\.[\w\-]+)+"
    inventory: Inventory = field(kw_only=True)

    def show(self, resource: Document) -> Document:
        """Return the zone with its limits and what is used of them."""
        links = self.inventory.children(resource["id"], "virtualNetworkLinks")
        records = sum(len(self.inventory.children(resource["id"], kind)) for kind in FIELDS)
        registering = sum(bool(link["properties"].get("registrationEnabled")) for link in links)
        numbers = {
            "maxNumberOfRecordSets": 25000,
            "numberOfRecordSets": 1 + records,  # one is the zone's own SOA
            "maxNumberOfVirtualNetworkLinks": 1000,
            "numberOfVirtualNetworkLinks": len(links),
            "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
            "numberOfVirtualNetworkLinksWithRegistration": registering,
        }
        shown = public(resource)
        return {**shown, "properties": {**numbers, **shown["properties"]}}


@dataclass(frozen=True)
class VirtualNetworkLink(GenericType):
    """A link of a zone to a virtual network, whose machines then resolve names through the zone."""

    type: str = f"{ZONES}/virtualNetworkLinks"
    seconds: float = WRITE_SECONDS
    etag: bool = True
    conditional: bool = True
    inventory: Inventory = field(kw_only=True)

    def links(self, call: Call) -> Iterable[Link]:
        """Name the network that the caller needs permission to join."""
        network = _network(section(call.body(), "properties"))
        if network:
            yield Link("Microsoft.Network/virtualNetworks/join/action", network)

    def check(self, call: Call, resource: Document) -> None:
        """Refuse a link to a network that does not exist."""
        super().check(call, resource)
        properties = resource["properties"]
        network_id = _network(properties)
        if not self.inventory.get(network_id):
            raise refusals.invalid_resource_reference(network_id, resource["id"])
        zone = _zone_name(resource)
        for other in self.inventory.below("/subscriptions", self.type):
            same = _zone_name(other) == zone and _network(other["properties"]).lower() == network_id.lower()
            if same and other["id"].lower() != resource["id"].lower():
                raise refusals.zones_overlap(zone)
        properties["registrationEnabled"] = bool(properties.get("registrationEnabled"))

    def show(self, resource: Document) -> Document:
        """Return the link with its state."""
        shown = public(resource)
        done = shown["properties"]["provisioningState"] == "Succeeded"
        state = {"virtualNetworkLinkState": "Completed" if done else "InProgress"}
        return {**shown, "properties": {**shown["properties"], **state}}


@dataclass(frozen=True)
class ZoneGroup(GenericType):
    """The zones where a private endpoint keeps its names."""

    type: str = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
    tracked: bool = False
    seconds: float = RECORD_SECONDS
    etag: bool = True
    inventory: Inventory = field(kw_only=True)

    def links(self, call: Call) -> Iterable[Link]:
        """Name the zones that the caller needs permission to join."""
        for zone_id in _zones(section(call.body(), "properties")):
            yield Link(f"{ZONES}/join/action", zone_id)

    def check(self, call: Call, resource: Document) -> None:
        """Refuse zones that don't exist."""
        super().check(call, resource)
        zones = _zones(resource["properties"])
        if not zones:
            raise errors.bad_request("The private DNS zone group has no zone.")  # modelled
        for zone_id in zones:
            if not self.inventory.get(zone_id):
                raise refusals.invalid_resource_reference(zone_id, resource["id"])
        for config in resource["properties"]["privateDnsZoneConfigs"]:
            config["name"] = text(config, "name", PATH)

    def written(self, resource: Document) -> None:
        """Write the endpoint's names into the zones."""
        self.forget(resource)
        endpoint = self.inventory.get(resource["id"].rpartition("/privateDnsZoneGroups/")[0])
        assert endpoint is not None, "the gateway has looked"
        written = []
        for config in resource["properties"]["privateDnsZoneConfigs"]:
            records = self._records(endpoint, config["properties"]["privateDnsZoneId"])
            written += [record["id"] for record in records]
            config["properties"]["recordSets"] = [_shown(record) for record in records]
        resource["_sandbox"] = {"records": written}

    def forget(self, resource: Document) -> None:
        """Remove the names from the zones."""
        for record_id in resource.get("_sandbox", {}).get("records", []):
            record = self.inventory.get(record_id)
            if record:
                self.inventory.forget(record)

    def _records(self, endpoint: Document, zone_id: str) -> list[Document]:
        zone = self.inventory.get(zone_id)
        connections = [
            *endpoint["properties"]["privateLinkServiceConnections"],
            *endpoint["properties"]["manualPrivateLinkServiceConnections"],
        ]
        target = self.inventory.get(connections[0]["properties"]["privateLinkServiceId"])
        host = target["properties"].get("hostName") if target else None
        if zone is None or not host:
            return []
        # `twins.api.weu.digitaltwins.azure.net` becomes `twins.api.weu` in `privatelink.digitaltwins.azure.net`.
        name = host.lower().removesuffix("." + zone["name"].lower().removeprefix("privatelink."))
        record = {
            "id": f"{zone['id']}/A/{name}",
            "name": name,
            "type": f"{ZONES}/A",
            "etag": endpoint["etag"],
            "properties": {
                "fqdn": f"{name}.{zone['name']}.",
                "ttl": TTL,
                "isAutoRegistered": False,
                "aRecords": [{"ipv4Address": endpoint["_sandbox"]["address"]}],
            },
        }
        self.inventory.put(record)
        return [record]


def _zones(properties: dict[str, Any]) -> list[str]:
    configs = sections(properties, "privateDnsZoneConfigs", PATH)
    return [text(section(config, "properties", PATH), "privateDnsZoneId", PATH) for config in configs]


def _zone_name(link: Document) -> str:
    return str(link["id"]).split("/")[8].lower()


def _network(properties: dict[str, Any]) -> str:
    return text(section(properties, "virtualNetwork", PATH), "id", PATH)


def _shown(record: Document) -> dict[str, Any]:
    return {
        "recordType": "A",
        "recordSetName": record["name"],
        "fqdn": record["properties"]["fqdn"].rstrip("."),
        "ttl": TTL,
        "ipAddresses": [each["ipv4Address"] for each in record["properties"]["aRecords"]],
        "provisioningState": "Succeeded",
    }
