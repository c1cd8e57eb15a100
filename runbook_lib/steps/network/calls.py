"""The calls that make a private endpoint and its parts, decide about connections, and switch public network access.

Plans show them, and the steps make them.
"""

from __future__ import annotations

from typing import Any

from ..core import kinds
from ..core.codegen import model
from ..core.recipes import Call
from . import topology
from .topology import Connection, Wiring, name_of

CONFIG_NAME = topology.ZONE_NAME.replace(".", "-")
"""What the portal calls the zone inside the group."""


def create(kind: str, resource_id: str, wiring: Wiring, *, request: bool = False) -> Call:
    """Make a part of the wiring, `kind` as changes name it; with `request` the endpoint waits for an approval."""
    body = _endpoint(wiring, request=request) if kind == kinds.PRIVATE_ENDPOINT else _BODIES[kind](wiring)
    options = {"api_version": topology.version_of(resource_id)}
    operation = "resources.begin_create_or_update_by_id"
    return Call("resources", resource_id.split("/")[2], operation, (resource_id, body), options)


def decide(connection: Connection, status: str) -> Call:
    """Give a connection the status Approved or Rejected."""
    from azure.mgmt.digitaltwins.models import (
        ConnectionProperties,
        ConnectionPropertiesPrivateLinkServiceConnectionState,
        PrivateEndpointConnection,
    )

    state = model(
        ConnectionPropertiesPrivateLinkServiceConnectionState,
        status=status,
        description=DECIDED.format(status),
        actions_required="None",
    )
    properties = model(
        ConnectionProperties, group_ids=list(connection.group_ids), private_link_service_connection_state=state
    )
    body = model(PrivateEndpointConnection, properties=properties)
    _, _, subscription, _, group, *_, instance, _, name = connection.id.split("/")
    operation = "private_endpoint_connections.begin_create_or_update"
    return Call("digital_twins", subscription, operation, (group, instance, name, body))


def set_public_access(instance_id: str, value: str) -> Call:
    """Write Enabled or Disabled. Tags and identities stay as they are."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

    properties = model(DigitalTwinsPatchProperties, public_network_access=value)
    patch = model(DigitalTwinsPatchDescription, properties=properties)
    _, _, subscription, _, group, *_, instance = instance_id.split("/")
    return Call("digital_twins", subscription, "digital_twins.begin_update", (group, instance, patch))


DECIDED = "{} with the Azure Digital Twins setup guide."
"""What is noted at a connection that has got the status."""


def request_message(wiring: Wiring) -> str:
    """Say, to whoever has to approve the connection, what it is for."""
    return (
        f"Private access for clients of {name_of(wiring.network_id)}, asked for by the Azure Digital Twins setup guide."
    )


def _network(wiring: Wiring) -> dict[str, Any]:
    return {"location": wiring.region, "properties": {"addressSpace": {"addressPrefixes": [wiring.address_range]}}}


def _subnet(wiring: Wiring) -> dict[str, Any]:
    return {"properties": {"addressPrefix": wiring.subnet_range}}


def _endpoint(wiring: Wiring, *, request: bool) -> dict[str, Any]:
    target: dict[str, Any] = {"privateLinkServiceId": wiring.instance_id, "groupIds": [topology.SUB_RESOURCE]}
    if request:
        target["requestMessage"] = request_message(wiring)
    kind = "manualPrivateLinkServiceConnections" if request else "privateLinkServiceConnections"
    connection = {"name": name_of(wiring.endpoint_id), "properties": target}
    return {"location": wiring.region, "properties": {"subnet": {"id": wiring.subnet_id}, kind: [connection]}}


def _zone(wiring: Wiring) -> dict[str, Any]:
    return {"location": "global", "properties": {}}


def _link(wiring: Wiring) -> dict[str, Any]:
    properties = {"registrationEnabled": False, "virtualNetwork": {"id": wiring.network_id}}
    return {"location": "global", "properties": properties}


def _zone_group(wiring: Wiring) -> dict[str, Any]:
    config = {"name": CONFIG_NAME, "properties": {"privateDnsZoneId": wiring.zone_id}}
    return {"properties": {"privateDnsZoneConfigs": [config]}}


_BODIES = {
    kinds.NETWORK: _network,
    kinds.SUBNET: _subnet,
    kinds.ZONE: _zone,
    kinds.ZONE_LINK: _link,
    kinds.ZONE_GROUP: _zone_group,
}
