"""User-assigned identities: their life, their principals, their assignment to instances, and what stays behind."""

from __future__ import annotations

import re
from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.digital_twins.endpoints import WRITE_SECONDS
from runbook_lib.sandbox.arm.digital_twins.lifecycle import UPDATE_SECONDS
from runbook_lib.sandbox.arm.principals import REPLICATION_SECONDS
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_READER, MANAGED_IDENTITY_CONTRIBUTOR, MANAGED_IDENTITY_OPERATOR
from runbook_lib.sandbox.world import TENANT_ID

from ..azure import http
from .control_plane import ASSIGNMENTS, GROUP, NEW, SUBSCRIPTION, TWINS, assigned, call, error, given_role, stripped
from .integration_clients import identities

BASE = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
MINE = f"{BASE}/mine"
YOURS = f"{BASE}/yours"
PREVIEW = "2022-01-31-preview"


@pytest.fixture
def mine(made: Sandbox) -> dict[str, Any]:
    """The identity `mine`, as its creation answered."""
    answer = call(made, "PUT", MINE, NEW)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def assign(sandbox: Sandbox, clock: ManualClock, method: str = "PATCH", **values: Any) -> dict[str, Any] | None:
    """Change an instance's identity and return what it has then."""
    answer = call(sandbox, method, TWINS, {**NEW, "identity": values})
    assert answer.status_code in (200, 202), answer.text
    clock.advance(UPDATE_SECONDS)
    found: dict[str, Any] | None = call(sandbox, "GET", TWINS).json()["identity"]
    return found


# ---- life cycle ------------------------------------------------------------------------------------------------------


def test_creation_as_recorded(ready: Sandbox) -> None:
    answer = call(ready, "PUT", MINE, {"location": "West Europe"})
    body = answer.json()
    lower = MINE.replace("/resourceGroups/", "/resourcegroups/")
    assert (answer.status_code, answer.headers["Location"]) == (201, lower)
    properties = body.pop("properties")
    assert body == {
        "id": lower,
        "name": "mine",
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "location": "westeurope",
        "tags": {},
    }
    assert properties.keys() == {"tenantId", "principalId", "clientId"}
    assert properties["tenantId"] == TENANT_ID
    again = call(ready, "PUT", MINE, {**NEW, "tags": {"a": "b"}})
    assert (again.status_code, again.json()["properties"], again.json()["tags"]) == (200, properties, {"a": "b"})
    assert call(ready, "GET", MINE.upper().replace("MICROSOFT", "Microsoft")).json() == again.json()


def test_the_sdk_makes_lists_changes_and_deletes(ready: Sandbox) -> None:
    client: Any = identities(ready).user_assigned_identities
    made = client.create_or_update("rg-twins", "mine", NEW)
    assert client.get("rg-twins", "mine").principal_id == made.principal_id
    assert client.update("rg-twins", "mine", {"tags": {"x": "y"}}).tags == {"x": "y"}
    assert [found.name for found in client.list_by_subscription()] == ["mine"]
    client.delete("rg-twins", "mine")
    assert list(client.list_by_resource_group("rg-twins")) == []
    assert call(ready, "DELETE", MINE).status_code == 204


@pytest.mark.parametrize("name", ["ab", "-mine", "mi.ne", "x" * 129])
def test_names_that_break_the_rule(ready: Sandbox, name: str) -> None:
    assert error(call(ready, "PUT", f"{BASE}/{name}", NEW))[:2] == (400, "InvalidResourceName")


def test_the_directory_knows_it(made: Sandbox, mine: dict[str, Any]) -> None:
    session = http(made, "owner", audience="https://graph.microsoft.com")
    found = session.get(
        f"https://graph.microsoft.com/v1.0/servicePrincipals/{mine['properties']['principalId']}"
    ).json()
    assert (found["displayName"], found["servicePrincipalType"]) == ("mine", "ManagedIdentity")
    assert found["alternativeNames"] == ["isExplicit=True", mine["id"]]
    assert found["appId"] == mine["properties"]["clientId"]


