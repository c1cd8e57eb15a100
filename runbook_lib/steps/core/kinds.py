"""What each change needs: the exact actions that Azure checks, and where. Plans and verdicts both read this table.

Actions as the resource providers list them (permissions reference: internet of things, identity, networking,
management and governance).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...azure.permissions import ASSIGN_ROLES, CREATE_GROUP, CREATE_INSTANCE, REGISTER

PROVIDER = "Resource provider"
GROUP = "Resource group"
INSTANCE = "Azure Digital Twins instance"
ROLE = "Role"
ORPHAN = "Orphaned role assignment"
IDENTITY = "User-assigned managed identity"
OWN_IDENTITY = "System-assigned identity"
ASSOCIATED = "User-assigned identity"
PRIVATE_ENDPOINT = "Private endpoint"
ZONE_GROUP = "Private DNS zone group"
ZONE_LINK = "Virtual network link"
ZONE = "Private DNS zone"
NETWORK = "Virtual network"
SUBNET = "Subnet"
CONNECTION = "Private endpoint connection"
BLOCK = "Block of public network access"
"""Public network access that is switched off. Switching it on deletes the block: so undo knows whose it is."""
MODEL = "Model"
TWIN = "Digital twin"
RELATIONSHIP = "Relationship"

ASSIGN_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
JOIN_SUBNET = "Microsoft.Network/virtualNetworks/subnets/join/action"
JOIN_ZONE = "Microsoft.Network/privateDnsZones/join/action"
JOIN_NETWORK = "Microsoft.Network/virtualNetworks/join/action"
APPROVE_CONNECTION = "Microsoft.DigitalTwins/digitalTwinsInstances/PrivateEndpointConnectionsApproval/action"

Place = Literal["subscription", "group", "instance", "itself"]


@dataclass(frozen=True)
class Need:
    """An action, and where Azure asks for it."""

    action: str
    at: Place
    """`itself` is the resource that is changed; the others are its surroundings."""
    data: bool = False
    """True for an action of the data plane, which only data roles hold."""


@dataclass(frozen=True)
class Places:
    """The resource ids of what exists. An id that is empty stands for something that is still to be made."""

    subscription: str
    group: str = ""
    instance: str = ""

    def nearest(self, place: Place, resource_id: str = "") -> str:
        """Return the lowest scope that exists: whatever is made below it inherits the permissions there."""
        if place == "itself":
            return resource_id
        chain = {"subscription": (), "group": (self.group,), "instance": (self.instance, self.group)}[place]
        return next((scope for scope in chain if scope), self.subscription)


def _delete(resource_type: str) -> tuple[Need, ...]:
    return (Need(f"{resource_type}/delete", "itself"),)


def _data(*actions: str) -> tuple[Need, ...]:
    return tuple(Need(f"Microsoft.DigitalTwins/{action}", "instance", data=True) for action in actions)


_TWINS = "Microsoft.DigitalTwins/digitalTwinsInstances"
_WRITE_INSTANCE = (Need(CREATE_INSTANCE, "instance"),)
_ZONES = "Microsoft.Network/privateDnsZones"

NEEDS: Mapping[tuple[str, str], tuple[Need, ...]] = {
    ("register", PROVIDER): (Need(REGISTER, "subscription"),),
    ("create", GROUP): (Need(CREATE_GROUP, "subscription"),),
    ("create", INSTANCE): _WRITE_INSTANCE,
    ("update", INSTANCE): _WRITE_INSTANCE,
    ("assign", ROLE): (Need(ASSIGN_ROLES, "instance"),),
    ("create", IDENTITY): (Need("Microsoft.ManagedIdentity/userAssignedIdentities/write", "group"),),
    # Linked: the identity is used, so Azure asks for an action on it beside the one on the instance.
    ("assign", ASSOCIATED): (*_WRITE_INSTANCE, Need(ASSIGN_IDENTITY, "group")),
    ("create", OWN_IDENTITY): _WRITE_INSTANCE,
    ("delete", OWN_IDENTITY): _WRITE_INSTANCE,
    ("delete", ASSOCIATED): _WRITE_INSTANCE,
    ("create", NETWORK): (Need("Microsoft.Network/virtualNetworks/write", "group"),),
    ("create", SUBNET): (Need("Microsoft.Network/virtualNetworks/subnets/write", "group"),),
    ("create", PRIVATE_ENDPOINT): (
        Need("Microsoft.Network/privateEndpoints/write", "group"),
        Need(JOIN_SUBNET, "group"),
        Need(APPROVE_CONNECTION, "instance"),
    ),
    ("create", ZONE): (Need(f"{_ZONES}/write", "group"),),
    ("create", ZONE_LINK): (Need(f"{_ZONES}/virtualNetworkLinks/write", "group"), Need(JOIN_NETWORK, "group")),
    ("create", ZONE_GROUP): (
        Need("Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write", "group"),
        Need(JOIN_ZONE, "group"),
    ),
    ("update", CONNECTION): (Need(f"{_TWINS}/privateEndpointConnections/write", "instance"),),
    ("create", BLOCK): _WRITE_INSTANCE,
    ("delete", BLOCK): _WRITE_INSTANCE,
    ("read", "Data"): _data("models/read", "digitaltwins/read", "query/action"),
    ("create", MODEL): _data("models/write"),
    ("create", TWIN): _data("digitaltwins/write"),
    ("create", RELATIONSHIP): _data("digitaltwins/relationships/write"),
    ("delete", MODEL): _data("models/delete"),
    ("delete", TWIN): _data("digitaltwins/delete"),
    ("delete", RELATIONSHIP): _data("digitaltwins/relationships/delete"),
    ("delete", ROLE): _delete("Microsoft.Authorization/roleAssignments"),
    ("delete", ORPHAN): _delete("Microsoft.Authorization/roleAssignments"),
    ("delete", INSTANCE): _delete(_TWINS),
    ("delete", IDENTITY): _delete("Microsoft.ManagedIdentity/userAssignedIdentities"),
    ("delete", PRIVATE_ENDPOINT): _delete("Microsoft.Network/privateEndpoints"),
    ("delete", ZONE_GROUP): _delete("Microsoft.Network/privateEndpoints/privateDnsZoneGroups"),
    ("delete", ZONE_LINK): _delete(f"{_ZONES}/virtualNetworkLinks"),
    ("delete", ZONE): _delete(_ZONES),
    ("delete", SUBNET): _delete("Microsoft.Network/virtualNetworks/subnets"),
    ("delete", NETWORK): _delete("Microsoft.Network/virtualNetworks"),
    ("delete", GROUP): _delete("Microsoft.Resources/subscriptions/resourceGroups"),
}
"""By the change's action and kind, as plans name them."""


