"""What there is: resources of every type, and what goes with a resource when it goes.

A resource is one document of the store under its id; what belongs to it lies below that id. Each provider names here
what else of its own has to be done when a resource of a type disappears, however it disappears.
"""

from __future__ import annotations

from collections.abc import Callable

from ..rbac import ASSIGNMENT, DENIAL
from ..store import Document, Store

RESOURCE = "resource"
LOCK = "lock"
SCOPED = (ASSIGNMENT, DENIAL, LOCK)
"""Kinds of documents that lie at a scope and go with it."""
Forget = Callable[[Document], None]


class Inventory:
    """The resources of the sandbox."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._forget: dict[str, Forget] = {}

    def on_forget(self, full_type: str, forget: Forget) -> None:
        """Name what a provider does when a resource of `full_type` disappears, beside its removal from the store."""
        self._forget[full_type.lower()] = forget

    def get(self, resource_id: str) -> Document | None:
        """Return the resource of that id, in any case."""
        return self._store.get(RESOURCE, resource_id)

    def put(self, resource: Document) -> None:
        """Write a resource."""
        self._store.put(RESOURCE, resource["id"], resource)

    def below(self, scope: str, full_type: str = "") -> list[Document]:
        """List the resources below a scope, of one type when one is given."""
        found = self._store.list(RESOURCE, f"{scope.rstrip('/')}/")
        return [r for r in found if not full_type or r["type"].lower() == full_type.lower()]

    def children(self, resource_id: str, collection: str) -> list[Document]:
        """List a resource's own children of one kind, such as its `endpoints`."""
        prefix = f"{resource_id}/{collection}/"
        return [r for r in self._store.list(RESOURCE, prefix) if "/" not in r["id"][len(prefix) :]]

    def forget(self, resource: Document) -> None:
        """Remove a resource with its children, and the locks and roles at their scopes."""
        for each in (*reversed(self.below(resource["id"])), resource):
            if hook := self._forget.get(each["type"].lower()):
                hook(each)
            self._store.delete(RESOURCE, each["id"])
        for kind in SCOPED:
            self._store.delete_all(kind, f"{resource['id']}/")
