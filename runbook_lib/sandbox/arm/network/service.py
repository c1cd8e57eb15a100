"""The table of Microsoft.Network's types."""

from __future__ import annotations

from ..generic_resources import GenericType
from ..inventory import Inventory
from .dns import PrivateDnsZone, VirtualNetworkLink, ZoneGroup
from .private_endpoints import Interface, PrivateEndpoint, Target
from .records import record_sets
from .virtual_networks import SecurityGroup, Subnet, VirtualNetwork


def network_kinds(inventory: Inventory, targets: dict[str, Target]) -> list[GenericType]:
    """Return the table; `targets` are the types that private endpoints can connect to, by lower-cased name."""
    return [
        VirtualNetwork(inventory=inventory),
        Subnet(inventory=inventory),
        SecurityGroup(inventory=inventory),
        PrivateEndpoint(inventory=inventory, targets=targets),
        ZoneGroup(inventory=inventory),
        Interface(),
        PrivateDnsZone(inventory=inventory),
        VirtualNetworkLink(inventory=inventory),
        *record_sets(inventory),
    ]
