"""One thing that a run would do, or has done: what plans list and the journal keeps."""

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
