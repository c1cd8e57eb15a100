"""Azure's role-based access control, the rules: which grant or denial decides about an action at a scope.

Pure: knows neither store nor clock. Facts: section 3 of the behaviour notes (matching, inheritance, separate planes).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from . import world
from .conditions import Condition
from .roles import Role

EVERYONE = "00000000-0000-0000-0000-000000000000"
"""The principal id that stands for all principals in a deny assignment (documented)."""
ROOT_GROUP = world.ROOT_GROUP.lower()
"""The tenant's root management group, above all subscriptions."""
PLATFORM_GROUP = world.PLATFORM_GROUP.lower()
"""The management group between the root and the company's subscriptions. The sandbox has no others."""
_PLATFORM = frozenset(f"/subscriptions/{one.lower()}" for one in world.SUBSCRIPTIONS)


def management_groups_above(scope: str) -> tuple[str, ...]:
    """Return the management groups above a scope (normalized), the root first."""
    if scope == PLATFORM_GROUP:
        return (ROOT_GROUP,)
    if not scope.startswith("/subscriptions/"):
        return ()
    in_platform = "/".join(scope.split("/", 3)[:3]) in _PLATFORM
    return (ROOT_GROUP, PLATFORM_GROUP) if in_platform else (ROOT_GROUP,)


def normalize_scope(scope: str) -> str:
    """Return a scope in a form to compare: lower case, no slash at the end; the root `/` becomes the empty text."""
    return scope.lower().rstrip("/")


def covers(assigned: str, asked: str) -> bool:
    """Tell whether a grant at `assigned` reaches down to `asked`; both normalized. Compares whole segments."""
    if asked == assigned or asked.startswith(assigned + "/"):
        return True
    return assigned in management_groups_above(asked)


def _expression(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """Compile patterns into one expression: `*` spans segments, and `/*/` also matches a single `/`.

    The last rule is there because Managed Identity Operator has `userAssignedIdentities/*/assign/action`, and is
    documented to allow `userAssignedIdentities/assign/action`.
    """
    if not patterns:
        return None
    alternatives = (re.escape(p.lower()).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*") for p in patterns)
    return re.compile("|".join(f"(?:{a})" for a in alternatives), re.DOTALL)


@lru_cache(maxsize=1024)
def _matcher(role: Role, data: bool) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    if data:
        return _expression(role.data_actions), _expression(role.not_data_actions)
    return _expression(role.actions), _expression(role.not_actions)


def role_allows(role: Role, action: str, *, data: bool = False) -> bool:
    """Tell whether one role holds an action: in any of its entries, the actions minus that entry's notActions.

    The two planes never mix.
    """
    low = action.lower()
    for entry in (role, *role.further):
        granted, withheld = _matcher(entry, data)
        if granted and granted.fullmatch(low) and not (withheld and withheld.fullmatch(low)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a scope (normalized), from `since` on and, if it was removed, until `until`."""

    scope: str
    role: Role
    since: datetime
    until: datetime | None = None
    condition: Condition | None = None
    """What narrows the role further; None if nothing does."""

    def works(self, now: datetime) -> bool:
        """Tell whether the grant has reached the services that check it."""
        return self.since <= now and (self.until is None or now < self.until)


def allows(
    grants: Iterable[Grant], action: str, scope: str, *, data: bool = False, attributes: Mapping[str, str] | None = None
) -> bool:
    """Tell whether any of the grants allows an action at a scope: the union over roles, inherited downward.

    `attributes` is what conditions look at. None leaves conditions out.
    """
    asked = normalize_scope(scope)
    return any(
        covers(grant.scope, asked)
        and role_allows(grant.role, action, data=data)
        and (attributes is None or grant.condition is None or grant.condition.holds(action, attributes))
        for grant in grants
    )


@dataclass(frozen=True, slots=True)
class Denial:
    """A deny assignment: what its principals can't do at its scope (normalized), whatever their roles say."""

    name: str
    id: str
    scope: str
    permissions: Role
    principals: frozenset[str]
    excluded: frozenset[str]
    children: bool = True
    """Whether it also applies below its scope."""

    @property
    def shown(self) -> tuple[str, str, str]:
        """Name, id and scope, as a refusal quotes them."""
        return self.name, self.id.rpartition("/")[2], self.id.partition("/providers/Microsoft.Authorization/")[0] or "/"

    def applies(self, identities: set[str], action: str, asked: str, *, data: bool) -> bool:
        """Tell whether it forbids an action at a scope (normalized) to a principal with these ids."""
        if not (self.principals & (identities | {EVERYONE})) or self.excluded & identities:
            return False
        reaches = covers(self.scope, asked) if self.children else self.scope == asked
        return reaches and role_allows(self.permissions, action, data=data)


def permissions(role: Role) -> list[dict[str, Any]]:
    """Render what a role holds as role definitions and the permissions API show it, entry by entry."""
    return [
        {
            "actions": list(entry.actions),
            "notActions": list(entry.not_actions),
            "dataActions": list(entry.data_actions),
            "notDataActions": list(entry.not_data_actions),
        }
        for entry in (role, *role.further)
    ]
