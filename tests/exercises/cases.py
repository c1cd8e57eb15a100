"""The exercises, each with two plausible wrong repairs and what their checks say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runbook_lib.exercises import staging
from runbook_lib.exercises.access import DATA_OWNER
from runbook_lib.exercises.bench import person
from runbook_lib.exercises.exercise import Exercise

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
                "Amara has Azure Digital Twins Data Owner",
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
            ("the app registration's object id", application_object, "doesn't know"),
            ("Olivia instead", gives(DATA_OWNER, "owner"), ": owner@contoso.onmicrosoft.com."),
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
)
