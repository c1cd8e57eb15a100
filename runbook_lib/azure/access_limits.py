"""What the permissions API leaves out: deny assignments, conditions, and roles that you could activate.

Facts: deny assignments article, conditions format article, Privileged Identity Management's REST API (2020-10-01).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .actions import allows
from .answers import ask
from .conditions import lets_through
from .resource_ids import lies_in, name_of

if TYPE_CHECKING:
    from .clients import Clients

_PROVIDER = "/providers/Microsoft.Authorization"
_VERSION = "2022-04-01"
_SCHEDULES = "2020-10-01"
_EVERYONE = "00000000-0000-0000-0000-000000000000"
"""The principal id that stands for all principals in a deny assignment (documented)."""


@dataclass(frozen=True)
class EligibleRole:
    """A role that you don't have, but can activate for a while."""

    name: str
    definition_id: str
    scope: str
    scope_name: str
    schedule: str
    """Name of the eligibility schedule, which an activation refers to."""
    principal_id: str
    """Object id of the account that activates it."""

    @property
    def page(self) -> str:
        """Where the portal activates it."""
        where = f"Azure resources > Eligible assignments > {self.name} at {self.scope_name}"
        return f"Privileged Identity Management > My roles > {where} > Activate"

    @property
    def command(self) -> str:
        """The `az` command that activates it for eight hours, the longest that is usual."""
        body = {
            "principalId": self.principal_id,
            "roleDefinitionId": self.definition_id,
            "requestType": "SelfActivate",
            "linkedRoleEligibilityScheduleId": self.schedule,
            "justification": "Set up Azure Digital Twins",
            "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT8H"}},
        }
        path = f"{self.scope}{_PROVIDER}/roleAssignmentScheduleRequests/$(uuidgen)?api-version={_SCHEDULES}"
        return f'az rest --method put --url "{path}" --body {shlex.quote(json.dumps({"properties": body}))}'


def eligible_roles(clients: Clients, scope: str = "") -> list[EligibleRole]:
    """List the roles that the account can activate at, above and below a scope, by default anywhere."""
    path, query = _list_of("roleEligibilityScheduleInstances", scope, "asTarget()", _SCHEDULES)
    # Without a licence for Privileged Identity Management there's nothing to activate: 400.
    nothing: Mapping[int, list[dict[str, Any]]] = {400: [], 403: [], 404: []}
    found = ask(lambda: clients.arm.list(path, query), nothing)
    me = clients.target.account().object_id
    return [_eligible(one["properties"], me) for one in found]


