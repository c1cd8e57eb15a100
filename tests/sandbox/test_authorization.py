"""Giving and taking roles, role definitions and permissions, through the official SDK and on the wire."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.principals import REPLICATION_SECONDS
from runbook_lib.sandbox.rbac import PROPAGATION_SECONDS
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_OWNER, DATA_READER, OWNER, READER, USER_ACCESS_ADMINISTRATOR
from runbook_lib.sandbox.world import GROUP_ID, PLATFORM_GROUP, PRODUCTION_ID, TENANT_ID, derive_id, persona

from ..azure import authorization
from .control_plane import ASSIGNMENTS, GROUP, SUBSCRIPTION, TWINS, call, error, prepare

DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
STRANGER = "99999999-8888-7777-6666-555555555555"


def body(role: str = DATA_READER, principal: str = "", **more: Any) -> dict[str, Any]:
    """What a PUT of an assignment sends; the reader is who gets it unless said otherwise."""
    principal_id = principal or persona("reader").id
    return {
        "properties": {
            "roleDefinitionId": f"{SUBSCRIPTION}{DEFINITIONS}/{role}",
            "principalId": principal_id,
            **more,
        }
    }


def path(scope: str, name: str = "a") -> str:
    return f"{scope}{ASSIGNMENTS}/{derive_id(name)}"


# ---- giving ----------------------------------------------------------------------------------------------------------


def test_an_assignment_as_the_sdk_makes_and_reads_it(made: Sandbox) -> None:
    client = authorization(made).role_assignments
    role = f"{SUBSCRIPTION}{DEFINITIONS}/{DATA_OWNER}"
    who = persona("contributor")
    parameters: Any = {"role_definition_id": role, "principal_id": who.id, "description": "for the lesson"}
    created = client.create(TWINS, derive_id("a"), parameters)
    assert (created.id, created.scope, created.principal_type) == (path(TWINS), TWINS, "User")
    assert (created.created_by, created.updated_by) == (None, persona("owner").id)
    read = client.get(TWINS, derive_id("a"))
    assert (read.created_by, read.description, read.role_definition_id) == (persona("owner").id, "for the lesson", role)
    assert read.created_on == created.created_on


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, TWINS])
def test_the_answer_has_the_recorded_fields(made: Sandbox, scope: str) -> None:
    answer = call(made, "PUT", path(scope), body(principalType="User"))
    assert answer.status_code == 201
    found = answer.json()
    assert (found["id"], found["name"], found["properties"]["scope"]) == (path(scope), derive_id("a"), scope)
    recorded = _recorded("PUT", 201, "roleAssignments")
    assert found.keys() == recorded.keys()
    assert found["properties"].keys() == recorded["properties"].keys()
    empty = {name for name, value in recorded["properties"].items() if value is None}
    assert {name for name, value in found["properties"].items() if value is None} == empty


def _recorded(method: str, status: int, part: str) -> Any:
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of Microsoft's recordings")
    exchanges = json.loads((Path(folder) / "recordings/arm-graph-selected.json").read_text())["interactions"]
    return next(
        e["response"]["body"]
        for e in exchanges
        if e["request"]["method"] == method and e["response"]["status"] == status and part in e["request"]["uri"]
    )


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        (persona("reader").id, "User"),
        (GROUP_ID, "Group"),
        (persona("setup-pipeline").id, "ServicePrincipal"),
        (persona("reader").id.upper(), "User"),
    ],
)
def test_the_type_of_the_principal_is_found_in_the_directory(made: Sandbox, principal: str, kind: str) -> None:
    found = call(made, "PUT", path(TWINS), body(principal=principal)).json()["properties"]
    assert (found["principalType"], found["principalId"]) == (kind, principal.lower())


def test_the_same_again_changes_only_the_description(made: Sandbox) -> None:
    first = call(made, "PUT", path(TWINS), body())
    again = call(made, "PUT", path(TWINS), body(description="why"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["properties"]["description"] == "why"
    assert again.json()["properties"]["createdOn"] == first.json()["properties"]["createdOn"]


def test_the_same_under_another_name(made: Sandbox) -> None:
    call(made, "PUT", path(TWINS), body())
    answer = call(made, "PUT", path(TWINS, "b"), body())
    assert error(answer) == (409, "RoleAssignmentExists", "The role assignment already exists.")
    assert "x-ms-failure-cause" not in answer.headers
    for other in (path(GROUP, "b"), path(TWINS, "c")):
        changed = body() if other.startswith(f"{GROUP}{ASSIGNMENTS}") else body(DATA_OWNER)
        assert call(made, "PUT", other, changed).status_code == 201


@pytest.mark.parametrize("changed", [body(DATA_OWNER), body(principal=persona("contributor").id)])
def test_another_role_or_principal_under_the_same_name(made: Sandbox, changed: dict[str, Any]) -> None:
    call(made, "PUT", path(TWINS), body())
    assert error(call(made, "PUT", path(TWINS), changed)) == (
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def test_a_stranger_to_the_directory(made: Sandbox) -> None:
    assert error(call(made, "PUT", path(TWINS), body(principal=STRANGER))) == (
        400,
        "PrincipalNotFound",
        f"Principal {STRANGER.replace('-', '')} does not exist in the directory {TENANT_ID}. Check that you have the "
        "correct principal ID. If you are creating this principal and then immediately assigning a role, this error "
        "might be related to a replication delay. In this case, set the role assignment principalType property to a "
        "value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
    )
    given = call(made, "PUT", path(TWINS), body(principal=STRANGER, principalType="ServicePrincipal"))
    assert (given.status_code, given.json()["properties"]["principalType"]) == (201, "ServicePrincipal")


def test_a_fresh_principal_needs_its_type_until_the_directory_has_caught_up(
    sandbox: Sandbox, clock: ManualClock
) -> None:
    prepare(sandbox, clock)
    created = call(sandbox, "PUT", TWINS, {"location": "westeurope", "identity": {"type": "SystemAssigned"}})
    principal = created.json()["identity"]["principalId"]
    assert error(call(sandbox, "PUT", path(GROUP), body(principal=principal)))[1] == "PrincipalNotFound"
    typed = body(principal=principal, principalType="ServicePrincipal")
    assert call(sandbox, "PUT", path(GROUP), typed).status_code == 201
    clock.advance(REPLICATION_SECONDS)
    assert call(sandbox, "PUT", path(TWINS, "b"), body(principal=principal)).status_code == 201


def test_a_wrong_type_of_principal(made: Sandbox) -> None:
    who = persona("reader").id
    assert error(call(made, "PUT", path(TWINS), body(principalType="Group"))) == (
        400,
        "UnmatchedPrincipalType",
        f"The PrincipalId '{who.replace('-', '')}' has type 'User' , which is different from specified PrinciaplType "
        "'Group'.",
    )


@pytest.mark.parametrize(
    ("url", "content", "status", "code"),
    [
        (f"{TWINS}{ASSIGNMENTS}/not-a-guid", body(), 400, "InvalidRoleAssignmentId"),
        (path(TWINS), body("not-a-guid"), 400, "InvalidRoleDefinitionId"),
        (path(TWINS), {"properties": {"principalId": STRANGER}}, 400, "InvalidRoleDefinitionId"),
        (path(TWINS), body(STRANGER), 404, "RoleDefinitionDoesNotExist"),
        (path(TWINS), body(principal="reader@contoso"), 400, "InvalidPrincipalId"),
        (path(TWINS), body(principalType="Cat"), 400, "InvalidRequestContent"),
        (path(TWINS), {"properties": 1}, 400, "InvalidRequestContent"),
        (path(TWINS + "2"), body(), 404, "ResourceNotFound"),
        (path(GROUP + "2"), body(), 404, "ResourceGroupNotFound"),
    ],
)
def test_assignments_that_are_refused(made: Sandbox, url: str, content: Any, status: int, code: str) -> None:
    assert error(call(made, "PUT", url, content))[:2] == (status, code)


def test_the_texts_about_role_definitions(made: Sandbox) -> None:
    assert error(call(made, "PUT", path(TWINS), body(STRANGER)))[2] == (
        f"The specified role definition with ID '{STRANGER.replace('-', '')}' does not exist."
    )
    wrong = f"{SUBSCRIPTION}{DEFINITIONS}/Owner"
    assert error(call(made, "PUT", path(TWINS), body("Owner")))[2] == f"The role definition ID '{wrong}' is not valid."


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("owner", True),
        ("access-admin", True),
        ("operator", True),
        ("setup-pipeline", True),
        ("contributor", False),
        ("reader", False),
    ],
)
def test_who_may_give_roles(made: Sandbox, who: str, may: bool) -> None:
    answer = call(made, "PUT", path(TWINS), body(), persona=who)
    assert answer.status_code == (201 if may else 403)
    if not may:
        caller = persona(who)
        assert error(answer)[1:] == (
            "AuthorizationFailed",
            f"The client '{caller.user_principal_name}' with object id '{caller.id}' does not have authorization or an "
            "ABAC condition not fulfilled to perform action 'Microsoft.Authorization/roleAssignments/write' over scope "
            f"'{path(TWINS)}' or the scope is invalid. "
            "If access was recently granted, please refresh your credentials.",
        )


def test_an_assignment_made_at_the_root_needs_rights_at_the_root(sandbox: Sandbox) -> None:
    assert error(call(sandbox, "PUT", path(""), body()))[:2] == (403, "AuthorizationFailed")
    assert error(call(sandbox, "GET", ASSIGNMENTS))[:2] == (403, "AuthorizationFailed")


# ---- effect ----------------------------------------------------------------------------------------------------------


def test_a_role_works_after_a_while_and_stops_working_after_a_while(made: Sandbox, clock: ManualClock) -> None:
    def may_tag() -> bool:
        return call(made, "PATCH", TWINS, {"tags": {}}, persona="reader").status_code == 200

    call(made, "PUT", path(TWINS), body(CONTRIBUTOR))
    assert not may_tag()
    clock.advance(PROPAGATION_SECONDS)
    assert may_tag()
    call(made, "DELETE", path(TWINS))
    assert may_tag()
    clock.advance(PROPAGATION_SECONDS)
    assert not may_tag()


def test_a_role_on_one_group_does_not_reach_its_namesakes(made: Sandbox, clock: ManualClock) -> None:
    call(made, "PUT", path(GROUP), body(CONTRIBUTOR))
    call(made, "PUT", f"{GROUP}0", {"location": "westeurope"})
    clock.advance(PROPAGATION_SECONDS)
    assert call(made, "PATCH", GROUP, {"tags": {}}, persona="reader").status_code == 200
    assert call(made, "PATCH", f"{GROUP}0", {"tags": {}}, persona="reader").status_code == 403


def test_an_instance_takes_the_roles_at_its_scope_along_and_leaves_those_of_its_identity(
    made: Sandbox, clock: ManualClock
) -> None:
    principal = call(made, "GET", TWINS).json()["identity"]["principalId"]
    call(made, "PUT", path(TWINS, "b"), body())
    call(made, "PUT", path(GROUP), body(principal=principal))
    call(made, "DELETE", TWINS)
    clock.advance(60)
    listed = call(made, "GET", f"{GROUP}{ASSIGNMENTS}", **{"$filter": f"principalId eq '{principal}'"}).json()["value"]
    assert [a["id"] for a in listed] == [path(GROUP)]
    assert made.cloud.store.get("servicePrincipal", principal) is None
    assert made.cloud.store.list("role-assignment", f"{TWINS}/") == []
    assert call(made, "DELETE", path(GROUP)).status_code == 200


# ---- taking ----------------------------------------------------------------------------------------------------------


def test_taking_a_role_shows_what_was_taken_and_twice_is_no_error(made: Sandbox) -> None:
    call(made, "PUT", path(TWINS), body())
    taken = call(made, "DELETE", path(TWINS))
    assert (taken.status_code, taken.json()["id"]) == (200, path(TWINS))
    assert taken.json()["properties"]["createdBy"] == persona("owner").id
    again = call(made, "DELETE", path(TWINS))
    assert (again.status_code, again.content) == (204, b"")
    assert error(call(made, "GET", path(TWINS)))[:2] == (404, "RoleAssignmentNotFound")


def test_the_last_who_can_give_roles_stays(sandbox: Sandbox) -> None:
    client = authorization(sandbox).role_assignments
    admins = (OWNER, USER_ACCESS_ADMINISTRATOR)
    ids = [a.id for a in client.list_for_subscription() if str(a.role_definition_id).rpartition("/")[2] in admins]
    own = next(i for i in ids if derive_id("assignment", "owner", OWNER, SUBSCRIPTION) in str(i))
    for assignment in ids:
        if assignment != own and str(assignment).startswith(SUBSCRIPTION):
            client.delete_by_id(str(assignment))
    with pytest.raises(HttpResponseError, match="Cannot delete the last RBAC admin assignment"):
        client.delete_by_id(str(own))


# ---- lists -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def populated(made: Sandbox) -> Sandbox:
    """The reader holds a role at the subscription, the group and the instance; its group one at the resource group."""
    call(made, "PUT", path(GROUP, "group"), body(DATA_READER))
    call(made, "PUT", path(TWINS, "twins"), body(DATA_OWNER))
    call(made, "PUT", path(GROUP, "engineers"), body(DATA_OWNER, GROUP_ID))
    return made


def listed(sandbox: Sandbox, scope: str, text: str) -> set[str]:
    """The names of the roles' holders and scopes that a filter leaves, without the seeded ones of others."""
    names = {
        derive_id("assignment", "reader", READER, SUBSCRIPTION): "subscription",
        derive_id("group"): "group",
        derive_id("twins"): "twins",
        derive_id("engineers"): "engineers",
    }
    found = authorization(sandbox).role_assignments.list_for_scope(scope, filter=text or None)
    return {names.get(str(a.name), "others") for a in found}


