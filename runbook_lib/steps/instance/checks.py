"""Checks that the instance exists as requested: the article's Verify success."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...parameters import DATA_ROLES
from ..core.plan_builder import not_permitted
from ..core.results import Check, Verification
from ..directory import role_assignments
from ..directory.kinds import ROLE
from ..subscription import resources
from .findings import Findings
from .plan import DATA_OWNER, own_access

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

STEP = "create-instance"
_FIRST = "Run this step first."
_AGAIN = "Run this step again. If that doesn't help, look at the instance in the portal."


def verify(clients: Clients, found: Findings) -> Verification:
    """Check the instance in Azure against the request."""
    title = f"The instance {found.wanted.instance_name}"
    if found.instance is None:
        evidence = f"You can't see one with this name in {found.wanted.resource_group}."
        missing = Check("The instance exists", "failed", evidence, _FIRST)
        return Verification(STEP, f"{title} doesn't exist yet", (missing,))
    checks = (
        *_checks(found, found.instance),
        _found_by_name(clients, found),
        *_access_checks(clients, found),
        *_network_checks(found, found.instance),
    )
    titles = f"{title} is verified", f"{title} isn't as requested"
    values = resources.important_values(found.instance, found.subscription, found.account.tenant_id)
    return Verification.of(STEP, checks, *titles, values)


def _found_by_name(clients: Clients, found: Findings) -> Check:
    name = found.wanted.instance_name
    there = resources.instances(clients, found.subscription.id)
    hits = [str(one.id) for one in there if str(one.name).lower() == name.lower()]
    evidence = "\n".join(hits) or "not in the subscription's list"
    return Check.of("You can find it by its name", bool(hits), evidence, _AGAIN)


def _access_checks(clients: Clients, found: Findings) -> list[Check]:
    if not found.wanted.grant_access:
        return []
    account, name = found.account, f"You have {DATA_OWNER}"
    there = role_assignments.assignments_of(clients, found.subscription.id, found.scope, account.object_id)
    mine = [a for a in there if a.role_id.lower() == DATA_ROLES[DATA_OWNER]]
    if mine:
        return [Check(name, "passed", f"listed: {mine[0].describe(found.scope, account.object_id)}")]
    (needed,) = ROLE.permissions["assign"]
    verdict = Permissions(clients).may(needed.action, found.scope)
    if verdict.answer != "yes":
        problem = not_permitted(account, needed, verdict, command=own_access(found).recipe().command)
        evidence = "The instance is there, but the role isn't assigned: you aren't allowed to assign roles."
        if verdict.answer == "unknown":
            evidence = "The instance is there, but the role isn't assigned. It isn't known whether you can do that."
            problem = replace(problem, message=verdict.reason)
        remedy = "\n".join(filter(None, (problem.remedy, problem.request)))
        return [Check(name, "failed", evidence, remedy, problem)]
    return [Check(name, "failed", "No such role assignment is listed.", "Run this step again.")]


def _network_checks(found: Findings, instance: DigitalTwinsDescription) -> list[Check]:
    if found.topology is None:
        return []
    from . import private_endpoint

    return private_endpoint.checks(found, instance)


def _checks(found: Findings, instance: DigitalTwinsDescription) -> list[Check]:
    state, host, region = resources.state_of(instance), str(instance.host_name or ""), str(instance.location)
    named = host.lower().startswith(f"{found.wanted.instance_name.lower()}.api.")
    checks = [
        Check.of("The deployment succeeded", state == "Succeeded", f"provisioning state {state}", _AGAIN),
        Check.of("It has a host name", named, host or "none yet", _AGAIN),
        Check.of("It's in the requested region", resources.same_region(region, found.wanted.region), region, _AGAIN),
    ]
    if found.wanted.tags:
        there = ", ".join(f"{name}={value}" for name, value in (instance.tags or {}).items()) or "none"
        checks.append(Check.of("It has the requested tags", not found.missing_tags, there, _AGAIN))
    if found.wanted.system_identity:
        identity = str(instance.identity.principal_id or "") if instance.identity else ""
        evidence = f"object id {identity or 'none'}"
        checks.append(Check.of("It has a system-assigned identity", bool(identity), evidence, _AGAIN))
    return checks
