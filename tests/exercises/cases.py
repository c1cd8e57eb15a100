"""The exercises, each with two plausible wrong repairs and what their checks say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runbook_lib.exercises import events, staging
from runbook_lib.exercises.access import DATA_OWNER
from runbook_lib.exercises.bench import person
from runbook_lib.exercises.shape import Exercise
from runbook_lib.sandbox.world import TENANT_ID
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess

Wrong = tuple[str, Callable[[Exercise], None], str]
"""What it is, the repair, and a part of what the check has seen."""


@dataclass(frozen=True)
class Case:
    """One exercise."""

    name: str
    wrong: tuple[Wrong, Wrong]


def gives(role: str, to: str, *, by: str = "", above: bool = False) -> Callable[[Exercise], None]:
    """Give a persona a role at the instance, or at the subscription."""

    def repair(one: Exercise) -> None:
        scope = one.place.subscription_scope if above else one.place.instance
        kind = "User" if person(to).kind == "user" else "ServicePrincipal"
        staging.assign(one.place, role, person(to).id, scope, kind=kind, by=by)

    return repair


def instance(region: str, name: str = "") -> Callable[[Exercise], None]:
    """Create an instance in the group."""
    return lambda one: staging.instance(one.place, region, name=name)


def registers(one: Exercise) -> None:
    """Register the resource provider, and leave it at that."""
    staging.register(one.place)


def application_object(one: Exercise) -> None:
    """Give the role to the object id of the app registration."""
    found = one.place.clients.graph.list("/applications", {"$filter": f"appId eq '{person('setup-pipeline').app_id}'"})
    staging.assign(one.place, DATA_OWNER, str(found[0]["id"]), kind="ServicePrincipal")


def team_and_guest_alike(one: Exercise) -> None:
    """Give the group the role, and the guest the same."""
    found = one.place.clients.graph.list("/groups", {"$filter": "displayName eq 'Twin Engineers'"})
    staging.assign(one.place, DATA_OWNER, str(found[0]["id"]), kind="Group")
    staging.assign(one.place, DATA_OWNER, person("guest").id)


def identity_on(one: Exercise) -> None:
    """Turn the identity on, and leave it at that."""
    ManagedIdentity(one.bench.context("owner"), one._values(system_assigned="on")).apply()


def identity_and_endpoint(one: Exercise) -> None:
    """Turn the identity on and create the endpoint again, without the role."""
    identity_on(one)
    staging.delete(one.place, events.endpoint(one.place))
    staging.put(one.place, events.endpoint(one.place), events.endpoint_body(one.place))


def contributor_for_the_identity(one: Exercise) -> None:
    """Let the identity manage the event hub."""
    staging.assign(
        one.place, "Contributor", events.principal(one.place), events.hub(one.place), kind="ServicePrincipal"
    )


def sender_for_olivia(one: Exercise) -> None:
    """Let Olivia send."""
    staging.assign(one.place, events.SENDER, person("owner").id, events.hub(one.place))


def private(**values: object) -> Callable[[Exercise], None]:
    """Decide something about private access, as the guide does."""

    def repair(one: Exercise) -> None:
        decided = {"create_private_endpoint": False, "confirm": True, **values}
        if "decision" in values:
            decided["connection"] = f"pe-{one.place.label}"
        PrivateAccess(one.bench.context("owner"), one._values(**decided)).apply()

    return repair


def removes(*, instance: bool) -> Callable[[Exercise], None]:
    """Remove the lock, and perhaps the instance."""

    def repair(one: Exercise) -> None:
        for each in [*staging.locks(one.place), *([one.place.instance] if instance else [])]:
            staging.delete(one.place, each)

    return repair


def tags(**changes: str) -> Callable[[Exercise], None]:
    """Change tags of the instance; an underscore stands for a hyphen."""

    def repair(one: Exercise) -> None:
        there = one.place.found()
        known = dict(there.tags or {}) if there else {}
        staging.retag(one.place, known | {name.replace("_", "-"): value for name, value in changes.items()})

    return repair


CASES = (
    Case(
        "owner-gets-403",
        (
            ("Contributor as well", gives("Contributor", "owner"), "Olivia has Owner (at the subscription), Contrib"),
            ("only for reading", gives("Azure Digital Twins Data Reader", "owner"), "Olivia Owner can't change them"),
        ),
    ),
    Case(
        "greyed-out-box",
        (
            ("Carlos becomes Owner", gives("Owner", "contributor"), "lets him assign roles"),
            (
                "Amara helps herself",
                gives(DATA_OWNER, "access-admin", by="access-admin"),
                "Azure Digital Twins Data Owner (at the instance)",
            ),
        ),
    ),
    Case(
        "a-taken-name",
        (
            ("outside of the European Union", instance("uksouth"), "is in uksouth"),
            ("another name", instance("westeurope", "our-own-name"), "our-own-name is in westeurope"),
        ),
    ),
    Case(
        "unregistered-provider",
        (
            ("one more role for Paula", gives("Contributor", "platform-owner", above=True), "Contributor (at the subs"),
            ("registered, and nothing made", registers, "Production: Registered"),
        ),
    ),
    Case(
        "wrong-id",
        (
            ("the app registration's object id", application_object, "setup-pipeline (Application)"),
            ("Olivia instead", gives(DATA_OWNER, "owner"), ": owner@contoso.onmicrosoft.com (User)."),
        ),
    ),
    Case(
        "wrong-scope",
        (
            ("Contributor", gives("Contributor", "reader"), "Ruth Reader can't change them"),
            ("Data Owner of everything", gives(DATA_OWNER, "reader", above=True), "of other instances too"),
        ),
    ),
    Case(
        "group-and-guest",
        (
            ("a role of her own for Ruth", gives(DATA_OWNER, "reader"), "Twin Engineers has no role"),
            ("the guest can change it too", team_and_guest_alike, "Günter Guest can change them"),
        ),
    ),
    Case(
        "eligible-owner",
        (
            ("Olivia gives the role", gives(DATA_OWNER, "eligible-owner"), "was given by somebody else"),
            ("Owner for good", gives("Owner", "eligible-owner", above=True), "is Owner: given by somebody else"),
        ),
    ),
    Case(
        "identity-off",
        (
            ("only turned on", identity_on, "alarms: Disabled"),
            ("turned on, and a new endpoint", identity_and_endpoint, "alarms: Succeeded"),
        ),
    ),
    Case(
        "role-removed",
        (
            ("Contributor", contributor_for_the_identity, "Contributor at alarms belongs to"),
            ("Olivia can send", sender_for_olivia, f"belongs to {person('owner').id}"),
        ),
    ),
    Case(
        "closed-door",
        (
            ("the front door again", private(public_network_access="enabled"), "access: Enabled"),
            ("rejected", private(decision="reject"), "(Rejected)"),
        ),
    ),
    Case(
        "locked-group",
        (
            ("only the lock", removes(instance=False), "has no lock"),
            ("not the role", removes(instance=True), "is gone"),
        ),
    ),
    Case(
        "wrong-tenant",
        (
            ("a newer token", tags(collector_token="pasted again"), "The tag collector-token says: pasted again."),
            ("only the tenant", tags(collector_tenant=TENANT_ID), "valid until"),
        ),
    ),
    Case(
        "failing-azure",
        (
            ("another name", instance("westeurope", "our-own-name"), "our-own-name is in the resource group: Succ"),
            ("deleted", lambda one: staging.delete(one.place, one.place.instance), "has no instance"),
        ),
    ),
)
