"""How each kind of thing that the guide makes is taken back, and what of others would go with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...record.change import Change
from ...record.journal import Journal
from ..core import kinds
from ..core.recipes import Call, az
from ..core.removal import Removal, Remover
from ..data_plane.contents import foreign_contents
from ..data_plane.removers import Data
from ..directory import role_assignments
from ..identity.removers import Association, OwnIdentity, UserIdentity
from ..network.removers import Block, Endpoint, Link, Network, Subnet, Zone, ZoneGroup, goes_along
from ..subscription import resources

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

BORN = "born"
"""The journal's event that keeps when Azure made a resource: one made anew by somebody else is another one."""


def remember_birth(journal: Journal, step: str, instance: DigitalTwinsDescription) -> None:
    """Keep when Azure made an instance: one that somebody else makes anew under its name has another time."""
    journal.record(BORN, step, resource_id=str(instance.id).lower(), created=str(instance.created_time))


def born(journal: Journal, resource_id: str) -> str:
    """Return when Azure made the instance that this run made last under an id; empty when that is not known."""
    times = [
        entry["created"]
        for entry in journal.events()
        if entry["event"] == BORN and entry["resource_id"].lower() == resource_id.lower()
    ]
    return str(times[-1]) if times else ""


class Role(Remover):
    """A role assignment."""

    at_once = True
    words = "role assignment delete"

    def scope(self, removal: Removal) -> str:
        """Return the scope of the assignment."""
        return removal.id.rpartition("/providers/Microsoft.Authorization/")[0]

    def exists(self, removal: Removal) -> bool:
        """Look for the assignment: 204 or 404 when it, or what it was for, is gone."""
        return role_assignments.present(removal.clients, removal.subscription, removal.id)

    def maker(self, removal: Removal) -> str:
        """Return the object id of whoever gave it."""
        found = removal.clients.authorization(removal.subscription).role_assignments.get_by_id(removal.id)
        return str(found.created_by or "")

    def call(self, removal: Removal) -> Call:
        """Remove the assignment."""
        return Call("authorization", removal.subscription, "role_assignments.delete_by_id", (removal.id,))

    def page(self, change: Change) -> str:
        """Say where the portal does it: at the very scope of the assignment."""
        scope = change.resource_id.partition("/providers/Microsoft.Authorization/")[0].rpartition("/")[2]
        told = f"{change.name} {change.details}".strip()
        return f"{scope} > Access control (IAM) > Role assignments > {told} > Remove > Yes"


class Instance(Remover):
    """The instance, with all its data."""

    usual = 36  # recorded

    def hindrance(self, removal: Removal) -> str:
        """Say when it is another one of that name, and what others have put into it."""
        found = removal.clients.digital_twins(removal.subscription).digital_twins.get(
            removal.group, removal.change.name
        )
        if born(removal.context.journal, removal.id) not in ("", str(found.created_time)):
            return "it is not the one that this run made: somebody has made it anew since"
        inside = foreign_contents(removal.clients, removal.subscription, found, removal.ours)
        return f"others work with it: {inside}" if inside else ""

    def call(self, removal: Removal) -> Call:
        """Delete it. There is no recycle bin."""
        where = (removal.group, removal.change.name)
        return Call("digital_twins", removal.subscription, "digital_twins.begin_delete", where)

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        group = resources.group_of(change.resource_id)
        return az("dt delete", dt_name=change.name, resource_group=group, yes=True)


class Group(Remover):
    """A resource group, when it is empty."""

    usual = 20
    portal = "{name} > Overview > Delete resource group"

    def exists(self, removal: Removal) -> bool:
        """Look for the group."""
        return resources.group(removal.clients, removal.subscription, removal.group).found != "no"

    def hindrance(self, removal: Removal) -> str:
        """Name what is in it and does not go."""
        inside = removal.clients.resources(removal.subscription).resources.list_by_resource_group(removal.group)
        names = [str(one.name) for one in inside if not goes_along(str(one.id).lower(), removal.going)]
        return f"it is not empty: {', '.join(names)}" if names else ""

    def call(self, removal: Removal) -> Call:
        """Delete the group."""
        return Call("resources", removal.subscription, "resource_groups.begin_delete", (removal.group,))

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        subscription = change.resource_id.split("/")[2]
        return az("group delete", name=change.name, subscription=subscription, yes=True)


REMOVERS: Mapping[str, Remover] = {
    kinds.RELATIONSHIP: Data(1),
    kinds.TWIN: Data(2),
    kinds.MODEL: Data(3),
    kinds.ROLE: Role(4),
    kinds.ORPHAN: Role(4),
    # Public access comes back before the private way in is taken away.
    kinds.BLOCK: Block(6),
    kinds.ZONE_GROUP: ZoneGroup(7, "2024-05-01"),
    kinds.PRIVATE_ENDPOINT: Endpoint(8, "2024-05-01"),
    kinds.ZONE_LINK: Link(9, "2024-06-01"),
    kinds.ZONE: Zone(10, "2024-06-01"),
    kinds.SUBNET: Subnet(10, "2024-05-01"),
    kinds.NETWORK: Network(11, "2024-05-01"),
    kinds.ASSOCIATED: Association(12),
    kinds.OWN_IDENTITY: OwnIdentity(12),
    kinds.IDENTITY: UserIdentity(13, "2023-01-31"),
    kinds.INSTANCE: Instance(14, "2023-01-31"),
    kinds.GROUP: Group(15, "2022-09-01"),
}
"""By kind, in the order in which things go: data, access, private endpoints and DNS, identities, instance, group."""
