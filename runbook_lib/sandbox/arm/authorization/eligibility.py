"""Privileged Identity Management: roles that someone is eligible for, and activating one for a while.

Shapes, filters and rules: role eligibility schedule instances and role assignment schedule requests (2020-10-01), and
the PIM articles. Modelled: the policy is Microsoft's default without multifactor authentication, an activation needs no
approval, and its role takes as long to work as any new assignment. The sandbox serves what an eligible person needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ...clock import moment, stamp
from ...context import Context
from ...http import Answer
from ...rbac import ASSIGNMENT, ELIGIBILITY, covers, normalize_scope
from ...store import Document
from ...world import derive_id
from .. import errors
from ..bodies import text
from ..calls import ArmRoute, Call
from ..filters import Comparison, Function, read_filter
from ..gateway import GUID
from ..paths import parse
from . import errors as refusals
from .role_definitions import definition_id
from .scopes import AUTHORIZATION, SCOPES, scope_of

INSTANCES, SCHEDULES = "RoleEligibilityScheduleInstances", "RoleEligibilitySchedules"
REQUESTS = "RoleAssignmentScheduleRequests"
REQUEST = "role-assignment-schedule-request"
LONGEST = timedelta(hours=8)
"""How long a role can be active at once, unless the policy says otherwise (documented default)."""
_DURATION = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?", re.IGNORECASE)


class Eligibility:
    """Serves eligibilities and requests to activate them, at every scope."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes. Which right a list takes depends on its filter."""
        rows = []
        for scope in SCOPES:
            for kind in (INSTANCES, SCHEDULES):
                path = f"{scope}{AUTHORIZATION}/{kind[0].lower()}{kind[1:]}"
                rows.append(ArmRoute("GET", path, self._list_of(kind)))
            path = f"{scope}{AUTHORIZATION}/{REQUESTS[0].lower()}{REQUESTS[1:]}/{{name}}"
            rows += [ArmRoute("PUT", path, self.activate), ArmRoute("GET", path, self.get)]
        return rows

    def _list_of(self, kind: str) -> Callable[[Call], Answer]:
        def handler(call: Call) -> Answer:
            asked = normalize_scope(call.target.scope)
            wanted = self._filter(call, f"Microsoft.Authorization/{kind[0].lower()}{kind[1:]}/read")
            found = [d for d in self._context.store.list(ELIGIBILITY) if wanted(d, asked)]
            return Answer(200, {"value": [self._render(d, kind) for d in found]})

        return handler

    def get(self, call: Call) -> Answer:
        """Show a request of the caller's own."""
        found = self._context.store.get(REQUEST, call.values["name"])
        if found is None or found["properties"]["principalId"] != call.caller.object_id:
            raise refusals.schedule_request_not_found(call.values["name"])
        return Answer(200, found)

    def activate(self, call: Call) -> Answer:
        """Activate a role: the assignment works for a while, and then it's gone."""
        name, scope = call.values["name"].lower(), scope_of(call)
        properties = call.body().get("properties")
        if not GUID.fullmatch(name) or not isinstance(properties, dict):
            raise errors.invalid_request_content("A schedule request needs a GUID as its name, and 'properties'.")
        if text(properties, "requestType", "properties").lower() != "selfactivate":
            # Modelled: the sandbox has nobody who administers eligibilities.
            raise errors.invalid_request_content("Only SelfActivate is served. Path 'properties.requestType'.")
        eligible = self._eligible(call, properties, normalize_scope(scope))
        duration = _duration(properties)
        failed = [
            *(["JustificationRule"] if not text(properties, "justification", "properties").strip() else []),
            *(["ExpirationRule"] if not timedelta(minutes=5) <= duration <= LONGEST else []),
        ]
        if failed:
            raise refusals.activation_policy_failed(failed)
        self._assign(call, eligible, scope, duration)
        answer = self._answer(call, eligible, properties, scope)
        self._context.store.put(REQUEST, name, answer)
        return Answer(201, answer)

    def _eligible(self, call: Call, properties: dict[str, Any], asked: str) -> Document:
        role = text(properties, "roleDefinitionId", "properties").rpartition("/")[2].lower()
        linked = text(properties, "linkedRoleEligibilityScheduleId", "properties").rpartition("/")[2].lower()
        mine = text(properties, "principalId", "properties").lower() == call.caller.object_id.lower()
        for found in self._context.store.list(ELIGIBILITY):
            fits = found["role"] == role and covers(normalize_scope(found["scope"]), asked)
            if mine and fits and linked in ("", found["name"]) and self._is_target(call, found):
                return found
        raise refusals.not_eligible(role)

    def _assign(self, call: Call, eligible: Document, scope: str, duration: timedelta) -> None:
        now, principal = self._context.clock.now(), call.caller.object_id
        name = derive_id("activation", scope, eligible["role"], principal)
        key = f"{scope}{AUTHORIZATION}/roleAssignments/{name}"
        active = self._context.store.get(ASSIGNMENT, key)
        if active and moment(active["worksUntil"]) > now:
            raise refusals.role_assignment_exists()
        who = {"createdBy": principal, "updatedBy": principal}
        given = {"principalId": principal, "principalType": "User", "role": eligible["role"], "scope": scope}
        times = {"createdOn": stamp(now), "updatedOn": stamp(now), "worksUntil": stamp(now + duration)}
        document = {"name": name, **given, **who, **times, "effectiveOn": self._context.access.effective_on()}
        self._context.store.put(ASSIGNMENT, key, document)

    def _answer(self, call: Call, eligible: Document, properties: dict[str, Any], scope: str) -> Document:
        shown = self._render({**eligible, "scope": scope}, REQUESTS)["properties"]
        name = call.values["name"].lower()
        return {
            "properties": {
                **{part: shown[part] for part in ("scope", "roleDefinitionId", "principalType", "expandedProperties")},
                "principalId": call.caller.object_id,
                "requestType": "SelfActivate",
                "status": "Provisioned",
                "scheduleInfo": properties["scheduleInfo"],
                "justification": properties["justification"],
                "requestorId": call.caller.object_id,
                "createdOn": stamp(self._context.clock.now()),
                "linkedRoleEligibilityScheduleId": eligible["name"],
            },
            "name": name,
            "id": f"{scope}{AUTHORIZATION}/{REQUESTS}/{name}",
            "type": f"Microsoft.Authorization/{REQUESTS}",
        }

    def _is_target(self, call: Call, document: Document) -> bool:
        return document["principalId"].lower() in self._context.access.identities(call.caller.object_id)

    def _filter(self, call: Call, action: str) -> Callable[[Document, str], bool]:
        """Compile `$filter`. Everyone can ask for their own with `asTarget()`; other lists take a right to read."""
        written = call.request.parameter("$filter")
        parts = read_filter(written)
        if parts == [Function("astarget", None)]:
            return lambda d, asked: self._is_target(call, d) and _around(d, asked)
        if not self._context.access.permits(call.caller, action, call.target.scope):
            raise errors.authorization_failed(call.caller.label, call.caller.object_id, action, call.target.scope)
        match parts:
            case []:
                return _around
            case [Function("atscope", None)]:
                return lambda d, asked: covers(normalize_scope(d["scope"]), asked)
            case [Comparison("principalid", "eq", principal)]:
                return lambda d, asked: _around(d, asked) and d["principalId"].lower() == principal.lower()
            case [Function("assignedto", str(principal))]:
                identities = self._context.access.identities(principal)
                return lambda d, asked: _around(d, asked) and d["principalId"].lower() in identities
        raise errors.invalid_filter(written)

    def _render(self, document: Document, kind: str) -> dict[str, Any]:
        scope, name = document["scope"], document["name"]
        subscription = parse(scope).subscription
        definition = definition_id(document["role"], subscription)
        own = name if kind == SCHEDULES else derive_id("instance", name)
        return {
            "properties": {
                "roleEligibilityScheduleId": f"{scope}{AUTHORIZATION}/{SCHEDULES}/{name}",
                "scope": scope,
                "roleDefinitionId": definition,
                "principalId": document["principalId"],
                "principalType": document["principalType"],
                "status": "Provisioned",
                "startDateTime": document["createdOn"],
                "memberType": "Direct",
                "createdOn": document["createdOn"],
                "expandedProperties": self._expanded(document, definition),
            },
            "name": own,
            "id": f"{scope}{AUTHORIZATION}/{kind}/{own}",
            "type": f"Microsoft.Authorization/{kind}",
        }

    def _expanded(self, document: Document, definition: str) -> dict[str, Any]:
        """Name what the ids in an eligibility stand for."""
        scope, role = document["scope"], self._context.access.role(document["role"])
        found = self._context.store.get("subscription", parse(scope).subscription)
        principal = self._context.store.get(document["principalType"].lower(), document["principalId"]) or {}
        return {
            "scope": {
                "id": scope,
                "displayName": found["displayName"] if found else scope.rpartition("/")[2],
                "type": "subscription" if found else "resourcegroup",
            },
            "roleDefinition": {
                "id": definition,
                "displayName": role.name if role else "",
                "type": role.kind if role else "",
            },
            "principal": {
                "id": document["principalId"],
                "displayName": principal.get("displayName"),
                "email": principal.get("mail"),
                "type": document["principalType"],
            },
        }


def _around(document: Document, asked: str) -> bool:
    """Tell whether an eligibility is at a scope (normalized), above or below it."""
    held = normalize_scope(document["scope"])
    return covers(held, asked) or covers(asked, held)


def _duration(properties: dict[str, Any]) -> timedelta:
    schedule = properties.get("scheduleInfo")
    expiration = schedule.get("expiration") if isinstance(schedule, dict) else None
    found = _DURATION.fullmatch(str(expiration.get("duration")) if isinstance(expiration, dict) else "")
    if found is None:
        raise errors.invalid_request_content("Expected an ISO 8601 duration. Path 'properties.scheduleInfo'.")
    return timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))
