"""Checks that a private endpoint and the private name lead to an instance."""

from __future__ import annotations

from ...azure.resource_ids import group_of, name_of
from ..core.results import Check
from . import kinds
from .plan import NO_SECOND_CHANCE
from .topology import Connection, Topology, names_of, state_of


def checks(topology: Topology, connection: Connection | None, host_name: str) -> list[Check]:
    """Check the endpoint, its connection as the instance sees it and, if you want them, the names."""
    found = [_endpoint(topology), _connection(topology, connection)]
    return [*found, *_names(topology, connection, host_name)] if topology.dns else found


def values(topology: Topology, connection: Connection | None) -> dict[str, str]:
    """Return the values worth keeping, with the portal's labels."""
    if topology.endpoint is None:
        return {}
    return {
        "Private endpoint": name_of(topology.endpoint_id),
        "Connection state": connection.status if connection else "Disconnected",
        "Virtual network": name_of(topology.network_id),
        "Subnet": name_of(topology.subnet_id),
        "Private address": ", ".join(dict.fromkeys(topology.addresses.values())) or "none yet",
    }


def _endpoint(topology: Topology) -> Check:
    name, state = name_of(topology.endpoint_id), state_of(topology.endpoint)
    if topology.endpoint is None:
        return check(f"The private endpoint {name} exists", False, "It doesn't exist.")
    right = topology.target_id.lower() == topology.instance_id.lower()
    evidence = f"{state}, from subnet {name_of(topology.subnet_id)} to {name_of(topology.target_id)}"
    return check(f"The private endpoint {name} exists", state == "Succeeded" and right, evidence)


def _connection(topology: Topology, connection: Connection | None) -> Check:
    name = "The instance has approved its connection"
    if connection is None:
        return check(name, False, "The instance has no connection from it.")
    evidence = f"{connection.status}: {connection.description}" if connection.description else connection.status
    if connection.status == "Pending":
        remedy = (
            "Someone with Microsoft.DigitalTwins/digitalTwinsInstances/privateEndpointConnections/write on the "
            "instance has to approve it: run 04-private-access with decision set to approve."
        )
        return Check(name, "not tried", evidence, remedy)
    remedy = NO_SECOND_CHANCE if connection.status in ("Rejected", "Disconnected") else ""
    return check(name, connection.status == "Approved", evidence, remedy)


def _names(topology: Topology, connection: Connection | None, host_name: str) -> list[Check]:
    linked = topology.has(kinds.ZONE.name) and topology.has(kinds.ZONE_LINK.name)
    where = f"{topology.zone_name} in {group_of(topology.zone_id)}"
    link = f"{where}, linked to {name_of(topology.network_id)}" if linked else "The zone or its link is missing."
    found = [check("The virtual network uses the private DNS zone", linked, link)]
    private = host_name.lower().replace(topology.zone_name.removeprefix("privatelink."), topology.zone_name)
    address = names_of(topology.zone_group).get(private)
    name = "Inside the network, the host name resolves to the private address"
    if address is None and connection and connection.status == "Pending":
        return [*found, Check(name, "not tried", "There's no address until the connection is approved.")]
    return [*found, check(name, bool(address), f"{private} -> {address or 'nothing'}")]


def check(name: str, passed: bool, evidence: str, remedy: str = "") -> Check:
    """Return a check that passed or failed."""
    usual = "Run this step again. If that doesn't help, look at the private endpoint in the portal."
    return Check.of(name, passed, evidence, remedy or usual)
