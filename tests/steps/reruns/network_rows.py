"""The parameters of a private endpoint, which two notebooks take."""

from __future__ import annotations

from typing import Any

from runbook_lib.errors import InputError

from .places import HUB_ZONE, endpoint_gone, network_gone, zone_in_hub
from .rerun import Rerun, writes

CONNECTED = writes("PUT privateEndpoints/pe-my-first-twins", "PUT privateDnsZoneGroups/default")
NAMED = writes(
    "PUT privateDnsZones/privatelink.digitaltwins.azure.net",
    "PUT virtualNetworkLinks/link-vnet-my-first-twins",
    "PUT privateDnsZoneGroups/default",
)
WIRED = CONNECTED | NAMED | writes("PUT virtualNetworks/vnet-my-first-twins", "PUT subnets/private-endpoints")
STAYS = "The private endpoint pe-my-first-twins already exists"


def network_rows(**usual: Any) -> tuple[Rerun, ...]:
    """Return the rows of the notebook in which these values make a private endpoint."""
    return (
        Rerun(
            "private_endpoint_name",
            "pe-two",
            usual=usual,
            plan="create Private endpoint pe-two",
            writes=writes("PUT privateEndpoints/pe-two", "PUT privateDnsZoneGroups/default"),
            checks="The private endpoint pe-two exists",
        ),
        Rerun(
            "virtual_network",
            "vnet-plant",
            usual=usual,
            plan=STAYS,
            reason="A private endpoint cannot move: the plan says where it lies.",
        ),
        Rerun(
            "virtual_network",
            "vnet-plant",
            usual=usual,
            meanwhile=endpoint_gone,
            plan="create Virtual network vnet-plant",
            writes=CONNECTED
            | writes(
                "PUT virtualNetworks/vnet-plant",
                "PUT subnets/private-endpoints",
                "PUT virtualNetworkLinks/link-vnet-plant",
            ),
            checks="linked to vnet-plant",
        ),
        Rerun(
            "subnet",
            "machines",
            usual=usual,
            plan=STAYS,
            reason="A private endpoint cannot move: the plan says where it lies.",
        ),
        Rerun(
            "subnet",
            "machines",
            usual=usual,
            meanwhile=endpoint_gone,
            plan="create Subnet machines",
            writes=CONNECTED | writes("PUT subnets/machines"),
            checks="from subnet machines",
        ),
        Rerun(
            "address_range",
            "10.30.0.0/24",
            usual=usual,
            plan="10.30.0.0/24 isn't used",
            reason="The range is for a network that is made: the plan says that one is there, with other addresses.",
        ),
        Rerun(
            "address_range",
            "10.30.0.0/24",
            usual=usual,
            meanwhile=network_gone,
            plan="10.30.0.0/24 in westeurope",
            writes=WIRED - {"PUT privateDnsZones/privatelink.digitaltwins.azure.net"},
            checks="10.30.0.4",
        ),
        Rerun(
            "private_dns",
            True,
            usual={**usual, "private_dns": False},
            plan="Private DNS zone group",
            writes=NAMED,
            checks="Inside the network, the host name resolves to the private address",
        ),
        Rerun(
            "private_dns",
            False,
            usual=usual,
            plan="stays in the private DNS zone",
            reason="This notebook removes no names: the plan says that they stay.",
        ),
        Rerun(
            "private_dns_zone",
            HUB_ZONE,
            usual=usual,
            meanwhile=zone_in_hub,
            plan="keeps its name in another zone",
            refused=InputError,
            checks="The zone or its link is missing.",
            passed=False,
            reason="An endpoint has one zone group, and this guide doesn't take names away: the plan says where it is.",
        ),
    )
