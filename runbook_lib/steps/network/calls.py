"""The calls that create a private endpoint and its parts, decide on connections, and switch public network access.

Plans show them, and the steps make them.
"""

from __future__ import annotations

from typing import Any

from ...azure.resource_ids import name_of, names, parent_of, subscription_of
from ..core.codegen import model
from ..core.recipes import Call
from . import kinds
from .topology import SUB_RESOURCE, Connection, Topology, version_of


def create(kind: str, resource_id: str, topology: Topology, *, request: bool = False) -> Call:
    """Create a part of the topology, `kind` as changes name it; with `request` the endpoint waits for approval."""
    body = _endpoint(topology, request=request) if kind == kinds.PRIVATE_ENDPOINT.name else _BODIES[kind](topology)
    options: dict[str, Any] = {"api_version": version_of(resource_id)}
    if kind in _CONDITIONAL and not topology.is_there(kind):
        options["headers"] = {"If-None-Match": "*"}
    operation = "resources.begin_create_or_update_by_id"
    return Call("resources", subscription_of(resource_id), operation, (resource_id, body), options)


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
    subscription, group, instance = names(parent_of(connection.id))
    operation = "private_endpoint_connections.begin_create_or_update"
    return Call("digital_twins", subscription, operation, (group, instance, name_of(connection.id), body))


def set_public_access(instance_id: str, value: str) -> Call:
    """Write Enabled or Disabled. Tags and identities stay as they are."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

    properties = model(DigitalTwinsPatchProperties, public_network_access=value)
    patch = model(DigitalTwinsPatchDescription, properties=properties)
    subscription, group, instance = names(instance_id)
    return Call("digital_twins", subscription, "digital_twins.begin_update", (group, instance, patch))


DECIDED = "{} with the Azure Digital Twins setup guide."
"""The description of a connection that got this status."""


def request_message(topology: Topology) -> str:
    """Tell the person who has to approve it what the connection is for."""
    network = name_of(topology.network_id)
    return f"Private access for clients in {network}, requested by the Azure Digital Twins setup guide."


def _network(topology: Topology) -> dict[str, Any]:
    # One that Azure gave up keeps what it has: a network that is written without its subnets loses them.
    space = list(topology.space) or [topology.address_range]
    subnets = [{"name": one["name"], "properties": one["properties"]} for one in topology.subnets]
    properties: dict[str, Any] = {"addressSpace": {"addressPrefixes": space}}
    properties |= {"subnets": subnets} if subnets else {}
    return {"location": topology.region, "tags": topology.tags, "properties": properties}


def _subnet(topology: Topology) -> dict[str, Any]:
    return {"properties": {"addressPrefix": topology.subnet_range}}


def _endpoint(topology: Topology, *, request: bool) -> dict[str, Any]:
    target: dict[str, Any] = {"privateLinkServiceId": topology.instance_id, "groupIds": [SUB_RESOURCE]}
    if request:
        target["requestMessage"] = request_message(topology)
    kind = "manualPrivateLinkServiceConnections" if request else "privateLinkServiceConnections"
    connection = {"name": name_of(topology.endpoint_id), "properties": target}
    properties = {"subnet": {"id": topology.subnet_id}, kind: [connection]}
    return {"location": topology.region, "tags": topology.tags, "properties": properties}


def _zone(topology: Topology) -> dict[str, Any]:
    return {"location": "global", "tags": topology.tags, "properties": {}}


def _link(topology: Topology) -> dict[str, Any]:
    properties = {"registrationEnabled": False, "virtualNetwork": {"id": topology.network_id}}
    return {"location": "global", "tags": topology.tags, "properties": properties}


def _zone_group(topology: Topology) -> dict[str, Any]:
    config = {"name": topology.config_name, "properties": {"privateDnsZoneId": topology.zone_id}}
    return {"properties": {"privateDnsZoneConfigs": [config]}}


_CONDITIONAL = (kinds.ZONE.name, kinds.ZONE_LINK.name)
"""What Azure creates on the condition that it isn't there (privatedns.json). Others have no such precondition."""
_BODIES = {
    kinds.NETWORK.name: _network,
    kinds.SUBNET.name: _subnet,
    kinds.ZONE.name: _zone,
    kinds.ZONE_LINK.name: _link,
    kinds.ZONE_GROUP.name: _zone_group,
}
