"""Virtual networks with their subnets, and network security groups.

Shapes as recorded (azure-cli, May 2021); codes and texts of the refusals as Azure sends them for a wrong
address (common knowledge; we have no recording).
"""

from __future__ import annotations

import ipaddress
import uuid
from dataclasses import dataclass, field
from typing import Any

from ...store import Document
from .. import errors
from ..bodies import section, sections, text, texts
from ..calls import Call, public
from ..generic_resources import GenericType
from ..inventory import Inventory
from . import errors as refusals

NETWORKS = "Microsoft.Network/virtualNetworks"
PATH, SUBNETS = "properties", "properties.subnets"
WRITE_SECONDS = 4
"""Recorded as done at the first poll, a few seconds later."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class VirtualNetwork(GenericType):
    """A virtual network. Its subnets are resources of their own, and its answers repeat them."""

    type: str = NETWORKS
    seconds: float = WRITE_SECONDS
    etag: bool = True
    name: str = r"[A-Za-z0-9][A-Za-z0-9._\-]{0,62}[A-Za-z0-9_]"
    inventory: Inventory = field(kw_only=True)

    def check(self, call: Call, resource: Document) -> None:
        """Check the addresses. Take the subnets out of the body, to be written as resources of their own."""
        super().check(call, resource)
        properties = resource["properties"]
        space = texts(section(properties, "addressSpace", PATH), "addressPrefixes", PATH)
        networks = [parsed(prefix, resource["id"]) for prefix in space]
        if not networks:
            raise errors.bad_request("The virtual network has no address space.")  # modelled
        listed = sections(properties, "subnets", PATH) if "subnets" in properties else None
        properties.pop("subnets", None)
        options = section(properties, "dhcpOptions", PATH)
        properties |= {
            "resourceGuid": str(uuid.uuid4()),
            "dhcpOptions": {**options, "dnsServers": texts(options, "dnsServers", PATH)},
            "virtualNetworkPeerings": properties.get("virtualNetworkPeerings") or [],
            "enableDdosProtection": bool(properties.get("enableDdosProtection")),
        }
        if listed is not None:
            self._replace_subnets(resource, listed)

    def show(self, resource: Document) -> Document:
        """Return the network with its subnets, which have the network's state."""
        shown = public(resource)
        state = {"provisioningState": shown["properties"]["provisioningState"]}
        subnets = [public(subnet) for subnet in self.inventory.children(resource["id"], "subnets")]
        if state["provisioningState"] != "Succeeded":
            subnets = [{**subnet, "properties": {**subnet["properties"], **state}} for subnet in subnets]
        shown["properties"] = {**shown["properties"], "subnets": subnets}
        return shown

    def check_removable(self, resource: Document) -> None:
        """Refuse while something is in one of the subnets."""
        for subnet in self.inventory.children(resource["id"], "subnets"):
            check_unused(self.inventory, subnet)

    def _replace_subnets(self, network: Document, listed: list[dict[str, Any]]) -> None:
        wanted = [
            new_subnet(network, text(each, "name", SUBNETS), section(each, "properties", SUBNETS)) for each in listed
        ]
        names = {subnet["name"].lower() for subnet in wanted}
        for subnet in self.inventory.children(network["id"], "subnets"):
            if subnet["name"].lower() not in names:
                check_unused(self.inventory, subnet)
                self.inventory.forget(subnet)
        for number, subnet in enumerate(wanted):
            check_addresses(network, subnet, wanted[:number])
            self.inventory.put(subnet)


@dataclass(frozen=True)
class Subnet(GenericType):
    """A subnet."""

    type: str = f"{NETWORKS}/subnets"
    tracked: bool = False
    seconds: float = WRITE_SECONDS
    etag: bool = True
    inventory: Inventory = field(kw_only=True)

    def check(self, call: Call, resource: Document) -> None:
        """Check the addresses against those of the network and of the other subnets."""
        super().check(call, resource)
        network = self.inventory.get(resource["id"].rpartition("/subnets/")[0])
        assert network is not None, "the gateway has looked"
        resource["properties"] = subnet_properties(resource["properties"])
        others = self.inventory.children(network["id"], "subnets")
        check_addresses(network, resource, [other for other in others if other["id"] != resource["id"]])

    def check_removable(self, resource: Document) -> None:
        """Refuse while something is in the subnet."""
        check_unused(self.inventory, resource)


