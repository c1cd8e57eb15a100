"""Azure's role-based access control, the entry point: who can do what, where, and since when.

The rules are in `access_rules`; here they meet the store's assignments, roles and groups, and the clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .access_rules import (
    EVERYONE,
    PLATFORM_GROUP,
    ROOT_GROUP,
    Denial,
    Grant,
    allows,
    covers,
    management_groups_above,
    normalize_scope,
    permissions,
    role_allows,
)
from .clock import Clock, Pace, moment, stamp
from .conditions import read_condition
from .roles import BUILT_IN, Role
from .store import Document, Store
from .tokens import Caller

__all__ = [
    "ASSIGNMENT",
    "CUSTOM_ROLE",
    "DENIAL",
    "ELIGIBILITY",
    "EVERYONE",
    "PLATFORM_GROUP",
    "PROPAGATION_SECONDS",
    "REMOVED",
    "ROOT_GROUP",
    "Access",
    "Grant",
    "allows",
    "covers",
    "custom_role",
    "management_groups_above",
    "normalize_scope",
    "permissions",
    "role_allows",
]

PROPAGATION_SECONDS = 45
"""How long a change to an assignment takes to work. Modelled: documented as "up to 10 minutes", 30-60 s in practice."""

ASSIGNMENT = "role-assignment"
DENIAL = "deny-assignment"
CUSTOM_ROLE = "custom-role"
ELIGIBILITY = "role-eligibility"
"""Roles that someone can activate for a while (Privileged Identity Management)."""
REMOVED = "removed-role-assignment"
"""Assignments that are no longer listed but still work, until their `worksUntil`."""

_BUILT_IN = {role.id: role for role in BUILT_IN}


@dataclass(frozen=True, slots=True)
class _Index:
    """Everything that decides about access, indexed for lookups."""

    grants: dict[str, list[Grant]]
    """By principal."""
    groups_of: dict[str, list[str]]
    denials: list[Denial]
    roles: dict[str, Role]
    held: Counter[str]
    """How many role assignments each subscription holds."""


class Access:
    """Answers who can do what. Reads assignments, roles and groups from the store, and again after one has changed."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._delay = pace.scale(PROPAGATION_SECONDS)
        self._revision: tuple[int, ...] = ()
        self._index = _Index({}, {}, [], {}, Counter())

    def permits(
        self,
        caller: Caller,
        action: str,
        scope: str,
        *,
        data: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> bool:
        """Tell whether the caller can do `action` (a data action when `data`) at `scope` now.

        `attributes` of the request or resource are what conditions of assignments look at.
        """
        allowed = allows(self._grants(caller.object_id), action, scope, data=data, attributes=attributes or {})
        return allowed and self._denied(caller, action, scope, data=data) is None

    def denial(self, caller: Caller, action: str, scope: str) -> tuple[str, str, str] | None:
        """Return name, id and scope of the deny assignment that forbids what a role of the caller allows, or None."""
        if not allows(self._grants(caller.object_id), action, scope):
            return None
        found = self._denied(caller, action, scope, data=False)
        return found.shown if found else None

    def role(self, guid: str) -> Role | None:
        """Return the built-in or custom role of that id (case-insensitive). Roles are looked up only here."""
        return self._fresh().roles.get(guid.lower())

    def roles(self) -> list[Role]:
        """List the built-in roles, then the custom ones."""
        return list(self._fresh().roles.values())

    def assignments_in(self, subscription: str) -> int:
        """Count the role assignments at a subscription and below it."""
        return self._fresh().held[subscription.lower()]

    def permissions(self, caller: Caller, scope: str) -> list[dict[str, Any]]:
        """List what each of the caller's roles at or above `scope` holds, in the permissions API's shape."""
        asked = normalize_scope(scope)
        roles = dict.fromkeys(g.role for g in self._grants(caller.object_id) if covers(g.scope, asked))
        return [entry for role in roles for entry in permissions(role)]

    def has_role_over(self, caller: Caller, scope: str) -> bool:
        """Tell whether the caller has any role at `scope` or above it."""
        asked = normalize_scope(scope)
        return any(covers(grant.scope, asked) for grant in self._grants(caller.object_id))

    def has_role_within(self, caller: Caller, scope: str) -> bool:
        """Tell whether the caller has any role at, above or below `scope`."""
        asked = normalize_scope(scope)
        return any(covers(g.scope, asked) or covers(asked, g.scope) for g in self._grants(caller.object_id))

    def identities(self, principal_id: str) -> set[str]:
        """Return a principal's id together with the ids of all groups it belongs to, through groups in groups too."""
        return set(self._walk(self._fresh().groups_of, principal_id))

    def effective_on(self) -> str:
        """Return when an assignment made now will start to work."""
        return stamp(self._clock.now() + self._delay)

    def withdraw(self, key: str, assignment: Document) -> None:
        """Delete an assignment from the store. If it already worked, it keeps working until the change has spread."""
        self._store.delete(ASSIGNMENT, key)
        now = self._clock.now()
        if moment(assignment["effectiveOn"]) <= now:
            until = stamp(now + self._delay)
            self._store.put(REMOVED, f"{key}#{until}", {**assignment, "worksUntil": until})

    def _grants(self, principal_id: str) -> Iterator[Grant]:
        index, now = self._fresh(), self._clock.now()
        for holder in self._walk(index.groups_of, principal_id):
            yield from (grant for grant in index.grants.get(holder, ()) if grant.works(now))

    def _denied(self, caller: Caller, action: str, scope: str, *, data: bool) -> Denial | None:
        index = self._fresh()
        if not index.denials:
            return None
        asked, identities = normalize_scope(scope), set(self._walk(index.groups_of, caller.object_id))
        return next((d for d in index.denials if d.applies(identities, action, asked, data=data)), None)

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

    def _fresh(self) -> _Index:
        revision = self._store.revision(ASSIGNMENT, REMOVED, DENIAL, CUSTOM_ROLE, "group")
        if revision != self._revision:
            # The index is complete before it's published, because other threads read it without a lock.
            self._index, self._revision = self._read(), revision
        return self._index

    def _read(self) -> _Index:
        roles = _BUILT_IN | {role.id: role for role in map(custom_role, self._store.list(CUSTOM_ROLE))}
        assignments = self._store.list(ASSIGNMENT)
        held = Counter(d["scope"].split("/")[2].lower() for d in assignments if _in_subscription(d["scope"]))
        denials = [_read_denial(document) for document in self._store.list(DENIAL)]
        grants = _read_grants((*assignments, *self._store.list(REMOVED)), roles)
        return _Index(grants, self._read_groups(), denials, roles, held)

    def _read_groups(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for group in self._store.list("group"):
            for member in group["members"]:
                found[member.lower()].append(group["id"].lower())
        return dict(found)


def custom_role(document: Document) -> Role:
    """Return the role of a custom role's document."""
    entries: list[Document] = document["permissions"] or [{}]
    first, *further = (_entry(document, entry) for entry in entries)
    return replace(
        first,
        created_on=document["createdOn"],
        updated_on=document["updatedOn"],
        assignable_scopes=tuple(document["assignableScopes"]),
        kind="CustomRole",
        created_by=document["createdBy"],
        updated_by=document["updatedBy"],
        further=tuple(further),
    )


def _entry(document: Document, entry: Document) -> Role:
    return Role(
        document["id"],
        document["roleName"],
        document["description"],
        tuple(entry.get("actions") or ()),
        tuple(entry.get("notActions") or ()),
        tuple(entry.get("dataActions") or ()),
        tuple(entry.get("notDataActions") or ()),
    )


def _in_subscription(scope: str) -> bool:
    return scope.lower().startswith("/subscriptions/")


def _read_grants(assignments: Iterable[Document], roles: dict[str, Role]) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = defaultdict(list)
    for document in assignments:
        if role := roles.get(document["role"].lower()):
            until = moment(document["worksUntil"]) if "worksUntil" in document else None
            condition = read_condition(document["condition"]) if document.get("condition") else None
            since = moment(document["effectiveOn"])
            grant = Grant(normalize_scope(document["scope"]), role, since, until, condition)
            found[document["principalId"].lower()].append(grant)
    return dict(found)


def _read_denial(document: Document) -> Denial:
    properties = document["properties"]
    common = dict.fromkeys(("createdOn", "updatedOn"), "") | {"createdBy": None, "updatedBy": None}
    body = {"id": document["name"], "roleName": "", "description": "", "assignableScopes": [], **common}
    return Denial(
        properties["denyAssignmentName"],
        document["id"],
        normalize_scope(properties["scope"]),
        custom_role({**body, "permissions": properties["permissions"]}),
        frozenset(principal["id"].lower() for principal in properties["principals"]),
        frozenset(principal["id"].lower() for principal in properties["excludePrincipals"]),
        not properties["doNotApplyToChildScopes"],
    )
