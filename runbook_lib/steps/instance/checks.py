"""The proof that an instance is there as asked for: the article's Verify success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...azure import permissions
from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...parameters import DATA_ROLES, CreateInstanceParameters
from ..core.plan_builder import Draft, not_permitted
from ..core.results import Check, Proof
from ..directory import role_assignments
from ..network import checks as network_checks
from ..network import topology
from ..network.topology import Connection
from ..subscription import resources
from .findings import Findings
from .plan import ROLE, survey

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

STEP = "create-instance"


def prove(clients: Clients, wanted: CreateInstanceParameters) -> Proof:
    """Check the instance in Azure against what was asked for."""
    draft = Draft(STEP, "")
    found = survey(clients, wanted, draft)
    title = f"The instance {wanted.instance_name}"
    if found is None or found.instance is None:
        evidence = draft.problems[0].message if draft.problems else f"There is none in {wanted.resource_group}."
        check = Check("The instance exists", "failed", evidence, "Run this step first.")
        return Proof(STEP, f"{title} is not there", (check,))
    checks = (
        *_checks(found, found.instance), _found_by_name(clients, found), *_access_checks(clients, found),
        *_network_checks(found, found.instance),
    )  # fmt: skip
    passed = all(check.status != "failed" for check in checks)
    outcome = "is verified" if passed else "is not as asked for"
    return Proof(STEP, f"{title} {outcome}", checks, important_values(found.instance, found))


def _found_by_name(clients: Clients, found: Findings) -> Check:
    name = found.wanted.instance_name
    there = resources.instances(clients, found.subscription.id)
    hits = [str(one.id) for one in there if str(one.name).lower() == name.lower()]
    return _check("It is found again by its name", bool(hits), "\n".join(hits) or "not in the subscription's list")


def _access_checks(clients: Clients, found: Findings) -> list[Check]:
    if not found.wanted.grant_access:
        return []
    account, name = found.account, f"You have {ROLE}"
    there = role_assignments.assignments_of(clients, found.subscription.id, found.scope, account.object_id)
    mine = [a for a in there if a.role_id.lower() == DATA_ROLES[ROLE]]
    if mine:
        return [Check(name, "passed", f"listed: {mine[0].describe(found.scope, account.object_id)}")]
    if Permissions(clients).may(permissions.ASSIGN_ROLES, found.scope).answer == "no":
        problem = not_permitted(account, permissions.ASSIGN_ROLES, found.scope)
        return [
            Check(
                name,
                "not tried",
                "It was left out: you are not allowed to assign roles.",
                f"{problem.remedy}\n{problem.request}",
            )
        ]
    return [Check(name, "failed", "No such role assignment is listed.", "Run this step again.")]


def _network_checks(found: Findings, instance: DigitalTwinsDescription) -> list[Check]:
    if found.wiring is None:
        return []
    return network_checks.checks(found.wiring, _own_connection(found, instance), str(instance.host_name or ""))


def _own_connection(found: Findings, instance: DigitalTwinsDescription) -> Connection | None:
    endpoint = found.wiring.endpoint_id if found.wiring else ""
    return next((one for one in topology.connections(instance) if one.is_named(endpoint)), None)


def important_values(instance: DigitalTwinsDescription, found: Findings) -> dict[str, str]:
    """Return what to note and to share, with the portal's labels."""
    values = {
        "Name": str(instance.name),
        "Resource group": resources.group_of(str(instance.id)),
        "Host name": str(instance.host_name or ""),
        "Region": str(instance.location),
        "Subscription": str(found.subscription),
        "Tenant": found.account.tenant_id,
    }
    identity = str(instance.identity.principal_id or "") if instance.identity else ""
    return {**values, "Identity object id": identity} if identity else values


def _checks(found: Findings, instance: DigitalTwinsDescription) -> list[Check]:
    state, host, region = resources.state_of(instance), str(instance.host_name or ""), str(instance.location)
    named = host.lower().startswith(f"{found.wanted.instance_name.lower()}.api.")
    checks = [
        _check("The deployment succeeded", state == "Succeeded", f"provisioning state {state}"),
        _check("It has a host name", named, host or "none yet"),
        _check("It is in the region asked for", region == found.wanted.region, region),
    ]
    if found.wanted.tags:
        there = ", ".join(f"{name}={value}" for name, value in (instance.tags or {}).items()) or "none"
        checks.append(_check("It has the tags asked for", not found.missing_tags, there))
    if found.wanted.system_identity:
        identity = str(instance.identity.principal_id or "") if instance.identity else ""
        checks.append(_check("It has a system-assigned identity", bool(identity), f"object id {identity or 'none'}"))
    return checks


def _check(name: str, passed: bool, evidence: str) -> Check:
    remedy = "" if passed else "Run this step again; if it stays so, look at the instance in the portal."
    return Check(name, "passed" if passed else "failed", evidence, remedy)
