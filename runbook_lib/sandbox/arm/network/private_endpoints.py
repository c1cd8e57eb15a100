"""Private endpoints: an address in your own network for a service, if the owner of the service approves.

Answers as recorded (azure-cli, May 2021); the refusal for a caller who can't approve at the target as quoted
in azure-docs issue 96892. Modelled: addresses, and that an endpoint's deletion removes its connection at once.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...store import Document
from ...world import derive_id
from .. import errors
from ..bodies import section, sections, text, texts
from ..calls import Call, Link, public
from ..generic_resources import GenericType
from ..inventory import Inventory
from . import errors as refusals
from .virtual_networks import prefix_of

ENDPOINTS = "Microsoft.Network/privateEndpoints"
PATH = "properties"
WRITE_SECONDS = 10
"""Modelled: the recording has a single poll after a few seconds."""
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
AUTOMATIC, MANUAL = "privateLinkServiceConnections", "manualPrivateLinkServiceConnections"
APPROVAL_SHORT = "PrivateEndpointConnectionsApproval/action"


class Target(Protocol):
    """A type that private endpoints can connect to."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The allowed values of `groupIds`."""
        ...

    def connect(self, instance: Document, endpoint_id: str, state: dict[str, str]) -> str:
        """Make the target's side of a connection and return its id."""
        ...


@dataclass(frozen=True)
class Interface(GenericType):
    """A network interface; private endpoints bring their own."""

    type: str = "Microsoft.Network/networkInterfaces"
    etag: bool = True
    name: str = r"[A-Za-z0-9][A-Za-z0-9._\-]{0,126}"