def test_roles_stay_behind_and_another_identity_of_that_name_has_none(
    made: Sandbox, clock: ManualClock, mine: dict[str, Any]
) -> None:
    principal = mine["properties"]["principalId"]
    path = given_role(made, clock, DATA_READER, TWINS, principal, "ServicePrincipal")
    at_itself = given_role(made, clock, DATA_READER, MINE, principal, "ServicePrincipal")
    assert (call(made, "DELETE", MINE).status_code, call(made, "DELETE", MINE).status_code) == (200, 204)
    assert call(made, "GET", path).json()["properties"]["principalId"] == principal
    assert call(made, "GET", at_itself).status_code == 404
    assert made.cloud.store.get("servicePrincipal", principal) is None
    again = call(made, "PUT", MINE, NEW).json()
    assert again["properties"]["principalId"] != principal
    assert again["properties"]["clientId"] != mine["properties"]["clientId"]
    assert call(made, "DELETE", path).status_code == 200


def test_a_new_principal_cannot_be_looked_up_at_once(made: Sandbox, clock: ManualClock, mine: dict[str, Any]) -> None:
    role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{DATA_READER}"
    body = {"properties": {"roleDefinitionId": role, "principalId": mine["properties"]["principalId"]}}
    path = f"{TWINS}{ASSIGNMENTS}/11111111-2222-3333-4444-555555555555"
    assert error(call(made, "PUT", path, body))[:2] == (400, "PrincipalNotFound")
    clock.advance(REPLICATION_SECONDS)
    answer = call(made, "PUT", path, body)
    assert (answer.status_code, answer.json()["properties"]["principalType"]) == (201, "ServicePrincipal")


def test_federated_credentials_as_recorded(made: Sandbox, mine: dict[str, Any]) -> None:
    path = f"{MINE}/federatedIdentityCredentials/fic1"
    trusted = {
        "issuer": "https://oidc.example.org/x",
        "subject": "system:a",
        "audiences": ["api://AzureADTokenExchange"],
    }
    answer = call(made, "PUT", path, {"properties": trusted})
    assert (answer.status_code, answer.json()["properties"]) == (201, trusted)
    assert answer.headers["Location"] == answer.json()["id"] == f"{mine['id']}/federatedIdentityCredentials/fic1"
    assert call(made, "PUT", path, {"properties": {**trusted, "subject": "b"}}).status_code == 200
    assert [c["name"] for c in call(made, "GET", path.rpartition("/")[0]).json()["value"]] == ["fic1"]
    assert error(call(made, "PUT", path, {"properties": {"issuer": "x"}}))[:2] == (400, "BadRequest")
    assert (call(made, "DELETE", path).status_code, call(made, "GET", path).status_code) == (200, 404)
    nobody = path.replace("/mine/", "/nobody/")
    assert error(call(made, "PUT", nobody, {"properties": trusted}))[:2] == (404, "ParentResourceNotFound")


# ---- on an instance --------------------------------------------------------------------------------------------------


def test_assigning_adding_and_taking_away(made: Sandbox, clock: ManualClock, mine: dict[str, Any]) -> None:
    call(made, "PUT", YOURS, NEW)
    ids = {name: mine["properties"][name] for name in ("principalId", "clientId")}
    found = assign(made, clock, type="UserAssigned", userAssignedIdentities={MINE: {}})
    assert found == {"type": "UserAssigned", "tenantId": TENANT_ID, "userAssignedIdentities": {MINE: ids}}
    found = assign(made, clock, type="SystemAssigned,UserAssigned", userAssignedIdentities={YOURS: {}})
    assert found
    assert (found["type"], list(found["userAssignedIdentities"])) == ("SystemAssigned,UserAssigned", [MINE, YOURS])
    found = assign(made, clock, type="SystemAssigned, UserAssigned", userAssignedIdentities={MINE.lower(): None})
    assert found
    assert list(found["userAssignedIdentities"]) == [YOURS]
    found = assign(made, clock, "PUT", type="UserAssigned", userAssignedIdentities={MINE: {}})
    assert found
    assert (list(found["userAssignedIdentities"]), "principalId" in found) == ([MINE], False)
    assert assign(made, clock, type="None") is None


