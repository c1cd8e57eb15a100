"""Which locks block a change; Microsoft.Authorization's `locks` are served in `authorization/locks.py`."""

from __future__ import annotations

from ..rbac import normalize_scope
from ..store import Document, Store
from .inventory import LOCK

LOCKS = "/providers/Microsoft.Authorization/locks/"


def locks_against(store: Store, scope: str, *, deletes: bool) -> list[str]:
    """Return the scopes whose locks forbid a change (a deletion when `deletes`) at `scope`.

    Locks reach down to everything below, and a deletion takes everything below with it. `CanNotDelete` forbids
    deletions, `ReadOnly` every change.
    """
    segments = normalize_scope(scope).split("/")
    above = ["/".join(segments[:n]) for n in range(2, len(segments) + 1)]
    found = [lock for each in above for lock in store.list(LOCK, f"{each}{LOCKS}")]
    if deletes:
        found += store.list(LOCK, f"{normalize_scope(scope)}/")
    levels = ("CanNotDelete", "ReadOnly") if deletes else ("ReadOnly",)
    return sorted({_scope_of(lock) for lock in found if lock["properties"]["level"] in levels})


def _scope_of(lock: Document) -> str:
    return str(lock["id"].rpartition(LOCKS)[0])
