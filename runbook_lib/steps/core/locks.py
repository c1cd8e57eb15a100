"""Locks: what must not be deleted, whoever wants to. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...azure.clients import Clients
from ..subscription.resources import group_scope


@dataclass(frozen=True)
class Lock:
    """A lock; both levels forbid deletions."""

    name: str
    scope: str
    level: str
    """CanNotDelete or ReadOnly."""

    def forbids_deleting(self, resource_id: str) -> bool:
        """Tell whether it stands in the way: it reaches down, and a deletion takes everything below with it."""
        mine, its = (f"{scope.lower().rstrip('/')}/" for scope in (self.scope, resource_id))
        return its.startswith(mine) or mine.startswith(its)

    def __str__(self) -> str:
        return f"{self.name} ({self.level}) at {self.scope}"


def locks(clients: Clients, subscription: str, group: str) -> Sequence[Lock]:
    """List the locks of a subscription, or of a resource group when only that may be seen; empty when neither may."""
    from azure.core.exceptions import HttpResponseError

    for scope in (f"/subscriptions/{subscription}", group_scope(subscription, group)):
        try:
            found = clients.arm.list(f"{scope}/providers/Microsoft.Authorization/locks", {"api-version": "2020-05-01"})
        except HttpResponseError as error:
            if error.status_code not in (403, 404):
                raise
            continue
        return [_lock(entry) for entry in found]
    return ()


def _lock(entry: dict[str, object]) -> Lock:
    scope = str(entry["id"]).rpartition("/providers/Microsoft.Authorization/locks/")[0]
    properties = entry["properties"]
    level = str(properties["level"]) if isinstance(properties, dict) else ""
    return Lock(str(entry["name"]), scope, level)
