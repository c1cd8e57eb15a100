"""How the parts of a private endpoint are removed, without taking anything from others who have come to use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...azure.resource_ids import lies_in, parent_of, subscription_of
from ...record.change import Change
from ..core.recipes import Call
from ..core.removal import Removal, Remover, removes, stamp_of
from ..subscription import resources
from ..subscription.modification import changed_by_us
from . import calls, kinds, recipes
from .survey import zones_of
from .topology import ENDPOINTS, children, names_of, properties_of, public_access, read

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


@removes(kinds.BLOCK)
class Block(Remover):
    """Public network access that is switched off: removing that switches it on."""

    usual = kinds.BLOCK.usual_seconds

    def scope(self, removal: Removal) -> str:
        """Return the instance's id."""
        return _instance_id(removal.change)

    def exists(self, removal: Removal) -> bool:
        """Tell whether it is still off."""
        there = _instance(removal)
        return there is not None and public_access(there) == "Disabled"

    def stamp(self, removal: Removal) -> str:
        """Return when the instance was created: another one of its name has a switch of its own."""
        there = _instance(removal)
        noted = there.system_data if there else None
        return f"{noted.created_at.isoformat() if noted.created_at else ''} {noted.created_by or ''}" if noted else ""

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether the signed-in account changed the instance last, after the run had begun to."""
        return changed_by_us(removal, _instance(removal))

    def other_maker(self, removal: Removal) -> str:
        """Return nothing: Azure doesn't note who switched it."""
        return ""

    def has_failed(self, removal: Removal) -> bool:
        """Return false: it is on or off."""
        return False

    def call(self, removal: Removal) -> Call:
        """Switch it on."""
        return calls.set_public_access(_instance_id(removal.change), "Enabled")

    def page(self, change: Change) -> str:
        """Say where the portal does it."""
        return recipes.public_access(_instance_id(change), "Enabled").portal

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        return recipes.public_access(_instance_id(change), "Enabled").command


@removes(kinds.ZONE_GROUP)
class ZoneGroup(Remover):
    """What keeps the name of a private endpoint in a zone."""

    portal = "{parent} > DNS configuration > the configuration with the zone's name > Delete"
    words = "network private-endpoint dns-zone-group delete"

    def stamp(self, removal: Removal) -> str:
        """Return the stamp of the private endpoint, and the zones that the group names: it has nothing of its own."""
        found = self._read(removal)
        return f"{_parents_stamp(removal)} {' '.join(sorted(zones_of(found)))}"

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether the private endpoint is this run's."""
        return _parent_is_ours(removal)


@removes(kinds.PRIVATE_ENDPOINT)
class Endpoint(Remover):
    """A private endpoint."""

    tagged = True
    words = "network private-endpoint delete"

    def blocker(self, removal: Removal) -> str:
        """Name the zone groups in it that are another's by now: they would go with it."""
        ours = removal.ours | removal.going
        groups = children(removal.clients, f"{removal.id}/privateDnsZoneGroups")
        told = [f"private DNS zone group {one['name']}" for one in groups if str(one["id"]).lower() not in ours]
        return f"others use it: {', '.join(told)}" if told else ""

    def takes_along(self, resource_id: str, going: frozenset[str]) -> bool:
        """Tell whether a resource is the network interface of a private endpoint that goes."""
        group, _, name = resource_id.partition("/providers/microsoft.network/networkinterfaces/")
        owner = f"{group}/providers/microsoft.network/privateendpoints/{name.partition('.nic.')[0]}"
        return bool(name and owner in going)


@removes(kinds.ZONE_LINK)
class Link(Remover):
    """The link of a zone to a virtual network."""

    tagged = True
    portal = "{parent} > DNS Management > Virtual Network Links > {name} > Delete"
    words = "network private-dns link vnet delete"
    asks = True

    def blocker(self, removal: Removal) -> str:
        """Name the private endpoints of others in its network: their clients resolve names through it."""
        network = properties_of(dict(self._read(removal))).get("virtualNetwork") or {}
        return _endpoints_of_others(removal, str(network.get("id", "")))