@pytest.mark.parametrize(
    ("scope", "text", "expected"),
    [
        (GROUP, "", {"subscription", "group", "twins", "engineers", "others"}),
        (GROUP, "atScope()", {"subscription", "group", "engineers", "others"}),
        (SUBSCRIPTION, "atScope()", {"subscription", "others"}),
        (GROUP, "principalId eq '{reader}'", {"subscription", "group", "twins"}),
        (GROUP, "assignedTo('{reader}')", {"subscription", "group", "twins", "engineers"}),
        (GROUP, "atScope() and assignedTo('{reader}')", {"subscription", "group", "engineers"}),
        (TWINS, "atScope() and principalId eq '{reader}'", {"subscription", "group", "twins"}),
        (TWINS, "principalId eq '{engineers}'", {"engineers"}),
        (GROUP, "assignedTo('{owner}')", {"others"}),
    ],
)
def test_lists_and_their_filters(populated: Sandbox, scope: str, text: str, expected: set[str]) -> None:
    ids = {"reader": persona("reader").id, "owner": persona("owner").id, "engineers": GROUP_ID}
    assert listed(populated, scope, text.format(**ids)) == expected


def test_lists_of_the_sdks_other_calls(populated: Sandbox) -> None:
    client = authorization(populated).role_assignments
    mine = f"principalId eq '{persona('reader').id}'"
    for_group = [a.name for a in client.list_for_resource_group("rg-twins", filter=mine)]
    for_resource = client.list_for_resource(
        "rg-twins", "Microsoft.DigitalTwins", "digitalTwinsInstances", "my-twins", filter=mine
    )
    for_subscription = [a.name for a in client.list_for_subscription(filter=mine)]
    assert len(for_group) == len(list(for_resource)) == len(for_subscription) == 3


def test_a_list_stays_within_its_subscription_and_names(populated: Sandbox) -> None:
    elsewhere = authorization(populated, subscription_id=PRODUCTION_ID).role_assignments.list_for_subscription()
    assert {a.scope for a in elsewhere} == {f"/subscriptions/{PRODUCTION_ID}", PLATFORM_GROUP}
    call(populated, "PUT", f"{GROUP}0", {"location": "westeurope"})
    call(populated, "PUT", path(f"{GROUP}0", "namesake"), body(DATA_READER))
    names = {a.name for a in authorization(populated).role_assignments.list_for_scope(GROUP)}
    assert derive_id("namesake") not in names
    assert derive_id("group") in names


def test_a_filter_that_the_service_does_not_take(sandbox: Sandbox) -> None:
    answer = call(sandbox, "GET", f"{SUBSCRIPTION}{ASSIGNMENTS}", **{"$filter": "name eq 'x'"})
    assert error(answer)[:2] == (400, "InvalidFilterInQueryString")
