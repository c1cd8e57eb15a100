"""How private access is set up by hand: the parts of a private endpoint, its connection, the public switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from ..core import kinds
from ..core.recipes import Way, az
from ..subscription import resources
from . import calls, topology
from .topology import Connection, Wiring, name_of

SWITCH = {"Enabled": "All networks", "Disabled": "Disabled"}
"""What the portal calls the values of public network access."""


def part(kind: str, resource_id: str, wiring: Wiring, *, request: bool = False) -> Way:
    """Make a part of the wiring, `kind` as changes name it; with `request` the endpoint waits for an approval."""
    page, command = _endpoint(wiring, request=request) if kind == kinds.PRIVATE_ENDPOINT else _PARTS[kind](wiring)
    return Way(page, command, (calls.create(kind, resource_id, wiring, request=request),))


def decision(connection: Connection, status: str) -> Way:
    """Give a connection the status Approved or Rejected."""
    _, _, _, _, group, *_, instance, _, name = connection.id.split("/")
    verb = {"Approved": "Approve", "Rejected": "Reject"}[status]
    page = f"{instance} > Networking > Private endpoint connections > {connection.endpoint} > {verb} > Yes"
    command = az(
        "dt network private-endpoint connection set", dt_name=instance, resource_group=group, conn_name=name,
        status=status, description=calls.DECIDED.format(status), group_ids=list(connection.group_ids),
    )  # fmt: skip
    return Way(page, command, (calls.decide(connection, status),))


def public_access(instance_id: str, value: str) -> Way:
    """Switch public network access: Enabled or Disabled."""
    page = f"{name_of(instance_id)} > Networking > Public access > Allow public network access to: {SWITCH[value]}"
    # The same PATCH, which leaves tags and identities alone. `az dt create --public-network-access` writes the whole
    # instance, and `az rest` does not wait until Azure is done: what comes next would find the instance busy.
    properties = json.dumps({"publicNetworkAccess": value})
    command = az("resource patch", ids=instance_id, properties=properties)
    return Way(f"{page} > Save", command, (calls.set_public_access(instance_id, value),))


def _network(wiring: Wiring) -> tuple[str, str]:
    name, addresses = name_of(wiring.network_id), wiring.address_range
    page = (
        f"Create a resource > Virtual network > Create > Basics > Virtual network name: {name} > "
        f"Region: {wiring.region} > IP addresses: {addresses}, without the subnet default > Review + create > Create"
    )
    where = _where(wiring.network_id)
    command = az("network vnet create", name=name, **where, location=wiring.region, address_prefixes=addresses)
    return page, command


def _subnet(wiring: Wiring) -> tuple[str, str]:
    name, of_network, addresses = name_of(wiring.subnet_id), name_of(wiring.network_id), wiring.subnet_range
    page = f"{of_network} > Subnets > + Subnet > Name: {name} > Starting address and size: {addresses} > Add"
    where = _where(wiring.subnet_id)
    command = az("network vnet subnet create", name=name, vnet_name=of_network, **where, address_prefixes=addresses)
    return page, command


def _endpoint(wiring: Wiring, *, request: bool) -> tuple[str, str]:
    name, instance = name_of(wiring.endpoint_id), name_of(wiring.instance_id)
    if request:
        message = [calls.request_message(wiring)]
        begin = "Private Link Center > Private endpoints > Create"
        resource = (
            "Connection method: Connect to an Azure resource by resource ID or alias > "
            f"Resource ID or alias: {wiring.instance_id} > Target sub-resource: {topology.SUB_RESOURCE} > "
            f"Request message: {message[0]}"
        )
    else:
        message = []
        begin = f"{instance} > Networking > Private endpoint connections > + Private endpoint"
        resource = f"Resource: {instance} > Target sub-resource: {topology.SUB_RESOURCE}"
    page = (
        f"{begin} > Basics > Name: {name} > Region: {wiring.region} > Resource > {resource} > Virtual Network > "
        f"Virtual network: {name_of(wiring.network_id)} > Subnet: {name_of(wiring.subnet_id)} > DNS > "
        "Integrate with private DNS zone: No > Review + create > Create"
    )
    command = az(
        "network private-endpoint create", name=name, **_where(wiring.endpoint_id), location=wiring.region,
        subnet=wiring.subnet_id, private_connection_resource_id=wiring.instance_id, group_id=topology.SUB_RESOURCE,
        connection_name=name, manual_request=["true"] if request else False, request_message=message,
    )  # fmt: skip
    return page, command


def _zone(wiring: Wiring) -> tuple[str, str]:
    page = f"Create a resource > Private DNS zone > Create > Basics > Name: {topology.ZONE_NAME}"
    command = az("network private-dns zone create", name=topology.ZONE_NAME, **_where(wiring.zone_id))
    return f"{page} > Review + create > Create", command


def _link(wiring: Wiring) -> tuple[str, str]:
    name = name_of(wiring.link_id)
    page = (
        f"{topology.ZONE_NAME} > DNS Management > Virtual Network Links > Add > Link name: {name} > "
        f"Virtual Network: {name_of(wiring.network_id)} > Enable auto registration: no > Create"
    )
    command = az(
        "network private-dns link vnet create", name=name, zone_name=topology.ZONE_NAME, **_where(wiring.link_id),
        virtual_network=wiring.network_id, registration_enabled=["false"],
    )  # fmt: skip
    return page, command


def _zone_group(wiring: Wiring) -> tuple[str, str]:
    name, endpoint, config = name_of(wiring.zone_group_id), name_of(wiring.endpoint_id), calls.CONFIG_NAME
    page = (
        f"{endpoint} > DNS configuration > Add configuration > Private DNS zone: {topology.ZONE_NAME} > "
        f"DNS zone group: {name} > Configuration name: {config} > Add"
    )
    command = az(
        "network private-endpoint dns-zone-group create", name=name, endpoint_name=endpoint,
        **_where(wiring.zone_group_id), private_dns_zone=wiring.zone_id, zone_name=config,
    )  # fmt: skip
    return page, command


def _where(resource_id: str) -> dict[str, str]:
    """Return where something lies. Unless it is told the subscription, az takes its default one."""
    return {"resource_group": resources.group_of(resource_id), "subscription": resource_id.split("/")[2]}


_PARTS: Mapping[str, Callable[[Wiring], tuple[str, str]]] = {
    kinds.NETWORK: _network,
    kinds.SUBNET: _subnet,
    kinds.ZONE: _zone,
    kinds.ZONE_LINK: _link,
    kinds.ZONE_GROUP: _zone_group,
}
"""By kind the page of the portal and the `az` command."""
