"""Who can sign in on the sandbox's pages."""

from __future__ import annotations

from ..store import Document, Store


def personas(store: Store) -> list[Document]:
    """List the users who can sign in."""
    return [user for user in store.list("user") if user.get("persona") and user["accountEnabled"]]
