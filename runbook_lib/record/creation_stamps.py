"""What tells a thing that a run made from another one that has its name by now.

Azure stamps what is created: an instance with a time, an identity with an object id. Deleted and made again, it has
the same resource id and another stamp.
"""

from __future__ import annotations

from .journal import Journal

EVENT = "created"
"""The journal's event that keeps the stamp of a resource."""


def remember_creation(journal: Journal, step: str, resource_id: str, stamp: str) -> None:
    """Keep the stamp of what this run has just created."""
    journal.record(EVENT, step, resource_id=resource_id.lower(), stamp=stamp)


def creation_stamp(journal: Journal, resource_id: str) -> str:
    """Return the stamp of what this run created last under an id; empty when it is not known."""
    mine = [one for one in journal.events() if one["event"] == EVENT and one["resource_id"] == resource_id.lower()]
    return str(mine[-1]["stamp"]) if mine else ""
