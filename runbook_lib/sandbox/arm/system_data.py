"""`systemData`: who made a resource, who changed it last, and when."""

from __future__ import annotations

from datetime import datetime

from ..clock import stamp
from ..tokens import Caller


def created_by(caller: Caller, now: datetime) -> dict[str, str]:
    """Return the six fields of a resource that is new."""
    changed = modified_by(caller, now)
    return {name.replace("lastModified", "created"): value for name, value in changed.items()} | changed


def modified_by(caller: Caller, now: datetime) -> dict[str, str]:
    """Return the three fields that change with each write."""
    kind = "User" if caller.kind == "user" else "Application"
    return {"lastModifiedBy": caller.label, "lastModifiedByType": kind, "lastModifiedAt": stamp(now)}