@dataclass(frozen=True)
class SecurityGroup(GenericType):
    """A network security group, whose answers name the subnets that use it."""

    type: str = "Microsoft.Network/networkSecurityGroups"
    seconds: float = WRITE_SECONDS
    etag: bool = True
    inventory: Inventory = field(kw_only=True)

    def show(self, resource: Document) -> Document:
        """Return the group with its rules and subnets."""
        shown = public(resource)
        subscription = "/".join(resource["id"].split("/")[:3])
        users = [
            {"id": subnet["id"]}
            for subnet in self.inventory.below(subscription, f"{NETWORKS}/subnets")
            if section(subnet["properties"], "networkSecurityGroup").get("id", "").lower() == resource["id"].lower()
        ]
        rules = {"securityRules": [], "defaultSecurityRules": [], **shown["properties"]}
        shown["properties"] = {**rules, **({"subnets": users} if users else {})}
        return shown


def new_subnet(network: Document, name: str, properties: dict[str, Any]) -> Document:
    """Return the subnet that a network's body lists."""
    return {
        "name": name,
        "id": f"{network['id']}/subnets/{name}",
        "etag": network["etag"],
        "properties": subnet_properties(properties),
        "type": f"{NETWORKS}/subnets",
    }


def subnet_properties(given: dict[str, Any]) -> dict[str, Any]:
    """Return a subnet's properties with what the service adds. Raises ArmError if they're invalid."""
    for name in ("networkSecurityGroup", "routeTable", "natGateway"):
        text(section(given, name, SUBNETS), "id", SUBNETS)
    return {
        **given,
        "provisioningState": "Succeeded",
        "delegations": sections(given, "delegations", SUBNETS),
        "privateEndpointNetworkPolicies": text(given, "privateEndpointNetworkPolicies", SUBNETS) or "Disabled",
        "privateLinkServiceNetworkPolicies": text(given, "privateLinkServiceNetworkPolicies", SUBNETS) or "Enabled",
    }


def prefix_of(subnet: Document) -> str:
    """Return a subnet's address prefix, which can be given in two ways."""
    properties = subnet["properties"]
    listed = texts(properties, "addressPrefixes", SUBNETS)
    return text(properties, "addressPrefix", SUBNETS) or next(iter(listed), "")


def parsed(prefix: str, resource_id: str) -> Network:
    """Read an address prefix. Raises ArmError if it isn't one."""
    try:
        return ipaddress.ip_network(prefix)
    except ValueError:
        raise refusals.invalid_address_prefix(prefix, resource_id) from None


def check_addresses(network: Document, subnet: Document, others: list[Document]) -> None:
    """Refuse a subnet outside its network's addresses, or one that overlaps with another. Raises ArmError."""
    name, own = subnet["name"], parsed(prefix_of(subnet), subnet["id"])
    space = [parsed(each, network["id"]) for each in network["properties"]["addressSpace"]["addressPrefixes"]]
    if not any(_within(own, each) for each in space):
        raise refusals.invalid_subnet(name, network["name"])
    if any(own.overlaps(parsed(prefix_of(other), other["id"])) for other in others):
        raise refusals.subnets_overlap(name, network["name"])


def _within(one: Network, other: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(other, ipaddress.IPv4Network) and one.subnet_of(other)
    return isinstance(other, ipaddress.IPv6Network) and one.subnet_of(other)


def check_unused(inventory: Inventory, subnet: Document) -> None:
    """Refuse to remove a subnet that has a private endpoint. Raises ArmError."""
    subscription = "/".join(subnet["id"].split("/")[:3])
    for endpoint in inventory.below(subscription, "Microsoft.Network/privateEndpoints"):
        if endpoint["properties"]["subnet"]["id"].lower() == subnet["id"].lower():
            raise refusals.subnet_in_use(subnet["name"], endpoint["id"])
