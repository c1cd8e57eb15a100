"""A change, as plans list it and the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Change:
    """One thing that apply would do, or has done."""

    action: Literal["create", "update", "register", "assign", "delete"]
    kind: str
    """What it is, in the portal's words: `Resource group`."""
    name: str
    resource_id: str
    details: str = ""
