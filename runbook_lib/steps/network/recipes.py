"""How to set up private access by hand: the parts of a private endpoint, its connection, the public switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from ...azure.resource_ids import group_of, name_of, names, parent_of, subscription_of
from ..core.recipes import Recipe, az, tag_words
from . import calls, kinds
from .topology import SUB_RESOURCE, Connection, Topology

SWITCH = {"Enabled": "All networks", "Disabled": "Disabled"}
"""The portal's names for the values of public network access."""


def part(kind: str, resource_id: str, topology: Topology, *, request: bool = False) -> Recipe:
    """Create a part of the topology, `kind` as changes name it; with `request` the endpoint waits for approval."""
    page, command = (
        _endpoint(topology, request=request) if kind == kinds.PRIVATE_ENDPOINT.name else _PARTS[kind](topology)
    )
    return Recipe(page, command, (calls.create(kind, resource_id, topology, request=request),))


def decision(connection: Connection, status: str) -> Recipe:
    """Give a connection the status Approved or Rejected."""
    _, group, instance = names(parent_of(connection.id))
    verb = {"Approved": "Approve", "Rejected": "Reject"}[status]
    page = f"{instance} > Networking > Private endpoint connections > {connection.endpoint} > {verb} > Yes"
    command = az(
        "dt network private-endpoint connection set",
        dt_name=instance,
        resource_group=group,
        conn_name=name_of(connection.id),
        status=status,
        description=calls.DECIDED.format(status),
        group_ids=list(connection.group_ids),
    )
    return Recipe(page, command, (calls.decide(connection, status),))


def public_access(instance_id: str, value: str) -> Recipe:
    """Switch public network access: Enabled or Disabled."""
    page = f"{name_of(instance_id)} > Networking > Public access > Allow public network access to: {SWITCH[value]}"
    # The same PATCH, which leaves tags and identities alone. `az dt create --public-network-access` writes the whole
    # instance, and `az rest` doesn't wait until Azure is done, so the next command would find the instance busy.
    properties = json.dumps({"publicNetworkAccess": value})
    command = az("resource patch", ids=instance_id, properties=properties)
    return Recipe(f"{page} > Save", command, (calls.set_public_access(instance_id, value),))


def _network(topology: Topology) -> tuple[str, str]:
    name, addresses = name_of(topology.network_id), topology.address_range
    page = (
        f"Create a resource > Virtual network > Create > Basics > Virtual network name: {name} > "
        f"Region: {topology.region} > IP addresses: {addresses}, without the subnet default > Review + create > Create"
    )
    where = _where(topology.network_id)
    command = az(
        "network vnet create",
        name=name,
        **where,
        location=topology.region,
        address_prefixes=addresses,
        **_tags(topology),
    )
    return page, command


def _subnet(topology: Topology) -> tuple[str, str]:
    name, of_network, addresses = name_of(topology.subnet_id), name_of(topology.network_id), topology.subnet_range
    page = f"{of_network} > Subnets > + Subnet > Name: {name} > Starting address and size: {addresses} > Add"
    where = _where(topology.subnet_id)
    command = az("network vnet subnet create", name=name, vnet_name=of_network, **where, address_prefixes=addresses)
    return page, command


def _endpoint(topology: Topology, *, request: bool) -> tuple[str, str]:
    name, instance = name_of(topology.endpoint_id), name_of(topology.instance_id)
    if request:
        message = [calls.request_message(topology)]
        begin = "Private Link Center > Private endpoints > Create"
        resource = (
            "Connection method: Connect to an Azure resource by resource ID or alias > "
            f"Resource ID or alias: {topology.instance_id} > Target sub-resource: {SUB_RESOURCE} > "
            f"Request message: {message[0]}"
        )
    else:
        message = []
        begin = f"{instance} > Networking > Private endpoint connections > + Private endpoint"
        resource = f"Resource: {instance} > Target sub-resource: {SUB_RESOURCE}"
    page = (
        f"{begin} > Basics > Name: {name} > Region: {topology.region} > Resource > {resource} > Virtual Network > "
        f"Virtual network: {name_of(topology.network_id)} > Subnet: {name_of(topology.subnet_id)} > DNS > "
        "Integrate with private DNS zone: No > Review + create > Create"
    )
    command = az(
        "network private-endpoint create",
        name=name,
        **_where(topology.endpoint_id),
        location=topology.region,
        subnet=topology.subnet_id,
        private_connection_resource_id=topology.instance_id,
        group_id=SUB_RESOURCE,
        connection_name=name,
        manual_request=["true"] if request else False,
        request_message=message,
        **_tags(topology),
    )
    return page, command


def _zone(topology: Topology) -> tuple[str, str]:
    page = f"Create a resource > Private DNS zone > Create > Basics > Name: {topology.zone_name}"
    command = az(
        "network private-dns zone create", name=topology.zone_name, **_where(topology.zone_id), **_tags(topology)
    )
    return f"{page} > Review + create > Create", command


def _link(topology: Topology) -> tuple[str, str]:
    name = name_of(topology.link_id)
    page = (
        f"{topology.zone_name} > DNS Management > Virtual Network Links > Add > Link name: {name} > "
        f"Virtual Network: {name_of(topology.network_id)} > Enable auto registration: no > Create"
    )
    command = az(
        "network private-dns link vnet create",
        name=name,
        zone_name=topology.zone_name,
        **_where(topology.link_id),
        virtual_network=topology.network_id,
        registration_enabled=["false"],
        **_tags(topology),
    )
    return page, command


def _zone_group(topology: Topology) -> tuple[str, str]:
    name, endpoint, config = name_of(topology.zone_group_id), name_of(topology.endpoint_id), topology.config_name
    page = (
        f"{endpoint} > DNS configuration > Add configuration > Private DNS zone: {topology.zone_name} > "
        f"DNS zone group: {name} > Configuration name: {config} > Add"
    )
    command = az(
        "network private-endpoint dns-zone-group create",
        name=name,
        endpoint_name=endpoint,
        **_where(topology.zone_group_id),
        private_dns_zone=topology.zone_id,
        zone_name=config,
    )
    return page, command


def _tags(topology: Topology) -> dict[str, list[str]]:
    return {"tags": tag_words(topology.tags)}


def _where(resource_id: str) -> dict[str, str]:
    """Return the options that say where a resource is. Without a subscription, az uses its default one."""
    return {"resource_group": group_of(resource_id), "subscription": subscription_of(resource_id)}


_PARTS: Mapping[str, Callable[[Topology], tuple[str, str]]] = {
    kinds.NETWORK.name: _network,
    kinds.SUBNET.name: _subnet,
    kinds.ZONE.name: _zone,
    kinds.ZONE_LINK.name: _link,
    kinds.ZONE_GROUP.name: _zone_group,
}
"""The portal page and the `az` command by kind."""
