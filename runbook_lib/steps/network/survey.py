"""Which parts of a private endpoint exist, and the choices for a form. This module only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import group_id, group_scope_of, names, parent_of
from ...parameters import PrivateEndpointParameters
from ..core.step import Choice, Step
from ..subscription.resources import Subscription
from .topology import ENDPOINTS, NETWORKS, ZONES, Document, Topology, children, properties_of, read


def survey(clients: Clients, wanted: PrivateEndpointParameters, instance_id: str, region: str, run_id: str) -> Topology:
    """Find out which parts exist. The instance needn't exist yet. Raises what the client raises."""
    subscription, _, name = names(instance_id)
    here = group_scope_of(instance_id)
    endpoint_id = f"{here}/providers/{ENDPOINTS}/{wanted.private_endpoint_name or f'pe-{name}'}"
    endpoint = read(clients, endpoint_id)
    network_id = _network_id(here, wanted.virtual_network or usual_network(name))
    # An endpoint can't move, so an existing one determines the subnet.
    lies_in = str((properties_of(endpoint).get("subnet") or {}).get("id") or "")
    asked = f"{network_id}/subnets/{wanted.subnet}"
    subnet_id = lies_in or asked
    there = read(clients, parent_of(subnet_id))
    where = str(there["location"]) if there else region
    topology = Topology(
        instance_id=instance_id,
        region=where,
        endpoint_id=endpoint_id,
        subnet_id=subnet_id,
        zone_id=f"{here}/providers/{ZONES}/{clients.target.cloud.private_zone}",
        address_range=wanted.address_range,
        dns=wanted.private_dns,
        network=there,
        endpoint=endpoint,
        asked_zone_id=wanted.private_dns_zone,
        asked_subnet_id=asked,
        run_id=run_id,
    )
    if topology.dns:
        return _with_names(clients, topology, subscription)
    # Existing names stay, whether you want them or not.
    return replace(topology, zone_group=next(iter(_zone_groups(clients, topology)), None))


def _with_names(clients: Clients, topology: Topology, subscription: str) -> Topology:
    zone, link = _zone(clients, topology, subscription)
    zone_id = str(zone["id"]) if zone else topology.asked_zone_id or topology.zone_id
    groups = _zone_groups(clients, topology)
    mine = next((one for one in groups if zone_id.lower() in zones_of(one)), None)
    others = () if mine else tuple(one for group in groups for one in zones_of(group))
    return replace(topology, zone_id=zone_id, zone=zone, link=link, zone_group=mine, other_zones=others)


def _zone_groups(clients: Clients, topology: Topology) -> list[Document]:
    return children(clients, f"{topology.endpoint_id}/privateDnsZoneGroups") if topology.endpoint else []


def _zone(clients: Clients, topology: Topology, subscription: str) -> tuple[Document | None, Document | None]:
    """Return the zone to use and its link to the network. You can link a network to only one zone of a name."""
    if wanted := topology.asked_zone_id:
        named = ask(lambda: read(clients, wanted), {403: None})
        zones = [named] if named else []
    else:
        there = children(clients, f"/subscriptions/{subscription}/providers/{ZONES}")
        zones = [one for one in there if str(one["name"]).lower() == topology.zone_name.lower()]
    for zone in zones:
        for link in children(clients, f"{zone['id']}/virtualNetworkLinks"):
            if str((properties_of(link).get("virtualNetwork") or {}).get("id")).lower() == topology.network_id.lower():
                return zone, link
    here = (wanted or topology.zone_id).lower()
    return next((zone for zone in zones if str(zone["id"]).lower() == here), None), None


def offer(step: Step[Any, Any], field: str, values: Mapping[str, Any], subscription: Subscription) -> Sequence[Choice]:
    """List virtual networks for a form, the subnets of one, or private endpoints; nothing for another field."""
    clients = step.context.clients
    if field == "virtual_network":
        found = children(clients, f"{subscription.scope}/providers/{NETWORKS}")
        return [Choice(str(one["id"]), f"{one['name']} ({one['location']})") for one in found]
    if field == "private_endpoint_name":
        here = group_id(subscription.id, step.given("resource_group", values))
        found = children(clients, f"{here}/providers/{ENDPOINTS}")
        return [Choice(str(one["name"]), str(one["name"])) for one in found]
    return _subnets(clients, subscription.id, step, values) if field == "subnet" else ()


def _subnets(clients: Clients, subscription: str, step: Step[Any, Any], values: Mapping[str, Any]) -> Sequence[Choice]:
    here = group_id(subscription, step.given("resource_group", values))
    named = step.given("virtual_network", values) or usual_network(step.given("instance_name", values))
    there = read(clients, _network_id(here, named))
    return [Choice(str(one["name"]), str(one["name"])) for one in properties_of(there).get("subnets") or ()]


def usual_network(instance_name: str) -> str:
    """Return the default name of a virtual network."""
    return f"vnet-{instance_name}"[:64].rstrip("-")


def _network_id(here: str, wanted: str) -> str:
    """Return the id of a network given by id, or by name if it's in the instance's resource group."""
    return wanted if wanted.startswith("/") else f"{here}/providers/{NETWORKS}/{wanted}"


def zones_of(zone_group: Mapping[str, Any]) -> list[str]:
    """Return the ids of the zones that a zone group names, in lower case."""
    configs = properties_of(dict(zone_group)).get("privateDnsZoneConfigs") or ()
    return [str(properties_of(config).get("privateDnsZoneId")).lower() for config in configs]
