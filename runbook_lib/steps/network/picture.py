"""Draws an instance with all that Azure says about it, and the parts of a private endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...azure.resource_ids import SYSTEM_SUFFIX, group_of, group_scope_of, name_of
from ..core.picture import Picture
from ..subscription import resources
from .topology import Topology, connections, public_access

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

_KIND = "Azure Digital Twins instance"


def draw_group(picture: Picture, subscription: str, scope: str, *, there: bool = True) -> None:
    """Draw a resource group, by its id `scope`, in the subscription with that name."""
    outer = "/".join(scope.split("/")[:3])
    picture.box(outer, subscription, "Subscription", holds=True)
    picture.box(scope, name_of(scope), "Resource group", inside=outer, holds=True, there=there)


def draw_instance(
    picture: Picture, subscription: str, instance: DigitalTwinsDescription, *, gets_identity: bool = False
) -> None:
    """Draw an instance that exists: where it is, how it's reached, and whom it signs in as.

    `gets_identity` says that a change to it would also turn on its own identity.
    """
    scope = str(instance.id)
    draw_group(picture, subscription, group_scope_of(scope))
    _instance(picture, scope, there=True)
    _own_identity(picture, scope, there=resources.has_system_identity(instance), comes=gets_identity)
    for identity in (instance.identity.user_assigned_identities or {}) if instance.identity else {}:
        # The journal's id for an association, for which Azure has none.
        picture.box(f"{scope}#{identity}", name_of(identity), "User-assigned identity")
        picture.line(scope, "acts as", f"{scope}#{identity}")
    off = public_access(instance) == "Disabled"
    picture.box(f"{scope}/publicNetworkAccess", "Internet", "public network access off", there=off)
    picture.line(scope, "closed to", f"{scope}/publicNetworkAccess")
    for one in connections(instance):
        picture.box(one.endpoint_id, one.endpoint, "Private endpoint")
        picture.line(scope, f"reached through, {one.status.lower()}", one.endpoint_id, key=one.id)


def draw_new_instance(picture: Picture, scope: str, *, gets_identity: bool) -> None:
    """Draw an instance that a change would make, by its id."""
    _instance(picture, scope, there=False)
    _own_identity(picture, scope, there=False, comes=gets_identity)


def draw_host(picture: Picture, subscription: str, scope: str, base: str, name: str) -> None:
    """Draw an instance of which only the address is known for certain; `scope` is its id, if that's known too."""
    if scope:
        draw_group(picture, subscription, group_scope_of(scope))
        _instance(picture, scope, there=True)
    else:
        picture.box(base, name, _KIND)


def _instance(picture: Picture, scope: str, *, there: bool) -> None:
    picture.box(scope, name_of(scope), _KIND, inside=group_scope_of(scope), there=there)


def _own_identity(picture: Picture, scope: str, *, there: bool, comes: bool) -> None:
    identity = f"{scope}{SYSTEM_SUFFIX}"
    picture.box(identity, "System-assigned identity", "", there=there, comes_with=scope if comes else "")
    picture.line(scope, "acts as", identity)


def draw_topology(picture: Picture, topology: Topology) -> None:
    """Draw the parts of a private endpoint that exist, and where the others would go."""
    endpoint, network, zone = topology.endpoint_id, topology.network_id, topology.zone_id
    picture.box(endpoint, name_of(endpoint), "Private endpoint", there=topology.endpoint is not None)
    picture.line(topology.instance_id, "reached through", endpoint)
    picture.box(topology.subnet_id, name_of(topology.subnet_id), "Subnet", there=topology.subnet is not None)
    picture.line(endpoint, "in", topology.subnet_id)
    where = group_of(network)
    kind = f"Virtual network, in {where}" if where != group_of(topology.instance_id) else "Virtual network"
    picture.box(network, name_of(network), kind, there=topology.network is not None)
    picture.line(topology.subnet_id, "of", network)
    picture.box(zone, name_of(zone), "Private DNS zone", there=topology.zone is not None)
    group, link = topology.zone_group, topology.link
    picture.line(endpoint, "named in", zone, key=topology.zone_group_id, there=group is not None)
    picture.line(zone, "linked to", network, key=topology.link_id, there=link is not None)
