"""Azure's role-based access control: who may do what, where, and since when.

The upper half is pure and knows neither store nor clock; `Access` at the end is the door for the services.
Facts: section 3 of the behaviour notes (matching, inheritance, separate planes, propagation).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from .clock import Clock, Pace, moment, stamp
from .roles import BUILT_IN, Role
from .store import Document, Store
from .tokens import Caller

PROPAGATION_SECONDS = 45
"""How long a change of an assignment takes to work. Modelled: documented as "up to 10 minutes", 30-60 s in practice."""

ASSIGNMENT = "role-assignment"
REMOVED = "removed-role-assignment"
"""Assignments that are no longer listed but still work, until their `worksUntil`."""

_BUILT_IN = {role.id: role for role in BUILT_IN}


def role_definition(guid: str) -> Role | None:
    """Return the role of that id (in any case), or None. The only place where definitions are looked up."""
    return _BUILT_IN.get(guid.lower())


def normalize_scope(scope: str) -> str:
    """Return a scope as it is compared: lower case, no slash at the end; the root `/` becomes the empty text."""
    return scope.lower().rstrip("/")


def covers(assigned: str, asked: str) -> bool:
    """Tell whether a grant at `assigned` reaches down to `asked`; both normalized. Compares whole segments."""
    return asked == assigned or asked.startswith(assigned + "/")


def _expression(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """Compile patterns into one expression: `*` spans segments, and `/*/` matches a single `/` as well.

    The latter because Managed Identity Operator holds `userAssignedIdentities/*/assign/action` and is documented to
    allow `userAssignedIdentities/assign/action`.
    """
    if not patterns:
        return None
    alternatives = (
        re.escape(p.lower()).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*") for p in patterns
    )  # fmt: skip
    return re.compile("|".join(f"(?:{a})" for a in alternatives), re.DOTALL)


@lru_cache(maxsize=1024)
def _matcher(role: Role, data: bool) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    if data:
        return _expression(role.data_actions), _expression(role.not_data_actions)
    return _expression(role.actions), _expression(role.not_actions)


def role_allows(role: Role, action: str, *, data: bool = False) -> bool:
    """Tell whether one role holds an action: its actions minus its own notActions. The two planes never mix."""
    granted, withheld = _matcher(role, data)
    low = action.lower()
    return bool(granted and granted.fullmatch(low)) and not (withheld and withheld.fullmatch(low))


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a scope (normalized), from `since` on and, when it was taken away, before `until`."""

    scope: str
    role: Role
    since: datetime
    until: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Tell whether the grant has reached the services that check it."""
        return self.since <= now and (self.until is None or now < self.until)


def allows(grants: Iterable[Grant], action: str, scope: str, *, data: bool = False) -> bool:
    """Tell whether any of the grants allows an action at a scope: the union over roles, inherited downward."""
    asked = normalize_scope(scope)
    return any(covers(grant.scope, asked) and role_allows(grant.role, action, data=data) for grant in grants)


class Access:
    """Answers who may do what. Reads assignments and groups from the store, anew whenever one has changed."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._delay = pace.scale(PROPAGATION_SECONDS)
        self._revision: tuple[int, ...] = ()
        self._index: tuple[dict[str, list[Grant]], dict[str, list[str]]] = ({}, {})

    def permits(self, caller: Caller, action: str, scope: str, *, data: bool = False) -> bool:
        """Tell whether the caller may do `action` (a data action when `data`) at `scope` now."""
        return allows(self._grants(caller.object_id), action, scope, data=data)

    def permissions(self, caller: Caller, scope: str) -> list[dict[str, Any]]:
        """List what each of the caller's roles at or above `scope` holds, in the permissions API's shape."""
        asked = normalize_scope(scope)
        roles = dict.fromkeys(g.role for g in self._grants(caller.object_id) if covers(g.scope, asked))
        return [permission(role) for role in roles]

    def has_role_over(self, caller: Caller, scope: str) -> bool:
        """Tell whether the caller holds any role at `scope` or above it."""
        asked = normalize_scope(scope)
        return any(covers(grant.scope, asked) for grant in self._grants(caller.object_id))

    def has_role_within(self, caller: Caller, scope: str) -> bool:
        """Tell whether the caller holds any role at, above or below `scope`."""
        asked = normalize_scope(scope)
        return any(covers(g.scope, asked) or covers(asked, g.scope) for g in self._grants(caller.object_id))

    def identities(self, principal_id: str) -> set[str]:
        """Return a principal's id together with the ids of all groups it belongs to, through groups in groups too."""
        return set(self._walk(self._fresh()[1], principal_id))

    def effective_on(self) -> str:
        """Return the moment from which an assignment made now will work."""
        return stamp(self._clock.now() + self._delay)

    def withdraw(self, key: str, assignment: Document) -> None:
        """Delete an assignment from the store; if it worked already it goes on working until the change has spread."""
        self._store.delete(ASSIGNMENT, key)
        now = self._clock.now()
        if moment(assignment["effectiveOn"]) <= now:
            until = stamp(now + self._delay)
            self._store.put(REMOVED, f"{key}#{until}", {**assignment, "worksUntil": until})

    def _grants(self, principal_id: str) -> Iterator[Grant]:
        by_principal, groups_of = self._fresh()
        now = self._clock.now()
        for holder in self._walk(groups_of, principal_id):
            yield from (grant for grant in by_principal.get(holder, ()) if grant.works(now))

    @staticmethod
    def _walk(groups_of: dict[str, list[str]], principal_id: str) -> Iterator[str]:
        seen: set[str] = set()
        waiting = [principal_id.lower()]
        while waiting:
            identity = waiting.pop()
            if identity not in seen:
                seen.add(identity)
                yield identity
                waiting += groups_of.get(identity, ())

    def _fresh(self) -> tuple[dict[str, list[Grant]], dict[str, list[str]]]:
        revision = self._store.revision(ASSIGNMENT, REMOVED, "group")
        if revision != self._revision:
            # The index is made whole before it is published: other threads read it without a lock.
            self._index, self._revision = (self._read_grants(), self._read_groups()), revision
        return self._index

    def _read_grants(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = defaultdict(list)
        for document in (*self._store.list(ASSIGNMENT), *self._store.list(REMOVED)):
            if role := role_definition(document["role"]):
                until = moment(document["worksUntil"]) if "worksUntil" in document else None
                grant = Grant(normalize_scope(document["scope"]), role, moment(document["effectiveOn"]), until)
                found[document["principalId"].lower()].append(grant)
        return dict(found)

    def _read_groups(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for group in self._store.list("group"):
            for member in group["members"]:
                found[member.lower()].append(group["id"].lower())
        return dict(found)


def permission(role: Role) -> dict[str, Any]:
    """Render what a role holds as role definitions and the permissions API show it."""
    return {
        "actions": list(role.actions),
        "notActions": list(role.not_actions),
        "dataActions": list(role.data_actions),
        "notDataActions": list(role.not_data_actions),
    }
