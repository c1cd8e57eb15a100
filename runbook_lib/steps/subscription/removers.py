"""How a resource group is removed."""

from __future__ import annotations

from ...azure.resource_ids import subscription_of
from ...record.change import Change
from ..core.recipes import Call, az
from ..core.removal import Removal, Remover, removers, removes
from . import resources
from .kinds import GROUP


@removes(GROUP)
class ResourceGroup(Remover):
    """A resource group, when it is empty."""

    tagged = True
    usual = 20
    portal = "{name} > Overview > Delete resource group"

    def exists(self, removal: Removal) -> bool:
        """Look for the group."""
        return resources.group(removal.clients, removal.subscription, removal.group).found != "no"

    def blocker(self, removal: Removal) -> str:
        """Name what is in it and stays."""
        inside = removal.clients.resources(removal.subscription).resources.list_by_resource_group(removal.group)
        names = [str(one.name) for one in inside if not _goes(str(one.id).lower(), removal.going)]
        return f"it is not empty: {', '.join(names)}" if names else ""

    def call(self, removal: Removal) -> Call:
        """Delete the group."""
        return Call("resources", removal.subscription, "resource_groups.begin_delete", (removal.group,))

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        return az("group delete", name=change.name, subscription=subscription_of(change.resource_id), yes=True)


def _goes(resource_id: str, going: frozenset[str]) -> bool:
    return resource_id in going or any(one.takes_along(resource_id, going) for one in removers().values())
