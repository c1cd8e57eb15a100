"""Policies that deny a write."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox

from .control_plane import GROUP, NEW, SUBSCRIPTION, TWINS, call, error

AUTHORIZATION = "/providers/Microsoft.Authorization"
BUILT_IN = f"{AUTHORIZATION}/policyDefinitions"
LOCATIONS = f"{BUILT_IN}/e56962a6-4747-49cd-b67b-bf8b01975c4c"
VERSION = {"api-version": "2023-04-01"}


def assign(sandbox: Sandbox, scope: str, definition: str, name: str = "rule", **more: Any) -> Any:
    parameters = {key: {"value": value} for key, value in more.pop("parameters", {}).items()}
    body = {"properties": {"policyDefinitionId": definition, "parameters": parameters, **more}}
    return call(sandbox, "PUT", f"{scope}{AUTHORIZATION}/policyAssignments/{name}", body, **VERSION)


def test_allowed_locations(ready: Sandbox, clock: ManualClock) -> None:
    made = assign(ready, SUBSCRIPTION, LOCATIONS, parameters={"listOfAllowedLocations": ["northeurope"]})
    assert (made.status_code, made.json()["properties"]["scope"]) == (201, SUBSCRIPTION)
    refused = call(ready, "PUT", TWINS, NEW)
    status, code, message = error(refused)
    assert (status, code) == (403, "RequestDisallowedByPolicy")
    assert message.startswith("Resource 'my-twins' was disallowed by policy. Policy identifiers: '[{")
    [violation] = refused.json()["error"]["additionalInfo"]
    assert violation["type"] == "PolicyViolation"
    assert violation["info"]["policyAssignmentScope"] == SUBSCRIPTION
    assert call(ready, "PUT", TWINS, {"location": "northeurope"}).status_code == 201
    path = f"{SUBSCRIPTION}{AUTHORIZATION}/policyAssignments/rule"
    assert [call(ready, "DELETE", path, **VERSION).status_code for _ in range(2)] == [200, 204]
    assert call(ready, "PUT", TWINS.replace("my-twins", "other"), NEW).status_code == 201


@pytest.mark.parametrize(
    ("definition", "parameters", "body"),
    [
        (
            "6c112d4e-5bc7-47ae-a041-ea2d9dccd749",
            {"listOfResourceTypesNotAllowed": ["Microsoft.DigitalTwins/digitalTwinsInstances"]},
            NEW,
        ),
        ("871b6d14-10aa-478d-b590-94f262ecfa99", {"tagName": "cost"}, {**NEW, "tags": {"Cos": "1"}}),
    ],
)
def test_other_built_in_policies(ready: Sandbox, definition: str, parameters: Any, body: Any) -> None:
    assign(ready, GROUP, f"{BUILT_IN}/{definition}", parameters=parameters)
    assert error(call(ready, "PUT", TWINS, body))[:2] == (403, "RequestDisallowedByPolicy")
    if "tagName" in parameters:
        assert call(ready, "PUT", TWINS, {**NEW, "tags": {"COST": "1"}}).status_code == 201


def test_a_policy_of_ones_own(ready: Sandbox, clock: ManualClock) -> None:
    path = f"{SUBSCRIPTION}{AUTHORIZATION}/policyDefinitions/private-only"
    kind = "Microsoft.DigitalTwins/digitalTwinsInstances"
    rule = {
        "if": {
            "allOf": [
                {"field": "type", "equals": kind},
                {"not": {"field": f"{kind}/publicNetworkAccess", "equals": "Disabled"}},
            ]
        },
        "then": {"effect": "[parameters('effect')]"},
    }
    parameters = {"effect": {"type": "String", "defaultValue": "Deny"}}
    assert error(call(ready, "PUT", path, {"properties": {}}, **VERSION))[1] == "InvalidPolicyRule"
    body = {"properties": {"policyRule": rule, "parameters": parameters, "displayName": "Private only"}}
    assert call(ready, "PUT", path, body, **VERSION).status_code == 201
    assert call(ready, "GET", path, **VERSION).json()["properties"]["policyType"] == "Custom"
    assign(ready, GROUP, path, nonComplianceMessages=[{"message": "Ask Rita"}])
    assert "Reasons: 'Ask Rita'" in error(call(ready, "PUT", TWINS, NEW))[2]
    private = {**NEW, "properties": {"publicNetworkAccess": "Disabled"}}
    assert call(ready, "PUT", TWINS, private).status_code == 201
    assert error(call(ready, "DELETE", path, **VERSION))[1] == "PolicyDefinitionInUse"
    assign(ready, GROUP, path, parameters={"effect": "Audit"})
    assert call(ready, "PUT", TWINS.replace("my-twins", "other"), NEW).status_code == 201
    assign(ready, GROUP, path, enforcementMode="DoNotEnforce")
    assert call(ready, "PUT", TWINS.replace("my-twins", "third"), NEW).status_code == 201


def test_policies_are_listed_and_shown(ready: Sandbox) -> None:
    assign(ready, SUBSCRIPTION, LOCATIONS, parameters={"listOfAllowedLocations": ["westeurope"]})
    many = f"{GROUP}{AUTHORIZATION}/policyAssignments"
    assert [each["name"] for each in call(ready, "GET", many, **VERSION).json()["value"]] == ["rule"]
    one = f"{SUBSCRIPTION}{AUTHORIZATION}/policyAssignments/rule"
    assert call(ready, "GET", one, **VERSION).json()["properties"]["policyDefinitionId"] == LOCATIONS
    assert error(call(ready, "GET", f"{many}/none", **VERSION))[:2] == (404, "PolicyAssignmentNotFound")
    for path in (BUILT_IN, f"{SUBSCRIPTION}{BUILT_IN}"):
        assert len(call(ready, "GET", path, **VERSION).json()["value"]) == 3
    assert call(ready, "GET", LOCATIONS, **VERSION).json()["properties"]["displayName"] == "Allowed locations"
    missing = f"{SUBSCRIPTION}{BUILT_IN}/none"
    assert error(call(ready, "GET", missing, **VERSION))[:2] == (404, "PolicyDefinitionNotFound")
    assert error(assign(ready, GROUP, missing))[:2] == (404, "PolicyDefinitionNotFound")
    assert [call(ready, "DELETE", missing, **VERSION).status_code] == [204]


def test_a_deployment_is_refused_before_anything_is_made(ready: Sandbox) -> None:
    assign(ready, GROUP, LOCATIONS, parameters={"listOfAllowedLocations": ["northeurope"]})
    kind = "Microsoft.DigitalTwins/digitalTwinsInstances"
    wanted = {"type": kind, "apiVersion": "2023-01-31", "name": "my-twins", "location": "westeurope"}
    body = {"properties": {"mode": "Incremental", "template": {"resources": [wanted]}}}
    answer = call(ready, "PUT", f"{GROUP}/providers/Microsoft.Resources/deployments/main", body)
    assert answer.json()["error"]["details"][0]["code"] == "RequestDisallowedByPolicy"
