"""Where rights come from besides a role in the subscription: management groups, activations, conditions."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.rbac import PROPAGATION_SECONDS
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_READER, OWNER, RBAC_ADMINISTRATOR
from runbook_lib.sandbox.world import PLATFORM_GROUP, PRODUCTION_ID, ROOT_GROUP, TRAINING_ID, derive_id, persona

from ..azure import authorization, subscriptions
from .control_plane import ASSIGNMENTS, GROUP, SUBSCRIPTION, call, error, prepare

AUTHORIZATION = "/providers/Microsoft.Authorization"
VERSION = {"api_version": "2020-10-01"}
ELIF, PAULA, READER = persona("eligible-owner"), persona("platform-owner"), persona("reader")
NEW_GROUP = {"location": "westeurope"}


def definition(role: str) -> str:
    return f"{SUBSCRIPTION}{AUTHORIZATION}/roleDefinitions/{role}"


# ---- management groups -----------------------------------------------------------------------------------------------


def test_an_owner_by_management_group_sees_both_subscriptions_and_can_write(
    sandbox: Sandbox, clock: ManualClock
) -> None:
    seen = [one.subscription_id for one in subscriptions(sandbox, PAULA.name).subscriptions.list()]
    assert seen == [TRAINING_ID, PRODUCTION_ID]
    assert call(sandbox, "PUT", GROUP, NEW_GROUP, persona=PAULA.name).status_code == 201


@pytest.mark.parametrize("choice", ["atScope()", f"assignedTo('{PAULA.id}')", f"principalId eq '{PAULA.id}'"])
def test_the_assignment_is_listed_below_with_the_scope_of_the_management_group(
    sandbox: Sandbox, clock: ManualClock, choice: str
) -> None:
    prepare(sandbox, clock)
    for scope in (SUBSCRIPTION, GROUP):
        listed = authorization(sandbox).role_assignments.list_for_scope(scope, filter=choice)
        (mine,) = [one for one in listed if one.principal_id == PAULA.id]
        assert mine.scope == PLATFORM_GROUP
        assert mine.id and mine.id.startswith(f"{PLATFORM_GROUP}{ASSIGNMENTS}/")


def test_a_role_at_the_root_group_reaches_the_group_below_it_but_not_the_other_way_round(
    sandbox: Sandbox, clock: ManualClock
) -> None:
    given = {"roleDefinitionId": f"{AUTHORIZATION}/roleDefinitions/{CONTRIBUTOR}", "principalId": READER.id}
    path = f"{PLATFORM_GROUP}{ASSIGNMENTS}/{derive_id('a')}"
    assert call(sandbox, "PUT", path, {"properties": given}, persona=PAULA.name).status_code == 201
    refused = call(sandbox, "PUT", path.replace(PLATFORM_GROUP, ROOT_GROUP), {"properties": given}, persona=PAULA.name)
    assert error(refused)[:2] == (403, "AuthorizationFailed")
    clock.advance(PROPAGATION_SECONDS)
    assert call(sandbox, "PUT", GROUP, NEW_GROUP, persona=READER.name).status_code == 201


# ---- Privileged Identity Management ----------------------------------------------------------------------------------


def eligible(sandbox: Sandbox, who: str, scope: str = SUBSCRIPTION, **query: str) -> Any:
    path = f"{scope}{AUTHORIZATION}/roleEligibilityScheduleInstances"
    return call(sandbox, "GET", path, persona=who, **{"$filter": "asTarget()"} | VERSION | query)


def activation(**changed: Any) -> dict[str, Any]:
    properties = {
        "principalId": ELIF.id,
        "roleDefinitionId": definition(OWNER),
        "requestType": "SelfActivate",
        "justification": "Set up Azure Digital Twins",
        "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT1H"}},
    }
    return {"properties": {**properties, **changed}}


def activate(sandbox: Sandbox, body: Any, who: str = ELIF.name, scope: str = SUBSCRIPTION) -> Any:
    path = f"{scope}{AUTHORIZATION}/roleAssignmentScheduleRequests/{derive_id('request', who)}"
    return call(sandbox, "PUT", path, body, persona=who, **VERSION)


def test_an_eligible_role_is_listed_and_gives_nothing(sandbox: Sandbox) -> None:
    (listed,) = eligible(sandbox, ELIF.name).json()["value"]
    expanded = listed["properties"]["expandedProperties"]
    assert (expanded["roleDefinition"]["displayName"], expanded["scope"]["displayName"]) == (
        "Owner",
        "Contoso Training",
    )
    assert listed["properties"]["scope"] == SUBSCRIPTION
    assert error(call(sandbox, "PUT", GROUP, NEW_GROUP, persona=ELIF.name))[:2] == (403, "AuthorizationFailed")
    assert eligible(sandbox, "owner").json()["value"] == []


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ("", 1),
        ("atScope()", 1),
        (f"principalId eq '{ELIF.id}'", 1),
        (f"assignedTo('{ELIF.id}')", 1),
        (f"assignedTo('{READER.id}')", 0),
    ],
)
def test_others_list_it_by_filter(sandbox: Sandbox, choice: str, found: int) -> None:
    for collection in ("roleEligibilityScheduleInstances", "roleEligibilitySchedules"):
        path = f"{SUBSCRIPTION}{AUTHORIZATION}/{collection}"
        assert len(call(sandbox, "GET", path, **{"$filter": choice} | VERSION).json()["value"]) == found


def test_a_wrong_filter_and_a_missing_right_are_refused(sandbox: Sandbox) -> None:
    assert eligible(sandbox, "owner", **{"$filter": "forMe()"}).status_code == 400
    other = f"/subscriptions/{PRODUCTION_ID}"
    assert eligible(sandbox, ELIF.name, other).json()["value"] == []
    assert eligible(sandbox, ELIF.name, other, **{"$filter": "atScope()"}).status_code == 403


def test_an_activated_role_works_for_its_time(sandbox: Sandbox, clock: ManualClock) -> None:
    made = activate(sandbox, activation())
    assert (made.status_code, made.json()["properties"]["status"]) == (201, "Provisioned")
    listed = f"{SUBSCRIPTION}{AUTHORIZATION}/roleAssignmentScheduleRequests/{made.json()['name']}"
    assert call(sandbox, "GET", listed, persona=ELIF.name, **VERSION).json() == made.json()
    assert call(sandbox, "GET", listed, persona="owner", **VERSION).status_code == 404
    clock.advance(PROPAGATION_SECONDS)
    assert call(sandbox, "PUT", GROUP, NEW_GROUP, persona=ELIF.name).status_code == 201
    assert error(activate(sandbox, activation()))[:2] == (409, "RoleAssignmentExists")
    mine = authorization(sandbox).role_assignments
    assert len(list(mine.list_for_scope(SUBSCRIPTION, filter=f"principalId eq '{ELIF.id}'"))) == 2
    clock.advance(3600)
    assert call(sandbox, "PUT", GROUP, NEW_GROUP, persona=ELIF.name).status_code == 403
    assert len(list(mine.list_for_scope(SUBSCRIPTION, filter=f"principalId eq '{ELIF.id}'"))) == 1
    assert activate(sandbox, activation()).status_code == 201


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"justification": " "}, "RoleAssignmentRequestPolicyValidationFailed", "JustificationRule"),
        (
            {"scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT9H"}}},
            "RoleAssignmentRequestPolicyValidationFailed",
            "ExpirationRule",
        ),
        ({"scheduleInfo": {}}, "InvalidRequestContent", "duration"),
        ({"requestType": "AdminAssign"}, "InvalidRequestContent", "SelfActivate"),
        ({"roleDefinitionId": definition(CONTRIBUTOR)}, "RoleEligibilityScheduleNotFound", "eligibility"),
        ({"principalId": READER.id}, "RoleEligibilityScheduleNotFound", "eligibility"),
        ({"linkedRoleEligibilityScheduleId": derive_id("x")}, "RoleEligibilityScheduleNotFound", "eligibility"),
    ],
)
def test_an_activation_against_the_policy_is_refused(
    sandbox: Sandbox, changed: dict[str, Any], code: str, words: str
) -> None:
    status, found, message = error(activate(sandbox, activation(**changed)))
    assert (status, found) == (400, code)
    assert words in message


def test_nobody_else_can_activate_it(sandbox: Sandbox) -> None:
    refused = activate(sandbox, activation(principalId=READER.id), READER.name)
    assert error(refused)[:2] == (400, "RoleEligibilityScheduleNotFound")


# ---- conditions ------------------------------------------------------------------------------------------------------

READERS_ONLY = (
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
    "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {"
    f"{DATA_READER}}})) AND ((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/delete'}})) OR "
    f"(@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals "
    f"{{{DATA_READER}}}))"
)


def give(sandbox: Sandbox, who: str, role: str, name: str, by: str = "owner", **more: str) -> Any:
    body = {"properties": {"roleDefinitionId": definition(role), "principalId": persona(who).id, **more}}
    return call(sandbox, "PUT", f"{SUBSCRIPTION}{ASSIGNMENTS}/{derive_id(name)}", body, persona=by)


def test_a_condition_lets_only_some_roles_be_given_and_taken(sandbox: Sandbox, clock: ManualClock) -> None:
    narrowed = {"condition": READERS_ONLY, "conditionVersion": "2.0"}
    assert give(sandbox, "reader", RBAC_ADMINISTRATOR, "admin", **narrowed).status_code == 201
    clock.advance(PROPAGATION_SECONDS)
    refused = give(sandbox, "guest", OWNER, "owner", by="reader")
    assert error(refused)[:2] == (403, "AuthorizationFailed")
    assert "an ABAC condition not fulfilled" in error(refused)[2]
    assert give(sandbox, "guest", DATA_READER, "data", by="reader").status_code == 201
    assert give(sandbox, "operator", OWNER, "other").status_code == 201
    path = f"{SUBSCRIPTION}{ASSIGNMENTS}/"
    assert call(sandbox, "DELETE", path + derive_id("other"), persona="reader").status_code == 403
    assert call(sandbox, "DELETE", path + derive_id("data"), persona="reader").status_code == 200


def test_a_condition_that_cannot_be_read_lets_nothing_through(sandbox: Sandbox, clock: ManualClock) -> None:
    strange = {"condition": "@Environment[utcNow] DateTimeGreaterThan '2030-01-01'", "conditionVersion": "2.0"}
    assert give(sandbox, "reader", RBAC_ADMINISTRATOR, "admin", **strange).status_code == 201
    clock.advance(PROPAGATION_SECONDS)
    assert give(sandbox, "guest", DATA_READER, "data", by="reader").status_code == 403
