"""The `$filter` of role assignment lists: `atScope()`, `principalId eq`, `assignedTo()`, alone or joined by `and`."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...rbac import Access, covers, normalize_scope
from ...store import Document
from .. import errors

Wanted = Callable[[Document, str], bool]
"""Takes an assignment and the scope that was asked for (normalized)."""

_PRINCIPAL = re.compile(r"principalId\s+eq\s+'([^']*)'", re.IGNORECASE)
_ASSIGNED_TO = re.compile(r"assignedTo\('([^']*)'\)", re.IGNORECASE)


def assignment_filter(text: str, access: Access) -> Wanted:
    """Compile a `$filter`; an empty one wants everything. Raises ArmError for what the service does not take."""
    parts = re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else []
    conditions = [_condition(part.strip(), text, access) for part in parts]
    return lambda document, asked: all(condition(document, asked) for condition in conditions)


def _condition(part: str, text: str, access: Access) -> Wanted:
    if part.lower() == "atscope()":
        return _at_scope
    if found := _PRINCIPAL.fullmatch(part):
        principal = found[1].lower()
        return lambda document, _asked: document["principalId"].lower() == principal
    if found := _ASSIGNED_TO.fullmatch(part):
        identities = access.identities(found[1])
        return lambda document, _asked: document["principalId"].lower() in identities
    raise errors.invalid_filter(text)


def _at_scope(document: Document, asked: str) -> bool:
    """Keep what works at the scope itself: assigned there or above, never below."""
    return covers(normalize_scope(document["scope"]), asked)