@dataclass
class AccessLimits:
    """Reads, once for each scope, what stands between your roles and what you can do."""

    clients: Clients
    _denials: dict[str, Sequence[Mapping[str, Any]] | None] = field(default_factory=dict)
    _assignments: dict[str, Sequence[Mapping[str, Any]] | None] = field(default_factory=dict)
    _eligible: dict[str, Sequence[EligibleRole]] = field(default_factory=dict)
    _roles: dict[str, Sequence[Mapping[str, Any]] | None] = field(default_factory=dict)
    _groups: frozenset[str] | None = None

    def denial(self, action: str, scope: str, *, data: bool) -> tuple[str, str]:
        """Return the deny assignment that forbids an action, and otherwise why that isn't known; both can be empty."""
        found = self._read(self._denials, "denyAssignments", scope, "atScope()")
        if found is None:
            return "", "You aren't allowed to read the deny assignments here."
        about = [one["properties"] for one in found if _concerns(one["properties"], action, scope, data=data)]
        if not about:
            return "", ""
        me = self.clients.target.account().object_id.lower()
        mine = self._groups_of_mine() if any(_needs_groups(one, me) for one in about) else frozenset[str]()
        doubt = ""
        for one in about:
            named, excluded = _ids(one, "principals"), _ids(one, "excludePrincipals")
            if mine is None and _needs_groups(one, me):
                doubt = f"The deny assignment {one['denyAssignmentName']!r} may apply to one of your groups."
                continue
            if named & {me, _EVERYONE, *(mine or ())} and not excluded & {me, *(mine or ())}:
                if not one.get("condition"):
                    return str(one["denyAssignmentName"]), ""
                doubt = f"The deny assignment {one['denyAssignmentName']!r} has a condition that decides about it."
        return "", doubt

    def condition(self, action: str, scope: str, *, data: bool) -> str:
        """Return why it isn't known whether your roles really allow an action that they contain; empty if they do."""
        me = self.clients.target.account().object_id
        found = self._read(self._assignments, "roleAssignments", scope, f"atScope() and assignedTo('{me}')")
        if found is None:
            return "You aren't allowed to read your role assignments here, so conditions on them aren't known."
        there = [one["properties"] for one in found]
        if not any(one.get("condition") for one in there):
            return ""
        permitting = [one for one in there if allows(self._role(one["roleDefinitionId"]) or (), action, data=data)]
        if not permitting:
            return "A role assignment here has a condition, and what your roles contain can't be read."
        if any(not _narrows(str(one.get("condition") or ""), action) for one in permitting):
            return ""
        return f"Your role assignment has a condition that decides about it: {permitting[0]['condition']}"

    def eligible(self, action: str, scope: str, *, data: bool) -> EligibleRole | None:
        """Return a role that would allow the action once you activate it; None if there's none that we can see."""
        key = scope.lower()
        if key not in self._eligible:
            self._eligible[key] = eligible_roles(self.clients, scope)
        fitting = [
            one
            for one in self._eligible[key]
            if not _is_below(one.scope, scope) and allows(self._role(one.definition_id) or (), action, data=data)
        ]
        # Owner is the widest of all, so any other is the smaller one.
        return min(fitting, key=lambda one: one.name == "Owner", default=None)

    def _read(
        self, known: dict[str, Sequence[Mapping[str, Any]] | None], collection: str, scope: str, choice: str
    ) -> Sequence[Mapping[str, Any]] | None:
        key = scope.lower()
        if key not in known:
            path, query = _list_of(collection, scope, choice, _VERSION)
            known[key] = ask(lambda: self.clients.arm.list(path, query), {403: None, 404: None})
        return known[key]

    def _role(self, definition_id: str) -> Sequence[Mapping[str, Any]] | None:
        key = name_of(definition_id).lower()
        if key not in self._roles:
            version = {"api-version": _VERSION}
            found = ask(lambda: self.clients.arm.get(definition_id, version), {403: None, 404: None})
            self._roles[key] = found["properties"]["permissions"] if found else None
        return self._roles[key]

    def _groups_of_mine(self) -> frozenset[str] | None:
        if self._groups is None:
            account = self.clients.target.account()
            me = "/me" if account.kind == "User" else f"/servicePrincipals/{account.object_id}"
            wanted = {"securityEnabledOnly": False}
            found = ask(
                lambda: self.clients.graph.post(f"{me}/getMemberGroups", wanted)["value"], {403: None, 404: None}
            )
            self._groups = None if found is None else frozenset(str(one).lower() for one in found)
        return self._groups


def _list_of(collection: str, scope: str, choice: str, version: str) -> tuple[str, dict[str, str]]:
    return f"{scope}{_PROVIDER}/{collection}", {"$filter": choice, "api-version": version}


def _concerns(denial: Mapping[str, Any], action: str, scope: str, *, data: bool) -> bool:
    here = str(denial["scope"]).rstrip("/").lower() == scope.rstrip("/").lower()
    return (here or not denial.get("doNotApplyToChildScopes")) and allows(denial["permissions"], action, data=data)


def _ids(denial: Mapping[str, Any], part: str) -> set[str]:
    return {str(one["id"]).lower() for one in denial.get(part) or ()}


def _needs_groups(denial: Mapping[str, Any], me: str) -> bool:
    """Tell whether the account's groups decide: it isn't named itself, or is named and could be excluded by a group."""
    named, excluded = _ids(denial, "principals"), _ids(denial, "excludePrincipals")
    if me in excluded:
        return False
    return bool(excluded) or not named & {me, _EVERYONE}


def _narrows(condition: str, action: str) -> bool:
    """Tell whether a condition has a say about an action."""
    return bool(condition) and not lets_through(condition, action)


def _is_below(scope: str, asked: str) -> bool:
    return lies_in(scope, asked) and scope.rstrip("/").lower() != asked.rstrip("/").lower()


def _eligible(one: Mapping[str, Any], object_id: str) -> EligibleRole:
    expanded = one.get("expandedProperties") or {}
    names = [str((expanded.get(part) or {}).get("displayName") or "") for part in ("roleDefinition", "scope")]
    definition, scope = str(one["roleDefinitionId"]), str(one["scope"])
    schedule = name_of(str(one.get("roleEligibilityScheduleId") or ""))
    return EligibleRole(
        names[0] or name_of(definition), definition, scope, names[1] or name_of(scope), schedule, object_id
    )
