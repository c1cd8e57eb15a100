"""The `$filter` of role assignment lists: `atScope()`, `principalId eq`, `assignedTo()`, alone or joined by `and`."""

from __future__ import annotations

from collections.abc import Callable

from ...rbac import Access, covers, normalize_scope
from ...store import Document
from .. import errors
from ..filters import Comparison, Function, Part, read_filter

Wanted = Callable[[Document, str], bool]
"""Takes an assignment and the requested scope (normalized)."""


def assignment_filter(text: str, access: Access) -> Wanted:
    """Compile a `$filter`; an empty one keeps everything. Raises ArmError for one that the service doesn't accept."""
    conditions = [_condition(part, text, access) for part in read_filter(text)]
    return lambda document, asked: all(condition(document, asked) for condition in conditions)


def _condition(part: Part, text: str, access: Access) -> Wanted:
    match part:
        case Function("atscope", None):
            return _at_scope
        case Comparison("principalid", "eq", principal) if "'" not in principal:
            return lambda document, _asked: document["principalId"].lower() == principal.lower()
        case Function("assignedto", str(principal)) if "'" not in principal:
            identities = access.identities(principal)
            return lambda document, _asked: document["principalId"].lower() in identities
    raise errors.invalid_filter(text)


def _at_scope(document: Document, asked: str) -> bool:
    """Keep what applies at the scope itself: assigned there or above, never below."""
    return covers(normalize_scope(document["scope"]), asked)
