"""Locks, which keep everyone from deleting a resource, whatever their role. This module only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import group_id, lies_in, scope_of


@dataclass(frozen=True)
class Lock:
    """A lock. Both levels forbid deletion."""

    name: str
    scope: str
    level: str
    """CanNotDelete or ReadOnly."""

    def forbids_deleting(self, resource_id: str) -> bool:
        """Tell whether it blocks a deletion: everything below inherits a lock, and goes with a deleted resource."""
        return lies_in(resource_id, self.scope) or lies_in(self.scope, resource_id)

    def __str__(self) -> str:
        return f"{self.name} ({self.level}) at {self.scope}"


def locks(clients: Clients, subscription: str, group: str) -> Sequence[Lock]:
    """List the locks of a subscription, or of a resource group if you can see only that; empty if neither."""
    version = {"api-version": "2020-05-01"}
    for scope in (f"/subscriptions/{subscription}", group_id(subscription, group)):
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        found = ask(partial(clients.arm.list, path, version), {403: None, 404: None})
        if found is not None:
            return [_lock(entry) for entry in found]
    return ()


def _lock(entry: dict[str, object]) -> Lock:
    properties = entry["properties"]
    level = str(properties["level"]) if isinstance(properties, dict) else ""
    return Lock(str(entry["name"]), scope_of(str(entry["id"])), level)
