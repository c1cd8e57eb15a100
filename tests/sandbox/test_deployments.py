"""Template deployments: the recorded one, the portal's, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.deployments.service import EXTRA_SECONDS
from runbook_lib.sandbox.arm.digital_twins.lifecycle import CREATE_SECONDS
from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import OTHER_CUSTOMERS_INSTANCE, persona

from ..azure import http
from .control_plane import ARM, ASSIGNMENTS, GROUP, SUBSCRIPTION, TWINS, call, error, follow

DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/my-deployment"
TWINS_TYPE = "Microsoft.DigitalTwins/digitalTwinsInstances"
INSTANCE = {
    "type": TWINS_TYPE,
    "apiVersion": "2023-01-31",
    "name": "[parameters('name')]",
    "location": "[resourceGroup().location]",
}
ROLE = {
    "type": "Microsoft.Authorization/roleAssignments",
    "apiVersion": "2022-04-01",
    "name": "[guid(resourceGroup().id, variables('role'))]",
    "scope": "[concat('Microsoft.DigitalTwins/digitalTwinsInstances/', parameters('name'))]",
    "dependsOn": ["[resourceId('Microsoft.DigitalTwins/digitalTwinsInstances', parameters('name'))]"],
    "properties": {
        "roleDefinitionId": "[concat(subscription().id, '/providers/Microsoft.Authorization/roleDefinitions/', "
        "variables('role'))]",
        "principalId": persona("reader").id,
    },
}


def template(*found: Any, **parts: Any) -> dict[str, Any]:
    return {
        "properties": {
            "mode": "Incremental",
            "parameters": parts.pop("given", {"name": {"value": "my-twins"}}),
            "template": {
                "parameters": {"name": {"type": "string"}},
                "variables": {"role": DATA_OWNER},
                "resources": list(found) or [INSTANCE],
                **parts,
            },
        }
    }


def finished(sandbox: Sandbox, clock: ManualClock, body: dict[str, Any]) -> dict[str, Any]:
    """Deploy, let the time pass, and return the deployment."""
    begun = call(sandbox, "PUT", DEPLOYMENT, body)
    assert begun.status_code == 201, begun.text
    clock.advance(CREATE_SECONDS + EXTRA_SECONDS)
    status = follow(sandbox, begun.headers["Azure-AsyncOperation"]).json()["status"]
    found: dict[str, Any] = call(sandbox, "GET", DEPLOYMENT).json()
    assert found["properties"]["provisioningState"] == status
    return found


def test_the_recorded_run(ready: Sandbox, clock: ManualClock) -> None:
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of the recordings")
    file = Path(folder) / "recordings/controlplane-privateendpoint-digitaltwins.json"
    recorded = json.loads(file.read_text("utf-8"))["interactions"][:5]
    session = http(ready, "owner")
    waiting = ""
    for each in recorded:
        request, response = each["request"], each["response"]
        if waiting and "operationStatuses" in request["uri"]:
            clock.advance(0 if response["body"] == {"status": "Running"} else CREATE_SECONDS + EXTRA_SECONDS)
            assert session.get(waiting).json() == response["body"]
            continue
        path = DEPLOYMENT + ("/validate" if request["method"] == "POST" else "")
        answer = session.request(request["method"], f"{ARM}{path}?api-version=2020-10-01", data=request["body"])
        assert answer.status_code == response["status"], answer.text
        waiting = answer.headers.get("Azure-AsyncOperation", waiting)
        assert answer.json()["properties"].keys() == response["body"]["properties"].keys()
        for name in ("parameters", "mode", "provisioningState", "providers", "dependencies"):
            assert answer.json()["properties"][name] == response["body"]["properties"][name]


def test_what_the_portal_deploys(ready: Sandbox, clock: ManualClock) -> None:
    outputs = {"twins": {"type": "string", "value": f"[resourceId('{TWINS_TYPE}', parameters('name'))]"}}
    found = finished(ready, clock, template(ROLE, INSTANCE, outputs=outputs))["properties"]
    assert found["provisioningState"] == "Succeeded"
    assert found["duration"] == f"PT{CREATE_SECONDS + EXTRA_SECONDS}S"
    assert found["outputs"] == {"twins": {"type": "String", "value": TWINS}}
    assert found["outputResources"][0] == {"id": TWINS}
    assert call(ready, "GET", TWINS).json()["properties"]["provisioningState"] == "Succeeded"
    given = call(ready, "GET", f"{TWINS}{ASSIGNMENTS}", **{"$filter": f"principalId eq '{persona('reader').id}'"})
    assert DATA_OWNER in given.text


def test_deployments_are_listed_and_forgotten(ready: Sandbox, clock: ManualClock) -> None:
    body = template(INSTANCE | {"location": "eastus"})
    found = finished(ready, clock, body)
    listed = call(ready, "GET", DEPLOYMENT.rpartition("/")[0]).json()["value"]
    assert [each["id"] for each in listed] == [found["id"]] == [DEPLOYMENT]
    assert call(ready, "DELETE", DEPLOYMENT).status_code == 204
    assert error(call(ready, "GET", DEPLOYMENT))[:2] == (404, "DeploymentNotFound")
    assert call(ready, "GET", TWINS).status_code == 200


def test_a_second_one_while_the_first_goes_on(ready: Sandbox, clock: ManualClock) -> None:
    call(ready, "PUT", DEPLOYMENT, template())
    status, code, message = error(call(ready, "PUT", DEPLOYMENT, template()))
    assert (status, code) == (409, "DeploymentActive")
    assert message.startswith("Unable to edit or replace deployment 'my-deployment': previous deployment from '")
    clock.advance(CREATE_SECONDS + EXTRA_SECONDS)
    assert call(ready, "PUT", DEPLOYMENT, template()).status_code == 200


def test_what_the_gateway_refuses_is_found_before_anything_is_made(ready: Sandbox) -> None:
    for path in (f"{DEPLOYMENT}/validate", DEPLOYMENT):
        method = "POST" if path.endswith("validate") else "PUT"
        answer = call(ready, method, path, template(ROLE, INSTANCE), persona="contributor")
        status, code, message = error(answer)
        assert (status, code) == (400, "InvalidTemplateDeployment")
        assert message.startswith("The template deployment 'my-deployment' is not valid according to the validation")
        assert [each["code"] for each in answer.json()["error"]["details"]] == ["AuthorizationFailed"]
    assert call(ready, "GET", TWINS).status_code == 404
    answer = call(ready, "PUT", DEPLOYMENT, template(INSTANCE | {"location": "westus"}))
    assert answer.json()["error"]["details"][0]["code"] == "LocationNotAvailableForResourceType"


def test_what_the_provider_refuses_makes_the_deployment_fail(ready: Sandbox, clock: ManualClock) -> None:
    found = finished(ready, clock, template(given={"name": {"value": OTHER_CUSTOMERS_INSTANCE}}))["properties"]
    assert (found["provisioningState"], found["error"]["code"]) == ("Failed", "DeploymentFailed")
    assert "already exists in region 'westeurope'" in found["error"]["details"][0]["message"]
    assert "outputResources" not in found


def test_a_resource_that_fails_makes_the_deployment_fail(ready: Sandbox, clock: ManualClock) -> None:
    fault = Fault(Effect.FAILED, provider="Microsoft.Resources", times=1)
    ready.cloud.faults.add(fault)
    found = finished(ready, clock, template())["properties"]
    assert (found["provisioningState"], found["error"]["code"]) == ("Failed", "DeploymentFailed")
    assert found["error"]["details"][0]["code"] == "ResourceDeploymentFailure"


def test_values_and_expressions(ready: Sandbox, clock: ManualClock) -> None:
    outputs = {
        "text": {"type": "string", "value": "[format('{0}-{1}', toUpper('a'), toLower(parameters('Name')))]"},
        "item": {"type": "string", "value": "[parameters('list')[1]]"},
        "list": {"type": "array", "value": "[concat(parameters('list'), parameters('list'))]"},
        "plain": {"type": "string", "value": "[[it''s]"},
    }
    declared = {
        "name": {"type": "string", "allowedValues": ["My-Twins"]},
        "list": {"type": "array", "defaultValue": ["x", "y"]},
        "key": {"type": "secureString", "defaultValue": "hidden"},
    }
    body = template(parameters=declared, outputs=outputs, given={"name": {"value": "My-Twins"}})
    found = finished(ready, clock, body)["properties"]
    assert {name: each["value"] for name, each in found["outputs"].items()} == {
        "text": "A-my-twins",
        "item": "y",
        "list": ["x", "y", "x", "y"],
        "plain": "[it''s]",
    }
    assert found["parameters"]["key"] == {"type": "SecureString"}
    assert "hidden" not in json.dumps(found)


def test_a_condition_that_is_false_makes_nothing(ready: Sandbox, clock: ManualClock) -> None:
    never = INSTANCE | {"name": "never-there", "condition": False}
    also = INSTANCE | {"name": "nor-this", "condition": "[parameters('wanted')]"}
    there = INSTANCE | {"condition": "[not(parameters('wanted'))]"}
    declared = {"name": {"type": "string"}, "wanted": {"type": "bool", "defaultValue": False}}
    found = finished(ready, clock, template(never, also, there, parameters=declared))["properties"]
    assert found["outputResources"] == [{"id": TWINS}]
    for name in ("never-there", "nor-this"):
        assert call(ready, "GET", TWINS.replace("my-twins", name)).status_code == 404
    body = template(INSTANCE | {"condition": "perhaps"})
    assert error(call(ready, "PUT", f"{DEPLOYMENT}2", body))[:2] == (400, "InvalidTemplate")


def test_an_expression_as_a_key(ready: Sandbox, clock: ManualClock) -> None:
    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/helper"
    assert call(ready, "PUT", path, {"location": "westeurope"}).status_code == 201
    key = "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('identity'))]"
    identity = {"type": "UserAssigned", "userAssignedIdentities": {key: {}}}
    declared = {"name": {"type": "string"}, "identity": {"type": "string", "defaultValue": "helper"}}
    found = finished(ready, clock, template(INSTANCE | {"identity": identity}, parameters=declared))
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert list(call(ready, "GET", TWINS).json()["identity"]["userAssignedIdentities"]) == [path]


def test_defaults_that_are_expressions_or_null(ready: Sandbox, clock: ManualClock) -> None:
    declared = {
        "name": {"type": "string"},
        "place": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "same": {"type": "string", "defaultValue": "[parameters('place')]"},
        "nothing": {"type": "string", "defaultValue": None},
        "nullable": {"type": "object", "nullable": True},
    }
    body = template(INSTANCE | {"location": "[parameters('same')]"}, parameters=declared)
    shown = finished(ready, clock, body)["properties"]["parameters"]
    assert shown["same"] == {"type": "String", "value": "westeurope"}
    assert (shown["nothing"], shown["nullable"]) == ({"type": "String"}, {"type": "Object"})
    assert call(ready, "GET", TWINS).json()["location"] == "westeurope"


def test_neighbours_nested_in_each_other(ready: Sandbox, clock: ManualClock) -> None:
    bus = {
        "type": "Microsoft.EventHub/namespaces",
        "apiVersion": "2024-01-01",
        "name": "twins-bus",
        "location": "eastus",
    }
    hub = {"type": "Microsoft.EventHub/namespaces/eventhubs", "apiVersion": "2024-01-01", "name": "twins-bus/hub"}
    assert finished(ready, clock, template(hub, bus))["properties"]["provisioningState"] == "Succeeded"
    path = f"{GROUP}/providers/Microsoft.EventHub/namespaces/twins-bus/eventhubs/hub"
    assert call(ready, "GET", path).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        template(INSTANCE | {"tags": {"a": "[pickZones('a', 'b')]"}}),
        template(INSTANCE, outputs={"a": {"type": "string", "value": "[toLower(telepathy('x'))]"}}),
        {"properties": {"templateLink": {"uri": "https://example.org/t.json"}, "mode": "Incremental"}},
        {"properties": {**template()["properties"], "mode": "Complete"}},
    ],
)
def test_what_is_beyond_the_sandbox_says_so(ready: Sandbox, body: dict[str, Any]) -> None:
    assert error(call(ready, "PUT", DEPLOYMENT, body))[:2] == (501, "SandboxNotSimulated")


@pytest.mark.parametrize(
    "body",
    [
        template(given={}),
        template(given={"name": {"value": 1}}),
        template(given={"name": {"value": "x"}, "other": {"value": "y"}}),
        template(INSTANCE | {"name": "[parameters('missing')]"}),
        template(INSTANCE | {"name": "[concat('a']"}),
        template(INSTANCE | {"name": "a/b"}),
        template({"name": "x"}),
    ],
)
def test_templates_that_are_none(ready: Sandbox, body: dict[str, Any]) -> None:
    assert error(call(ready, "PUT", DEPLOYMENT, body))[:2] == (400, "InvalidTemplate")
    assert call(ready, "GET", DEPLOYMENT).status_code == 404


def test_bodies_and_names_that_are_none(ready: Sandbox) -> None:
    session = http(ready, "owner")
    for data in (b"", b"[]", b"{template:"):
        answer = session.put(f"{ARM}{DEPLOYMENT}?api-version=2022-09-01", data=data)
        assert error(answer)[:2] == (400, "InvalidRequestContent")
    assert error(call(ready, "PUT", f"{DEPLOYMENT}{'x' * 64}", template()))[:2] == (400, "InvalidResourceName")
    assert error(call(ready, "PUT", DEPLOYMENT, template(), persona="reader"))[:2] == (403, "AuthorizationFailed")
    assert SUBSCRIPTION in DEPLOYMENT
