"""Custom roles, deny assignments, the scopes above subscriptions, and limits of Microsoft.Authorization."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.authorization import place_denial
from runbook_lib.sandbox.arm.authorization.role_assignments import MAXIMUM
from runbook_lib.sandbox.clock import stamp
from runbook_lib.sandbox.rbac import ROOT_GROUP
from runbook_lib.sandbox.roles import DATA_OWNER, OWNER, READER
from runbook_lib.sandbox.world import GROUP_ID, PRODUCTION_ID, TENANT_ID, TRAINING_ID, derive_id, persona

from ..azure import authorization, data_plane, http
from .control_plane import ASSIGNMENTS, GROUP, HOST, SUBSCRIPTION, TWINS, assigned, call, error, stripped

ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
DENIALS = "/providers/Microsoft.Authorization/denyAssignments"
GUID = "11111111-2222-3333-4444-555555555555"
READS = {"actions": ["Microsoft.DigitalTwins/*/read"], "dataActions": ["Microsoft.DigitalTwins/models/read"]}


def define(
    sandbox: Sandbox, guid: str = GUID, scope: str = SUBSCRIPTION, persona: str = "owner", **changes: Any
) -> Any:
    properties = {
        "roleName": "Twin Watcher",
        "description": "looks",
        "type": "CustomRole",
        "permissions": [READS],
        "assignableScopes": [scope],
        **changes,
    }
    return call(sandbox, "PUT", f"{scope}{ROLES}/{guid}", {"properties": properties}, persona=persona)


# ---- custom roles ----------------------------------------------------------------------------------------------------


def test_a_custom_roles_life(made: Sandbox, clock: ManualClock) -> None:
    first = define(made)
    assert first.status_code == 201
    shown = first.json()
    assert (shown["name"], shown["id"]) == (GUID, f"{SUBSCRIPTION}{ROLES}/{GUID}")
    assert (shown["properties"]["type"], shown["properties"]["assignableScopes"]) == ("CustomRole", [SUBSCRIPTION])
    assert shown["properties"]["permissions"] == [{**READS, "notActions": [], "notDataActions": []}]
    assert shown["properties"]["createdBy"] == persona("owner").id
    clock.advance(5)
    changed = define(made, description="looks closely").json()["properties"]
    assert changed["createdOn"] == shown["properties"]["createdOn"] < changed["updatedOn"]
    assert changed["description"] == "looks closely"
    found = list(authorization(made).role_definitions.list(SUBSCRIPTION, filter="type eq 'CustomRole'"))
    assert [role.role_name for role in found] == ["Twin Watcher"]
    gone = call(made, "DELETE", f"{SUBSCRIPTION}{ROLES}/{GUID}")
    assert (gone.status_code, gone.json()["name"]) == (200, GUID)
    assert call(made, "DELETE", f"{SUBSCRIPTION}{ROLES}/{GUID}").status_code == 204
    assert error(call(made, "GET", f"{SUBSCRIPTION}{ROLES}/{GUID}"))[1] == "RoleDefinitionDoesNotExist"


def test_what_one_entry_withholds_another_one_can_grant(made: Sandbox, clock: ManualClock) -> None:
    entries = [
        {"actions": ["*/read"], "dataActions": ["Microsoft.DigitalTwins/*"], "notDataActions": ["*/models/*"]},
        {"dataActions": ["Microsoft.DigitalTwins/models/read"]},
    ]
    shown = define(made, permissions=entries).json()["properties"]["permissions"]
    assert [entry["notDataActions"] for entry in shown] == [["*/models/*"], []]
    stripped(made, "reader")
    assigned(made, clock, GUID, TWINS, "reader")
    client: DigitalTwinsClient = data_plane(made, "reader", HOST)
    assert list(client.list_models()) == []
    with pytest.raises(HttpResponseError):
        client.create_models([{"@id": "dtmi:a:B;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2"}])
    held = call(made, "GET", f"{TWINS}/providers/Microsoft.Authorization/permissions", persona="reader").json()
    assert [entry["dataActions"] for entry in held["value"]] == [entry["dataActions"] for entry in entries]


@pytest.mark.parametrize(
    ("plane", "action"),
    [
        ("actions", "Microsoft.DigitalTwins/digitalTwinsInstance/read"),
        ("notActions", "Microsoft.DigitalTwins/digitalTwinsInstances/peek/action"),
        ("actions", "Microsoft.DigitalTwins/models/read"),
        ("actions", "Microsoft.DigitalTwin/digitalTwinsInstances/read"),
        ("actions", "Microsoft.Network"),
        ("actions", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"),
        ("dataActions", "Microsoft.Storage/storageAccounts/blobServices/containers/read"),
        ("dataActions", "Microsoft.DigitalTwins/digitalTwinsInstances/read"),
        ("notDataActions", "Microsoft.DigitalTwins/model/read"),
    ],
)
def test_actions_that_no_provider_has_in_that_list(ready: Sandbox, plane: str, action: str) -> None:
    code = "InvalidDataActionOrNotDataAction" if "ata" in plane else "InvalidActionOrNotAction"
    message = f"'{action}' does not match any of the actions supported by the providers."
    assert error(define(ready, permissions=[READS, {plane: [action]}])) == (400, code, message)
    assert error(call(ready, "GET", f"{SUBSCRIPTION}{ROLES}/{GUID}"))[1] == "RoleDefinitionDoesNotExist"


def test_actions_that_a_provider_has(ready: Sandbox) -> None:
    actions = [
        "*",
        "*/read",
        "microsoft.digitaltwins/DIGITALTWINSINSTANCES/READ",
        "Microsoft.DigitalTwins/*/peek",
        "Microsoft.Compute/virtualMachines/start/action",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
    ]
    data = ["Microsoft.DigitalTwins/*", "Microsoft.DigitalTwins/query/action", "Microsoft.KeyVault/vaults/secrets/read"]
    permissions = [{"actions": actions, "dataActions": data}]
    assert define(ready, permissions=permissions).status_code == 201


def test_the_sdk_defines_and_the_role_works_on_both_planes(made: Sandbox, clock: ManualClock) -> None:
    operations: Any = authorization(made).role_definitions
    body = {"roleName": "Twin Watcher", "permissions": [READS], "assignableScopes": [GROUP]}
    made_role = operations.create_or_update(SUBSCRIPTION, GUID, {"properties": body})
    assert made_role.role_type == "CustomRole"
    stripped(made, "reader")
    path = assigned(made, clock, GUID, TWINS, "reader")
    assert call(made, "GET", TWINS, persona="reader").status_code == 200
    assert error(call(made, "DELETE", TWINS, persona="reader"))[1] == "AuthorizationFailed"
    client: DigitalTwinsClient = data_plane(made, "reader", HOST)
    assert list(client.list_models()) == []
    refused = error(call(made, "DELETE", f"{SUBSCRIPTION}{ROLES}/{GUID}"))
    assert refused == (
        400,
        "RoleDefinitionHasAssignments",
        "There are existing role assignments referencing role.",
    )
    call(made, "DELETE", path)
    assert call(made, "DELETE", f"{SUBSCRIPTION}{ROLES}/{GUID}").status_code == 200


def test_a_role_can_be_assigned_where_it_says(made: Sandbox) -> None:
    define(made, scope=GROUP)
    body = {"properties": {"roleDefinitionId": f"{SUBSCRIPTION}{ROLES}/{GUID}", "principalId": persona("reader").id}}
    above = call(made, "PUT", f"{SUBSCRIPTION}{ASSIGNMENTS}/{GUID}", body)
    assert error(above)[1] == "RoleDefinitionDoesNotExist"
    assert call(made, "PUT", f"{TWINS}{ASSIGNMENTS}/{GUID}", body).status_code == 201
    listed = [role["name"] for role in call(made, "GET", f"{SUBSCRIPTION}{ROLES}").json()["value"]]
    assert GUID not in listed
    assert GUID in [role["name"] for role in call(made, "GET", f"{TWINS}{ROLES}").json()["value"]]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"roleName": ""}, 400, "InvalidRequestContent"),
        ({"permissions": []}, 400, "InvalidRequestContent"),
        ({"permissions": [{"actions": "*"}]}, 400, "InvalidRequestContent"),
        ({"permissions": ["*"]}, 400, "InvalidRequestContent"),
        ({"assignableScopes": []}, 400, "InvalidRequestContent"),
        ({"assignableScopes": ["/"]}, 400, "InvalidAssignableScope"),
        ({"assignableScopes": [f"/subscriptions/{GUID}"]}, 400, "InvalidAssignableScope"),
        ({"assignableScopes": [f"/subscriptions/{PRODUCTION_ID}"]}, 403, "LinkedAuthorizationFailed"),
        ({"roleName": "reader"}, 409, "RoleDefinitionWithSameNameExists"),
        ({"guid": READER}, 403, "RoleDefinitionUpdateNotAllowed"),
        ({"guid": "watcher"}, 400, "InvalidRoleDefinitionId"),
        ({"persona": "contributor"}, 403, "AuthorizationFailed"),
    ],
)
def test_roles_that_cannot_be(sandbox: Sandbox, changes: dict[str, Any], status: int, code: str) -> None:
    assert error(define(sandbox, **changes))[:2] == (status, code)


def test_built_in_roles_stay(sandbox: Sandbox) -> None:
    answer = call(sandbox, "DELETE", f"{SUBSCRIPTION}{ROLES}/{READER}")
    assert error(answer)[:2] == (403, "RoleDefinitionUpdateNotAllowed")


# ---- deny assignments ------------------------------------------------------------------------------------------------


def test_a_denial_beats_every_role(made: Sandbox, clock: ManualClock) -> None:
    path = place_denial(
        made.cloud.store, made.cloud.clock, GROUP, "keep", {"actions": ["*/delete"]}, excluded=[persona("operator").id]
    )
    who = persona("owner")
    assert error(call(made, "DELETE", TWINS)) == (
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client '{who.user_principal_name}' with object id '{who.id}' has permission to perform action "
        f"'Microsoft.DigitalTwins/digitalTwinsInstances/delete' on scope '{TWINS}'; however, the access is denied "
        f"because of the deny assignment with name 'keep' and Id '{path.rpartition('/')[2]}' at scope '{GROUP}'.",
    )
    assert error(call(made, "DELETE", TWINS, persona="reader"))[1] == "AuthorizationFailed"
    assert call(made, "PATCH", TWINS, {"tags": {}}).status_code == 200
    assert call(made, "DELETE", TWINS, persona="operator").status_code == 202
    clock.advance(60)


def test_whom_where_and_what_a_denial_means(made: Sandbox, clock: ManualClock) -> None:
    permissions = {"actions": ["*"], "notActions": ["*/read"]}
    place_denial(
        made.cloud.store, made.cloud.clock, GROUP, "engineers", permissions, principals=[GROUP_ID], children=False
    )
    assert error(call(made, "PATCH", GROUP, {"tags": {}}, persona="contributor"))[1] == (
        "DenyAssignmentAuthorizationFailed"
    )
    assert call(made, "GET", GROUP, persona="contributor").status_code == 200
    assert call(made, "PATCH", TWINS, {"tags": {}}, persona="contributor").status_code == 200
    assert call(made, "PATCH", GROUP, {"tags": {}}, persona="operator").status_code == 200


def test_a_denial_of_data(made: Sandbox, clock: ManualClock) -> None:
    assigned(made, clock, DATA_OWNER, TWINS, "owner")
    assert list(data_plane(made, "owner", HOST).list_models()) == []
    place_denial(
        made.cloud.store, made.cloud.clock, TWINS, "silence", {"dataActions": ["Microsoft.DigitalTwins/models/*"]}
    )
    session = http(made, "owner", audience="https://digitaltwins.azure.net")
    answer = session.get(f"https://{HOST}/models?api-version=2023-10-31")
    assert (answer.status_code, answer.content) == (403, b"")


def test_denials_can_be_listed_and_not_written(made: Sandbox) -> None:
    path = place_denial(made.cloud.store, made.cloud.clock, GROUP, "keep", {"actions": ["*/delete"]})
    other = place_denial(
        made.cloud.store, made.cloud.clock, TWINS, "mine", {"actions": ["*/delete"]}, principals=[persona("owner").id]
    )
    operations = authorization(made).deny_assignments
    assert {str(d.deny_assignment_name) for d in operations.list()} == {"keep", "mine"}
    assert [d.id for d in operations.list(filter="denyAssignmentName eq 'keep'")] == [path]
    assert [d.id for d in operations.list(filter=f"principalId eq '{persona('owner').id}'")] == [other]
    shown = operations.get_by_id(path)
    assert (shown.scope, shown.is_system_protected) == (GROUP, True)
    at = call(made, "GET", GROUP + DENIALS, **{"$filter": "atScope()"}).json()["value"]
    assert [each["id"] for each in at] == [path]
    assert error(call(made, "GET", GROUP + DENIALS, **{"$filter": "x"}))[1] == "InvalidFilterInQueryString"
    assert error(call(made, "GET", f"{GROUP}{DENIALS}/{GUID}"))[:2] == (404, "DenyAssignmentNotFound")
    assert error(call(made, "PUT", f"{GROUP}{DENIALS}/{GUID}", {}))[:2] == (405, "MethodNotAllowed")


# ---- above subscriptions, and limits ---------------------------------------------------------------------------------


def place(sandbox: Sandbox, clock: ManualClock, scope: str, who: str, role: str = OWNER) -> str:
    """Write an assignment where nobody in the sandbox may write one."""
    name = derive_id("placed", scope, who)
    principal = persona(who)
    now = stamp(clock.now())
    document = {
        "name": name,
        "scope": scope,
        "role": role,
        "principalId": principal.id,
        "principalType": "User",
        "createdOn": now,
        "updatedOn": now,
        "createdBy": principal.id,
        "updatedBy": principal.id,
        "effectiveOn": now,
    }
    sandbox.cloud.store.put("role-assignment", f"{scope.rstrip('/')}{ASSIGNMENTS}/{name}", document)
    return name


@pytest.mark.parametrize("scope", ["/", f"/providers/Microsoft.Management/managementGroups/{TENANT_ID}"])
def test_roles_above_reach_down_and_are_listed_with_at_scope(sandbox: Sandbox, clock: ManualClock, scope: str) -> None:
    stripped(sandbox, "reader")
    assert call(sandbox, "GET", SUBSCRIPTION, persona="reader").status_code == 403
    name = place(sandbox, clock, scope, "reader")
    assert call(sandbox, "GET", f"/subscriptions/{PRODUCTION_ID}", persona="reader").status_code == 200
    listed = call(sandbox, "GET", f"{GROUP}{ASSIGNMENTS}", **{"$filter": "atScope()"}, persona="owner")
    assert error(listed)[1] == "ResourceGroupNotFound"
    listed = call(sandbox, "GET", f"{SUBSCRIPTION}{ASSIGNMENTS}", **{"$filter": "atScope()"})
    assert name in [each["name"] for each in listed.json()["value"]]
    below = call(sandbox, "GET", f"{scope.rstrip('/')}{ASSIGNMENTS}", persona="reader", **{"$filter": "atScope()"})
    assert [each["name"] for each in below.json()["value"]] == [name]


def test_the_root_group_can_be_given_roles_by_who_owns_it(sandbox: Sandbox, clock: ManualClock) -> None:
    place(sandbox, clock, "/", "owner")
    body = {"properties": {"roleDefinitionId": f"{ROLES}/{READER}", "principalId": persona("setup-pipeline").id}}
    root = f"/providers/Microsoft.Management/managementGroups/{TENANT_ID}"
    assert root.lower() == ROOT_GROUP
    assert call(sandbox, "PUT", f"{root}{ASSIGNMENTS}/{GUID}", body).status_code == 201
    other = root.replace(TENANT_ID, "sales")
    assert error(call(sandbox, "PUT", f"{other}{ASSIGNMENTS}/{GUID}", body))[:2] == (404, "ResourceNotFound")


def test_one_assignment_too_many(ready: Sandbox, clock: ManualClock) -> None:
    store = ready.cloud.store
    template = store.list("role-assignment", f"{SUBSCRIPTION}/")[0]
    held = len(store.list("role-assignment", f"{SUBSCRIPTION}/"))
    with store.transaction():
        for number in range(MAXIMUM - held):
            name = derive_id("many", str(number))
            document = {**template, "name": name, "scope": GROUP, "principalId": name}
            store.put("role-assignment", f"{GROUP}{ASSIGNMENTS}/{name}", document)
    body = {"properties": {"roleDefinitionId": f"{SUBSCRIPTION}{ROLES}/{READER}", "principalId": persona("owner").id}}
    path = f"{SUBSCRIPTION}{ASSIGNMENTS}/{GUID}"
    assert error(call(ready, "PUT", path, body))[:2] == (400, "RoleAssignmentLimitExceeded")
    store.delete_all("role-assignment", f"{GROUP}{ASSIGNMENTS}/{derive_id('many', '0')}")
    assert call(ready, "PUT", path, body).status_code == 201
    assert ready.cloud.access.assignments_in(TRAINING_ID) == MAXIMUM
    clock.advance(60)


def test_what_can_be_allowed_at_all(sandbox: Sandbox) -> None:
    operations = authorization(sandbox, "reader").provider_operations_metadata
    shown = operations.get("Microsoft.DigitalTwins")
    names = [o.name for kind in shown.resource_types or [] for o in kind.operations or []]
    assert "Microsoft.DigitalTwins/digitalTwinsInstances/endpoints/write" in names
    assert [each.name for each in operations.list()] == ["Microsoft.DigitalTwins"]
    path = "/providers/Microsoft.Authorization/providerOperations/Microsoft.Nothing"
    assert error(call(sandbox, "GET", path))[1] == "InvalidResourceNamespace"
