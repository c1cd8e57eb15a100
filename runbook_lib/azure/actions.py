"""Azure's actions, and the patterns in roles and deny assignments that match them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def matches(pattern: str, action: str) -> bool:
    """Tell whether an Azure action matches a pattern in a role.

    Case doesn't matter, and `*` spans segments. `/*/` also matches a single `/`: Managed Identity Operator contains
    `userAssignedIdentities/*/assign/action`, and the documentation says that it allows
    `userAssignedIdentities/assign/action`.
    """
    expression = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None


def allows(permissions: Iterable[Mapping[str, Any]], action: str, *, data: bool = False) -> bool:
    """Tell whether any of the permissions allows the action without excluding it again."""
    granted, withheld = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(
        any(matches(p, action) for p in entry.get(granted) or ())
        and not any(matches(p, action) for p in entry.get(withheld) or ())
        for entry in permissions
    )
