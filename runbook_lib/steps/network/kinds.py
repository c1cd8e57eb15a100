"""A private endpoint's parts, its connection, and public network access.

A connection took less than 20 seconds when measured. The other times are estimates.
"""

from __future__ import annotations

from ...azure.permissions import CREATE_INSTANCE
from ...azure.resource_ids import INSTANCE_TYPE
from ..core.kinds import Kind, RequiredPermission, deletes, register

_NETWORKS = "Microsoft.Network/virtualNetworks"
_ENDPOINTS = "Microsoft.Network/privateEndpoints"
_ZONES = "Microsoft.Network/privateDnsZones"
_CONNECTIONS = f"{INSTANCE_TYPE}/privateEndpointConnections"

JOIN_SUBNET = RequiredPermission(f"{_NETWORKS}/subnets/join/action", "group")
JOIN_ZONE = RequiredPermission(f"{_ZONES}/join/action", "group")
JOIN_NETWORK = RequiredPermission(f"{_NETWORKS}/join/action", "group")
APPROVE_CONNECTION = RequiredPermission(f"{INSTANCE_TYPE}/PrivateEndpointConnectionsApproval/action", "instance")
WRITE_INSTANCE = RequiredPermission(CREATE_INSTANCE, "instance")


def _part(name: str, resource_type: str, *linked: RequiredPermission, rank: int, version: str, usual: float) -> Kind:
    create = (RequiredPermission(f"{resource_type}/write", "group"), *linked)
    permissions = {"create": create, "delete": deletes(resource_type)}
    return register(Kind(name, permissions, rank, version, usual))  # type: ignore[arg-type]  # the keys are actions


ZONE_GROUP = _part(
    "Private DNS zone group", f"{_ENDPOINTS}/privateDnsZoneGroups", JOIN_ZONE, rank=7, version="2024-05-01", usual=15
)
PRIVATE_ENDPOINT = _part(
    "Private endpoint", _ENDPOINTS, JOIN_SUBNET, APPROVE_CONNECTION, rank=8, version="2024-05-01", usual=15
)
ZONE_LINK = _part(
    "Virtual network link", f"{_ZONES}/virtualNetworkLinks", JOIN_NETWORK, rank=9, version="2024-06-01", usual=30
)
ZONE = _part("Private DNS zone", _ZONES, rank=10, version="2024-06-01", usual=30)
SUBNET = _part("Subnet", f"{_NETWORKS}/subnets", rank=10, version="2024-05-01", usual=5)
NETWORK = _part("Virtual network", _NETWORKS, rank=11, version="2024-05-01", usual=5)

CONNECTION = register(
    Kind(
        "Private endpoint connection",
        {"update": (RequiredPermission(f"{_CONNECTIONS}/write", "instance"),)},
        usual_seconds=20,
    )
)
BLOCK = register(
    Kind(
        "Block of public network access",
        {"create": (WRITE_INSTANCE,), "delete": (WRITE_INSTANCE,)},
        rank=6,  # public access comes back before the private endpoint goes
        usual_seconds=20,
    )
)
"""Public network access that is off. Turning it on deletes the block, so undo knows whose it is."""
