"""The resources of every type, and what's deleted with a resource.

A resource is one document of the store under its id; its parts are below that id. Each provider registers here what
else it does when a resource of a type disappears for any reason.
"""

from __future__ import annotations

from collections.abc import Callable

from ..rbac import ASSIGNMENT, DENIAL
from ..store import Document, Store

RESOURCE = "resource"
LOCK = "lock"
SCOPED = (ASSIGNMENT, DENIAL, LOCK, "policy-assignment", "blob", "blob-blocks")
"""Kinds of documents that are at a scope and are deleted with it."""
Forget = Callable[[Document], None]


class Inventory:
    """The resources of the sandbox."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._forget: dict[str, Forget] = {}

    def on_forget(self, full_type: str, forget: Forget) -> None:
        """Register what a provider does, beyond the removal from the store, when a `full_type` disappears."""
        self._forget[full_type.lower()] = forget

    def get(self, resource_id: str) -> Document | None:
        """Return the resource of that id, in any case."""
        return self._store.get(RESOURCE, resource_id)

    def put(self, resource: Document) -> None:
        """Write a resource."""
        self._store.put(RESOURCE, resource["id"], resource)

    def below(self, scope: str, full_type: str = "") -> list[Document]:
        """List the resources below a scope, of one type if `full_type` is given."""
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
