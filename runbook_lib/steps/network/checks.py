"""The proof that a private endpoint leads to an instance, and that its name does."""

from __future__ import annotations

from ..core import kinds
from ..core.results import Check
from ..subscription import resources
from . import topology
from .plan import NO_SECOND_CHANCE
from .topology import Connection, Wiring, name_of


def checks(wiring: Wiring, connection: Connection | None, host_name: str) -> list[Check]:
    """Check endpoint, connection and, if wanted, names; `connection` is the instance's own side of it."""
    found = [_endpoint(wiring), _connection(wiring, connection)]
    return [*found, *_names(wiring, connection, host_name)] if wiring.dns else found


def values(wiring: Wiring, connection: Connection | None) -> dict[str, str]:
    """Return what is worth keeping, with the portal's labels."""
    if wiring.endpoint is None:
        return {}
    return {
        "Private endpoint": name_of(wiring.endpoint_id),
        "Connection state": connection.status if connection else "Disconnected",
        "Virtual network": name_of(wiring.network_id),
        "Subnet": name_of(wiring.subnet_id),
        "Private address": ", ".join(dict.fromkeys(wiring.addresses.values())) or "none yet",
    }


def _endpoint(wiring: Wiring) -> Check:
    name, state = name_of(wiring.endpoint_id), topology.state_of(wiring.endpoint)
    if wiring.endpoint is None:
        return check(f"The private endpoint {name} is there", False, "There is none.")
    right = wiring.target_id.lower() == wiring.instance_id.lower()
    evidence = f"{state}, from subnet {name_of(wiring.subnet_id)} to {name_of(wiring.target_id)}"
    return check(f"The private endpoint {name} is there", state == "Succeeded" and right, evidence)


def _connection(wiring: Wiring, connection: Connection | None) -> Check:
    name = "The instance has approved its connection"
    if connection is None:
        return check(name, False, "The instance knows no connection of it.")
    evidence = f"{connection.status}: {connection.description}" if connection.description else connection.status
    if connection.status == "Pending":
        remedy = (
            "Somebody with Microsoft.DigitalTwins/digitalTwinsInstances/privateEndpointConnections/write at the "
            "instance has to approve it: run 04-private-access with decision approve."
        )
        return Check(name, "not tried", evidence, remedy)
    remedy = NO_SECOND_CHANCE if connection.status in ("Rejected", "Disconnected") else ""
    return check(name, connection.status == "Approved", evidence, remedy)


def _names(wiring: Wiring, connection: Connection | None, host_name: str) -> list[Check]:
    linked = wiring.has(kinds.ZONE) and wiring.has(kinds.ZONE_LINK)
    where = f"{topology.ZONE_NAME} in {resources.group_of(wiring.zone_id)}"
    link = f"{where}, linked to {name_of(wiring.network_id)}" if linked else "The zone or its link is missing."
    found = [check("The virtual network asks the private DNS zone", linked, link)]
    private = host_name.lower().replace(topology.ZONE_NAME.removeprefix("privatelink."), topology.ZONE_NAME)
    address = topology.names_of(wiring.zone_group).get(private)
    name = "Inside it the host name leads to the private address"
    if address is None and connection and connection.status == "Pending":
        return [*found, Check(name, "not tried", "There is no address before the connection is approved.")]
    return [*found, check(name, bool(address), f"{private} -> {address or 'nothing'}")]


def check(name: str, passed: bool, evidence: str, remedy: str = "") -> Check:
    """Make a check that has passed or failed."""
    told = (
        "" if passed else remedy or "Run this step again; if it stays so, look at the private endpoint in the portal."
    )
    return Check(name, "passed" if passed else "failed", evidence, told)