def test_maps_that_make_no_sense(made: Sandbox, mine: dict[str, Any]) -> None:
    def refused(found: Any) -> tuple[int, str]:
        body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": found}}
        return error(call(made, "PATCH", TWINS, body))[:2]

    assert refused({}) == (400, "MissingIdentityIds")
    assert refused({MINE: None}) == (400, "MissingIdentityIds")
    assert refused({"mine": {}}) == (400, "LinkedInvalidPropertyId")
    assert refused({f"{MINE}2": {}}) == (400, "FailedIdentityOperation")
    assert refused([MINE]) == (400, "InvalidRequestContent")
    assert mine["id"].lower() == MINE.lower()


def test_who_may_assign(made: Sandbox, clock: ManualClock, mine: dict[str, Any]) -> None:
    body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {MINE: {}}}}
    stripped(made, "contributor")
    assigned(made, clock, CONTRIBUTOR, TWINS, "contributor")
    status, code, message = error(call(made, "PATCH", TWINS, body, persona="contributor"))
    assert (status, code) == (403, "LinkedAuthorizationFailed")
    assert f"assign/action' on the linked scope(s) '{MINE}' (respectively)" in message
    assert call(made, "GET", TWINS).json()["identity"]["type"] == "SystemAssigned"
    assigned(made, clock, MANAGED_IDENTITY_CONTRIBUTOR, MINE, "contributor")
    assert error(call(made, "PATCH", TWINS, body, persona="contributor"))[1] == "LinkedAuthorizationFailed"
    assigned(made, clock, MANAGED_IDENTITY_OPERATOR, mine["id"], "contributor")
    assert call(made, "PATCH", TWINS, body, persona="contributor").status_code == 202


def test_an_endpoint_works_under_it_as_long_as_it_is_assigned(
    made: Sandbox, clock: ManualClock, mine: dict[str, Any]
) -> None:
    assign(made, clock, type="SystemAssigned,UserAssigned", userAssignedIdentities={MINE: {}})
    path = f"{TWINS}/endpoints/my-hub"
    body = {
        "endpointType": "EventHub",
        "authenticationType": "IdentityBased",
        "endpointUri": "sb://x",
        "entityPath": "h",
        "identity": {"type": "UserAssigned", "userAssignedIdentity": mine["id"]},
    }
    assert call(made, "PUT", path, {"properties": body}).json()["properties"]["identity"] == body["identity"]
    clock.advance(WRITE_SECONDS)
    assign(made, clock, type="UserAssigned")
    assert call(made, "GET", path).json()["properties"]["provisioningState"] == "Succeeded"
    assign(made, clock, type="SystemAssigned")
    assert call(made, "GET", path).json()["properties"]["provisioningState"] == "Disabled"


def test_who_uses_it(made: Sandbox, clock: ManualClock, mine: dict[str, Any]) -> None:
    path = f"{MINE}/listAssociatedResources"
    assert call(made, "POST", path, api_version=PREVIEW).json() == {"totalCount": 0, "value": []}
    assign(made, clock, type="UserAssigned", userAssignedIdentities={mine["id"]: {}})
    answer = call(made, "POST", path, api_version=PREVIEW).json()
    assert answer["totalCount"] == 1
    assert (answer["value"][0]["id"], answer["value"][0]["resourceGroup"]) == (TWINS, "rg-twins")
    assert answer["value"][0]["subscriptionDisplayName"] == "Contoso Training"


def test_the_system_assigned_one_can_be_shown(made: Sandbox, clock: ManualClock) -> None:
    path = f"{TWINS}/providers/Microsoft.ManagedIdentity/identities/default"
    shown = call(made, "GET", path).json()
    assert shown["id"] == path
    assert shown["properties"]["principalId"] == call(made, "GET", TWINS).json()["identity"]["principalId"]
    assert re.fullmatch(r"[0-9a-f-]{36}", shown["properties"]["clientId"])
    assign(made, clock, type="None")
    assert error(call(made, "GET", path))[:2] == (404, "ResourceNotFound")