@dataclass(frozen=True)
class Undertaking:
    """Something that a later notebook does."""

    label: str
    needs: tuple[Need, ...]


def _undertaking(label: str, *changes: tuple[str, str]) -> Undertaking:
    return Undertaking(label, tuple(dict.fromkeys(need for change in changes for need in NEEDS[change])))


def _cleared(label: str, *kinds: str) -> Undertaking:
    """Make the row of clean-up: what it deletes lies at these places."""
    places: Mapping[str, Place] = {ROLE: "instance", INSTANCE: "instance", GROUP: "group"}
    return Undertaking(label, tuple(Need(NEEDS["delete", kind][0].action, places[kind]) for kind in kinds))


UNDERTAKINGS = (
    _undertaking("Register the resource provider (00)", ("register", PROVIDER)),
    _undertaking("Create the resource group (01)", ("create", GROUP)),
    _undertaking("Create the instance (01)", ("create", INSTANCE)),
    _undertaking("Give access (02)", ("assign", ROLE)),
    _undertaking("System-assigned identity (03)", ("create", OWN_IDENTITY)),
    _undertaking("User-assigned identity (03)", ("create", IDENTITY), ("assign", ASSOCIATED)),
    _undertaking(
        "Private endpoint and DNS (04)",
        ("create", NETWORK), ("create", PRIVATE_ENDPOINT),
        ("create", ZONE), ("create", ZONE_LINK), ("create", ZONE_GROUP),
    ),
    _undertaking("Public network access (04)", ("create", BLOCK)),
    _undertaking("Read data (05)", ("read", "Data")),
    _undertaking("Write data (05)", ("create", MODEL), ("create", TWIN), ("create", RELATIONSHIP)),
    _cleared("Clean up (06)", ROLE, INSTANCE, GROUP),
)  # fmt: skip
"""What the later notebooks do, in their order."""
