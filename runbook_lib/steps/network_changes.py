"""Making the parts of a private endpoint, deciding about connections, and switching public network access.

Each function makes one change, and waits until Azure has made it. `seconds` is the longest wait.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .. import needs
from ..explain import explaining
from ..waiting import timed_out
from . import network
from .base import Context, Progress
from .draft import az
from .network import Connection, Wiring, name_of
from .network_plan import CONFIG_NAME
from .results import Change

USUAL_SECONDS = {
    needs.NETWORK: 5.0, needs.SUBNET: 5.0, needs.PRIVATE_ENDPOINT: 15.0, needs.ZONE: 30.0, needs.ZONE_LINK: 30.0,
    needs.ZONE_GROUP: 15.0, needs.CONNECTION: 20.0, needs.BLOCK: 20.0,
}  # fmt: skip
"""How long each usually takes on Azure. Under 20 s were measured for a connection; the others are not recorded."""
REQUEST = "Private access for clients of {}, asked for by the Azure Digital Twins setup guide."


def create(context: Context, change: Change, wiring: Wiring, seconds: float, *, request: bool = False) -> None:
    """Make a part of the wiring; with `request` the private endpoint waits for somebody's approval."""
    write = partial(_endpoint, request=request) if change.kind == needs.PRIVATE_ENDPOINT else _BODIES[change.kind]
    operations = context.clients.resources(change.resource_id.split("/")[2]).resources
    version = network.version_of(change.resource_id)
    begin = partial(operations.begin_create_or_update_by_id, api_version=version)
    doing = f"creating {change.name}"
    context.waiting.finish(begin, change.resource_id, write(wiring), seconds=seconds, doing=doing)


def phase(change: Change) -> str:
    """Say what is made."""
    return f"Creating: {change.kind[0].lower()}{change.kind[1:]} {change.name}"


def settle(context: Context, wiring: Wiring, seconds: float, progress: Progress) -> None:
    """Wait until Azure has finished the parts that an earlier run began. Raises TimedOut."""
    clients = context.clients
    if not wiring.pending:
        return

    def finished() -> bool | None:
        there = (network.read(clients, resource_id) for resource_id in wiring.pending)
        return None if any(network.state_of(one) in network.PENDING_STATES for one in there) else True

    progress.phase("Waiting for what an earlier run began", USUAL_SECONDS[needs.PRIVATE_ENDPOINT])
    with explaining("waiting for what an earlier run began"):
        done = context.waiting.until(finished, seconds, first=1)
    if not done:
        raise timed_out("waiting for what an earlier run began", seconds)


def decide(context: Context, connection: Connection, status: str, seconds: float) -> None:
    """Give a connection the status Approved or Rejected."""
    from azure.mgmt.digitaltwins.models import (
        ConnectionProperties,
        ConnectionPropertiesPrivateLinkServiceConnectionState,
        PrivateEndpointConnection,
    )

    parts = connection.id.split("/")
    operations = context.clients.digital_twins(parts[2]).private_endpoint_connections
    there = operations.get(parts[4], parts[8], connection.name)
    state = ConnectionPropertiesPrivateLinkServiceConnectionState(
        status=status, description=f"{status} with the Azure Digital Twins setup guide.", actions_required="None"
    )
    body = PrivateEndpointConnection(
        properties=ConnectionProperties(
            group_ids=there.properties.group_ids, private_link_service_connection_state=state
        )
    )
    where = (parts[4], parts[8], connection.name, body)
    doing = f"deciding about {connection.endpoint}"
    context.waiting.finish(operations.begin_create_or_update, *where, seconds=seconds, doing=doing)


def set_public_access(context: Context, instance_id: str, value: str, seconds: float) -> None:
    """Write Enabled or Disabled. Tags and identities stay as they are."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

    parts = instance_id.split("/")
    patch = DigitalTwinsPatchDescription(properties=DigitalTwinsPatchProperties(public_network_access=value))
    operations = context.clients.digital_twins(parts[2]).digital_twins
    doing = "changing public network access"
    context.waiting.finish(operations.begin_update, parts[4], parts[8], patch, seconds=seconds, doing=doing)


def public_access_command(instance_id: str, value: str) -> str:
    """Write as an `az` command what switching public access sends."""
    url = f"https://management.azure.com{instance_id}?api-version=2023-01-31"
    return az("rest", method="patch", url=url, body=f'{{"properties": {{"publicNetworkAccess": "{value}"}}}}')


def _network(wiring: Wiring) -> dict[str, Any]:
    return {"location": wiring.region, "properties": {"addressSpace": {"addressPrefixes": [wiring.address_range]}}}


def _subnet(wiring: Wiring) -> dict[str, Any]:
    return {"properties": {"addressPrefix": wiring.subnet_range}}


def _endpoint(wiring: Wiring, *, request: bool) -> dict[str, Any]:
    target: dict[str, Any] = {"privateLinkServiceId": wiring.instance_id, "groupIds": [network.SUB_RESOURCE]}
    if request:
        target["requestMessage"] = REQUEST.format(name_of(wiring.network_id))
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
    needs.NETWORK: _network,
    needs.SUBNET: _subnet,
    needs.ZONE: _zone,
    needs.ZONE_LINK: _link,
    needs.ZONE_GROUP: _zone_group,
}
