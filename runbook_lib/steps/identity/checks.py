"""Checks that an instance has the requested identities, and what uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...azure.clients import Clients
from ...azure.permissions import runnable
from ...azure.resource_ids import name_of
from ...azure.waiting import Waiting
from ..core.context import Progress
from ..core.results import Check, Verification
from ..directory.principals import names
from ..directory.role_assignments import Assignment
from . import usage
from .plan import Findings
from .survey import Identity

STEP = "managed-identity"
_REMEDY = "Run this step, or run it again."
REPLICATION_SECONDS = 15.0
"""How long a new identity usually takes to be known in the whole directory; an estimate, not a recording."""


def verify(clients: Clients, found: Findings, waiting: Waiting, progress: Progress) -> Verification:
    """Check the identities of the instance, whether the directory knows them, and what uses them."""
    checks = [*_system(found), *_users(found)]
    there = [*([found.system] if found.system else []), *found.users]
    if there:
        checks.append(_in_directory(clients, there, found.wanted.timeout_minutes * 60, waiting, progress))
    mine = usage.uses(clients, found.instance)
    checks += _roles_at_targets(clients, mine, there, found)
    checks.append(_what_uses_them(mine, found))
    title = f"The identities of {found.instance.name}"
    return Verification.of(
        STEP, checks, f"{title} are as requested", f"{title} aren't as requested", important_values(found)
    )


def important_values(found: Findings) -> dict[str, str]:
    """Return what the portal's Identity page shows: the ids and Azure role assignments of each identity."""
    values = {"Name": str(found.instance.name), "System-assigned identity": "On" if found.system else "Off"}
    if found.system:
        values |= _shown("Identity", found.system, found.roles)
    for one in found.users:
        values |= _shown(one.name, one, found.roles)
    return values


def _shown(label: str, one: Identity, roles: Mapping[str, list[Assignment]]) -> dict[str, str]:
    given = "\n".join(f"{role.role} at {role.scope}" for role in roles.get(one.object_id, ())) or "none"
    return {
        f"{label} object id": one.object_id,
        f"{label} client id": one.client_id or "not shown to you",
        f"{label} role assignments": given,
    }


def _system(found: Findings) -> list[Check]:
    wanted, there = found.wanted.system_assigned, found.system
    if wanted == "keep":
        return []
    name = f"The system-assigned identity is {wanted}"
    evidence = f"object id {there.object_id}" if there else "the instance has none"
    return [Check.of(name, (there is not None) == (wanted == "on"), evidence, _REMEDY)]


def _users(found: Findings) -> list[Check]:
    wanted, checks = found.wanted, []
    there = "associated: " + (", ".join(one.name for one in found.users) or "none")
    if wanted.associate_identity:
        name = f"{name_of(wanted.associate_identity)} is associated"
        checks.append(Check.of(name, bool(found.requested and found.has(found.requested.resource_id)), there, _REMEDY))
    if wanted.remove_identity:
        name = f"{name_of(wanted.remove_identity)} isn't associated"
        checks.append(Check.of(name, found.removed is None, there, _REMEDY))
    return checks


def _in_directory(
    clients: Clients, there: list[Identity], seconds: float, waiting: Waiting, progress: Progress
) -> Check:
    """Wait until Microsoft Entra ID knows the identities. Until then, giving them a role can fail."""
    name = "Microsoft Entra ID knows them"
    wanted = {one.object_id.lower() for one in there}
    seen = names(clients, wanted)
    if seen is None:
        remedy = "That's fine: service principals and guests often aren't allowed to."
        return Check(name, "not tried", "You aren't allowed to read the directory.", remedy)
    if seen.keys() != wanted:
        progress.phase("Waiting for Microsoft Entra ID to know the identity", REPLICATION_SECONDS)
        waiting.until(lambda: True if (names(clients, wanted) or {}).keys() == wanted else None, seconds, first=1)
        seen = names(clients, wanted) or {}
    evidence = ", ".join(f"{one.name} (object id {one.object_id})" for one in there if one.object_id.lower() in seen)
    return Check.of(name, seen.keys() == wanted, evidence or "none of them", _REMEDY)


def _roles_at_targets(
    clients: Clients, mine: Sequence[usage.Use], there: Sequence[Identity], found: Findings
) -> list[Check]:
    """Check that the identities that exist may also send; nothing to check if none of them is used."""
    rights = usage.rights(clients, found.subscription.id, mine, there)
    if not rights:
        return []
    name = "Their identities have the roles that they need there"
    evidence = "\n".join(map(str, rights))
    lacking = [one for one in rights if one.standing.has == "no"]
    if lacking:
        commands = runnable([(one.command, "") for one in lacking], clients.target.cloud)
        remedy = "\n".join(["Give the roles:", *commands])
        return [Check(name, "failed", evidence, remedy)]
    if any(one.standing.has == "unknown" for one in rights):
        remedy = "Have someone who can see these resources and their role assignments look."
        return [Check(name, "not tried", evidence, remedy)]
    return [Check(name, "passed", evidence)]


def _what_uses_them(mine: Sequence[usage.Use], found: Findings) -> Check:
    name = "Endpoints and data history connections have their identity"
    lost = usage.without_identity(mine, found.instance)
    if not lost:
        evidence = ", ".join(map(str, mine)) or "none signs in with a managed identity"
        return Check(name, "passed", evidence)
    evidence = "\n".join(f"{use} has none. {use.events}" for use in lost)
    if found.wanted.system_assigned == "off" or found.wanted.remove_identity:
        # Someone has just agreed to it, so the step hasn't failed.
        return Check(name, "not tried", evidence, usage.REPAIR)
    return Check(name, "failed", evidence, usage.REPAIR)