@removes(kinds.SUBNET)
class Subnet(Remover):
    """A subnet."""

    portal = "{parent} > Subnets > {name} > Delete"
    words = "network vnet subnet delete"

    def blocker(self, removal: Removal) -> str:
        """Name the private endpoints of others in it: Azure refuses to delete it."""
        return _endpoints_of_others(removal, removal.id)

    def stamp(self, removal: Removal) -> str:
        """Return the stamp of the virtual network, and the subnet's addresses: it has nothing of its own."""
        properties = properties_of(dict(self._read(removal)))
        addresses = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
        return f"{_parents_stamp(removal)} {' '.join(map(str, addresses))}"

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether the virtual network is this run's."""
        return _parent_is_ours(removal)


@removes(kinds.NETWORK)
class Network(Remover):
    """A virtual network."""

    tagged = True
    words = "network vnet delete"

    def blocker(self, removal: Removal) -> str:
        """Name what others have put into it: Azure itself only refuses when an address is in use."""
        there = read(removal.clients, removal.id) or {}
        properties = properties_of(there)
        ours = removal.ours | removal.going
        subnets = [str(one["name"]) for one in properties.get("subnets") or () if str(one["id"]).lower() not in ours]
        peers = [str(one.get("name")) for one in properties.get("virtualNetworkPeerings") or ()]
        told = [*(f"subnet {name}" for name in subnets), *(f"peering {name}" for name in peers)]
        return f"others use it: {', '.join(told)}" if told else _endpoints_of_others(removal, removal.id)


@removes(kinds.ZONE)
class Zone(Remover):
    """A private DNS zone."""

    tagged = True
    portal = "{name} > Overview > Delete zone"
    words = "network private-dns zone delete"
    asks = True

    def blocker(self, removal: Removal) -> str:
        """Name networks that are linked to it, and names in it, that are not this run's."""
        ours = removal.ours | removal.going
        links = children(removal.clients, f"{removal.id}/virtualNetworkLinks")
        told = [f"link {one['name']}" for one in links if str(one["id"]).lower() not in ours]
        mine = {name for group in ours if "/privatednszonegroups/" in group for name in _names(removal, group)}
        for one in children(removal.clients, f"{removal.id}/ALL"):
            kind, name = str(one["type"]).rpartition("/")[2], str(one["name"])
            if kind != "SOA" and not (kind == "A" and name.lower() in mine):  # each zone has an SOA record of its own
                told.append(f"name {name}" if kind == "A" else f"{kind} record {name}")
        return f"others use it: {', '.join(told)}" if told else ""


def _endpoints_of_others(removal: Removal, place: str) -> str:
    """Say which private endpoints in a network or subnet aren't this set-up's; empty if there are none."""
    if not place:
        return ""
    ours = removal.ours | removal.going
    # A link lies with its zone, which can be in another subscription than the network.
    found = children(removal.clients, f"/subscriptions/{subscription_of(place)}/providers/{ENDPOINTS}")
    inside = [one for one in found if lies_in(str((properties_of(one).get("subnet") or {}).get("id")), place)]
    told = [f"private endpoint {one['name']}" for one in inside if str(one["id"]).lower() not in ours]
    return f"others use it: {', '.join(told)}" if told else ""


def _parent_is_ours(removal: Removal) -> bool:
    stamp = _parents_stamp(removal)
    return bool(stamp) and stamp == removal.context.journal.stamp(parent_of(removal.id))


def _parents_stamp(removal: Removal) -> str:
    parent = read(removal.clients, parent_of(removal.id))
    return stamp_of(parent or {}, removal.context.journal.run_id)


def _names(removal: Removal, zone_group_id: str) -> list[str]:
    """Return the names that a zone group keeps in a zone."""
    group = read(removal.clients, zone_group_id)
    return [name.removesuffix(f".{removal.clients.target.cloud.private_zone}") for name in names_of(group)]


def _instance(removal: Removal) -> DigitalTwinsDescription | None:
    return resources.instance(removal.clients, removal.subscription, removal.group, removal.change.name)


def _instance_id(change: Change) -> str:
    return change.resource_id.rpartition("/")[0]
