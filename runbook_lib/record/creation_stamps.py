"""Creation stamps, which tell a resource that this run created from a later one with the same name.

Azure stamps what it creates: an instance with a time, an identity with an object id. If you delete a resource and
create it again, it has the same resource id but another stamp.
"""

from __future__ import annotations

from .journal import Journal

EVENT = "created"
"""The journal's event that keeps the stamp of a resource."""


def remember_creation(journal: Journal, step: str, resource_id: str, stamp: str) -> None:
    """Record the stamp of a resource that this run has just created."""
    journal.record(EVENT, step, resource_id=resource_id.lower(), stamp=stamp)


def creation_stamp(journal: Journal, resource_id: str) -> str:
    """Return the newest stamp that this run recorded for a resource id; empty if there's none."""
    mine = [one for one in journal.events() if one["event"] == EVENT and one["resource_id"] == resource_id.lower()]
    return str(mine[-1]["stamp"]) if mine else ""