@dataclass(frozen=True)
class PrivateEndpoint(GenericType):
    """A private endpoint; the target decides the state of its connection."""

    type: str = ENDPOINTS
    seconds: float = WRITE_SECONDS
    etag: bool = True
    inventory: Inventory = field(kw_only=True)
    targets: dict[str, Target] = field(kw_only=True)

    def links(self, call: Call) -> Iterable[Link]:
        """Name what else the caller needs: to join the subnet and, unless the owner is asked, to approve."""
        properties = section(call.body(), "properties")
        subnet = text(section(properties, "subnet", PATH), "id", PATH)
        if subnet:
            yield Link(JOIN, _checked_id(subnet, "properties.subnet.id"))
        for connection in sections(properties, AUTOMATIC, PATH):
            target_id = text(section(connection, "properties", PATH), "privateLinkServiceId", PATH)
            target = self.inventory.get(target_id)
            if target:
                yield Link(f"{target['type']}/{APPROVAL_SHORT}", target_id, APPROVAL_SHORT)

    def check(self, call: Call, resource: Document) -> None:
        """Check subnet and target, and ask the target for a connection."""
        super().check(call, resource)
        properties, existing = resource["properties"], resource.get("_sandbox")
        subnet = self._subnet(resource)
        kept = {kind: sections(properties, kind, PATH) for kind in (AUTOMATIC, MANUAL)}
        wanted = [(kind, each) for kind, connections in kept.items() for each in connections]
        if len(wanted) != 1:
            raise errors.bad_request("A private endpoint needs exactly one private link service connection.")
        kind, connection = wanted[0]
        target_id = text(section(connection, "properties", PATH), "privateLinkServiceId", PATH)
        asked = {"kind": kind, "target": target_id.lower()}
        if not existing:
            resource["_sandbox"] = {"connection": self._connect(resource, kind, connection), **asked}
        elif any(existing[name] != value for name, value in asked.items()):
            raise errors.bad_request("The connection of a private endpoint cannot be changed.")  # modelled
        properties |= {
            **{
                name: [self._connection(resource, name, each) for each in each_kind] for name, each_kind in kept.items()
            },
            "resourceGuid": str(uuid.uuid4()),
            "subnet": {"id": subnet["id"]},
            "networkInterfaces": [{"id": self._interface(resource, subnet)}],
            "customDnsConfigs": [],
        }

    def show(self, resource: Document) -> Document:
        """Return the endpoint with the current state of its connection, and with the address once that's approved."""
        shown = public(resource)
        properties = dict(shown["properties"])
        connection = self.inventory.get(resource["_sandbox"]["connection"])
        state = {"status": "Disconnected", "description": "", "actionsRequired": "None"}
        if connection:
            state = connection["properties"]["privateLinkServiceConnectionState"]
        for kind in (AUTOMATIC, MANUAL):
            properties[kind] = [
                {
                    **each,
                    "etag": shown["etag"],
                    "properties": {**each["properties"], "privateLinkServiceConnectionState": state},
                }
                for each in properties[kind]
            ]
        if state["status"] == "Approved" and not self.inventory.children(resource["id"], "privateDnsZoneGroups"):
            properties["customDnsConfigs"] = self.addresses(resource)
        return {**shown, "properties": properties}

    def addresses(self, resource: Document) -> list[dict[str, Any]]:
        """List the names to resolve to this endpoint, with its address."""
        connection = (resource["properties"][AUTOMATIC] + resource["properties"][MANUAL])[0]
        target = self.inventory.get(connection["properties"]["privateLinkServiceId"])
        host = target["properties"].get("hostName") if target else None
        return [{"fqdn": host, "ipAddresses": [resource["_sandbox"]["address"]]}] if host else []

    def forget(self, resource: Document) -> None:
        """Remove the target's side of the connection, and the interface."""
        gone = (resource["_sandbox"]["connection"], resource["properties"]["networkInterfaces"][0]["id"])
        for found in map(self.inventory.get, gone):
            if found:
                self.inventory.forget(found)

    def _subnet(self, resource: Document) -> Document:
        subnet_id = text(section(resource["properties"], "subnet", PATH), "id", PATH)
        subnet = self.inventory.get(_checked_id(subnet_id, "properties.subnet.id"))
        network = self.inventory.get(subnet_id.rpartition("/subnets/")[0])
        if subnet is None or network is None or network["location"] != resource["location"]:
            raise refusals.invalid_resource_reference(subnet_id, resource["id"])
        return subnet

    def _connect(self, resource: Document, kind: str, connection: dict[str, Any]) -> str:
        given = section(connection, "properties", PATH)
        target_id = text(given, "privateLinkServiceId", PATH)
        instance = self.inventory.get(_checked_id(target_id, f"properties.{kind}.privateLinkServiceId"))
        if instance is None:
            raise refusals.invalid_resource_reference(target_id, resource["id"])
        target = self.targets.get(instance["type"].lower())
        groups = texts(given, "groupIds", PATH)
        if target is None or not groups or any(group not in target.groups for group in groups):
            # Modelled: it's documented that only these names are accepted, but not how others are refused.
            raise errors.bad_request(f"The groupIds {groups} are not valid for '{target_id}'.")
        request = text(given, "requestMessage", PATH)
        automatic = {"status": "Approved", "description": "Auto-Approved"}
        state = automatic if kind == AUTOMATIC else {"status": "Pending", "description": request}
        return target.connect(instance, resource["id"], state)

    @staticmethod
    def _connection(resource: Document, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        properties = {**section(given, "properties", PATH), "provisioningState": "Succeeded"}
        properties["groupIds"] = texts(properties, "groupIds", PATH)
        properties.pop("privateLinkServiceConnectionState", None)
        if not text(properties, "requestMessage", PATH):
            properties.pop("requestMessage", None)
        name = text(given, "name", PATH)
        return {
            "name": name,
            "id": f"{resource['id']}/{kind}/{name}",
            "properties": properties,
            "type": f"{ENDPOINTS}/{kind}",
        }

    def _interface(self, resource: Document, subnet: Document) -> str:
        """Make the interface that has the endpoint's address, unless it exists, and return its id."""
        name = f"{resource['name']}.nic.{derive_id('interface', resource['id'])}"
        interface_id = f"{resource['id'].rpartition('/privateEndpoints/')[0]}/networkInterfaces/{name}"
        if not self.inventory.get(interface_id):
            address = resource["_sandbox"]["address"] = self._free_address(subnet)
            self.inventory.put(
                {
                    "name": name,
                    "id": interface_id,
                    "etag": resource["etag"],
                    "type": Interface.type,
                    "location": resource["location"],
                    "tags": {},
                    "properties": {
                        "provisioningState": "Succeeded",
                        "privateEndpoint": {"id": resource["id"]},
                        "ipConfigurations": [
                            {
                                "name": "privateEndpointIpConfig",
                                "properties": {
                                    "privateIPAddress": address,
                                    "privateIPAllocationMethod": "Dynamic",
                                    "subnet": {"id": subnet["id"]},
                                    "primary": True,
                                },
                            }
                        ],
                    },
                }
            )
        return interface_id

    def _free_address(self, subnet: Document) -> str:
        """Return the subnet's first free address; Azure keeps the first four for itself."""
        subscription = "/".join(subnet["id"].split("/")[:3])
        taken = {e["_sandbox"].get("address") for e in self.inventory.below(subscription, ENDPOINTS) if "_sandbox" in e}
        hosts = (str(host) for host in ipaddress.ip_network(prefix_of(subnet)).hosts())
        free = (host for number, host in enumerate(hosts) if number >= 3 and host not in taken)
        found = next(free, None)
        if found is None:
            raise refusals.subnet_is_full(subnet["name"])
        return found


def _checked_id(value: str, path: str) -> str:
    if not value.lower().startswith("/subscriptions/"):
        raise errors.linked_invalid_property_id(value, path)
    return value
