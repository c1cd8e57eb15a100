"""A resource group as a template: exported by the SDK, compared by what-if, and deployed again."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from tests.azure import resources
from tests.sandbox.control_plane import GROUP, TWINS, call, error
from tests.sandbox.private_network import ENDPOINT, VNET, endpoint_body
from tests.sandbox.test_bicep_templates import changes, finished
from tests.sandbox.test_endpoints import BY_IDENTITY

PATH = f"{GROUP}/exportTemplate"
NAME = "digitalTwinsInstances_my_twins_name"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/robot"
LONG = 120


@pytest.fixture
def full(wired: Sandbox, clock: ManualClock) -> Sandbox:
    """A group with an instance, its endpoint, a network, a private endpoint and an identity."""
    for path, body in (
        (f"{TWINS}/endpoints/hub", {"properties": BY_IDENTITY}),
        (ENDPOINT, endpoint_body()),
        (IDENTITY, {"location": "westeurope", "tags": {"a": "b"}}),
    ):
        assert call(wired, "PUT", path, body).ok
        clock.advance(LONG)
    return wired


def exported(sandbox: Sandbox, *wanted: str, options: str = "IncludeParameterDefaultValue") -> dict[str, Any]:
    operations: Any = resources(sandbox).resource_groups
    body = {"resources": list(wanted) or ["*"], "options": options}
    result: dict[str, Any] = operations.begin_export_template("rg-twins", body).result().template
    return result


def test_the_form_is_azures(full: Sandbox) -> None:
    template = exported(full, TWINS, f"{TWINS}/endpoints/hub")
    assert template["parameters"] == {NAME: {"defaultValue": "my-twins", "type": "String"}}
    instance, endpoint = template["resources"]
    assert instance == {
        "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
        "apiVersion": "2023-01-31",
        "name": f"[parameters('{NAME}')]",
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {"publicNetworkAccess": "Enabled"},
    }
    assert endpoint["name"] == f"[concat(parameters('{NAME}'), '/hub')]"
    assert endpoint["dependsOn"] == [
        f"[resourceId('Microsoft.DigitalTwins/digitalTwinsInstances', parameters('{NAME}'))]"
    ]
    assert exported(full, TWINS, options="")["parameters"] == {NAME: {"type": "String"}}
    literal = exported(full, TWINS, options="SkipResourceNameParameterization")
    assert (literal["parameters"], literal["resources"][0]["name"]) == ({}, "my-twins")


def test_an_export_changes_nothing_and_makes_it_all_again(full: Sandbox, clock: ManualClock) -> None:
    template = exported(full)
    names = [resource["type"].rpartition("/")[2] for resource in template["resources"]]
    assert sorted(names) == [
        "digitalTwinsInstances",
        "endpoints",
        "privateEndpoints",
        "subnets",
        "userAssignedIdentities",
        "virtualNetworks",
    ]
    body = {"properties": {"mode": "Incremental", "template": template}}
    assert {each["changeType"] for each in changes(full, body).values()} == {"NoChange", "Ignore"}
    for path in (f"{TWINS}/endpoints/hub", ENDPOINT, TWINS, VNET, IDENTITY):
        assert call(full, "DELETE", path).ok
        clock.advance(LONG)
    assert call(full, "GET", f"{GROUP}/resources").json()["value"] == []
    found = finished(full, clock, body)
    assert found["provisioningState"] == "Succeeded", found
    assert exported(full) == template


def test_what_cannot_be_exported(made: Sandbox) -> None:
    assert error(call(made, "POST", PATH, {}))[:2] == (400, "InvalidRequestContent")
    assert error(call(made, "POST", PATH, {"resources": "*"}))[:2] == (400, "InvalidRequestContent")
    bicep = {"resources": ["*"], "outputFormat": "Bicep"}
    assert error(call(made, "POST", PATH, bicep))[:2] == (501, "SandboxNotSimulated")
    assert error(call(made, "POST", PATH, {"resources": ["*"]}, persona="reader"))[:2] == (403, "AuthorizationFailed")
