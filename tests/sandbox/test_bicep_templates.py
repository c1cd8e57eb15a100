"""Templates as Bicep writes them: symbolic names, modules, loops, references, and what-if of all that."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.world import persona

from .bicep_template import BICEP, HUB, HUB_SENDER, IDENTITY, MODULE
from .control_plane import ASSIGNMENTS, GROUP, SUBSCRIPTION, TWINS, call, error, follow

DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
MAIN = f"{GROUP}{DEPLOYMENTS}/main"
READERS = [persona("reader").id, persona("operator").id]


def body(template: dict[str, Any] = BICEP, **parameters: Any) -> dict[str, Any]:
    given = {"name": "my-twins", "readers": READERS, **parameters} if template is BICEP else parameters
    return {
        "properties": {
            "mode": "Incremental",
            "template": template,
            "parameters": {name: {"value": value} for name, value in given.items()},
        }
    }


def finished(sandbox: Sandbox, clock: ManualClock, wanted: dict[str, Any], path: str = MAIN) -> dict[str, Any]:
    """Deploy, let time pass until it's over, and return its properties."""
    begun = call(sandbox, "PUT", path, wanted)
    assert begun.status_code in (200, 201), begun.text
    for _ in range(20):
        clock.advance(20)
        found: dict[str, Any] = call(sandbox, "GET", path).json()["properties"]
        if found["provisioningState"] not in ("Accepted", "Running"):
            return found
    raise AssertionError("it never ends")


def changes(sandbox: Sandbox, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what would change, by the last two parts of the id."""
    answer = call(sandbox, "POST", f"{MAIN}/whatIf", wanted)
    assert answer.status_code == 200, answer.text
    return {"/".join(each["resourceId"].split("/")[-2:]): each for each in answer.json()["properties"]["changes"]}


def test_a_whole_set_up(ready: Sandbox, clock: ManualClock) -> None:
    found = finished(ready, clock, body())
    assert found["provisioningState"] == "Succeeded", found
    outputs = {name: each["value"] for name, each in found["outputs"].items()}
    assert outputs == {
        "host": "my-twins.api.weu.digitaltwins.azure.net",
        "hub": HUB,
        "who": "UserAssigned",
        "many": [0, 1, 2],
    }
    shown = call(ready, "GET", TWINS).json()
    assert list(shown["identity"]["userAssignedIdentities"]) == [IDENTITY]
    assert shown["tags"]["plant"] == "7" and len(shown["tags"]["suffix"]) == 5
    assert call(ready, "GET", f"{TWINS}/endpoints/hub").json()["properties"]["provisioningState"] == "Succeeded"
    principal = call(ready, "GET", IDENTITY).json()["properties"]["principalId"]
    held = call(ready, "GET", f"{HUB}{ASSIGNMENTS}", **{"$filter": f"principalId eq '{principal}'"}).json()["value"]
    assert [each["properties"]["roleDefinitionId"].rpartition("/")[2] for each in held] == [HUB_SENDER]
    given = call(ready, "GET", f"{TWINS}{ASSIGNMENTS}").text
    assert all(reader in given for reader in READERS)


def test_what_if_before_after_and_with_a_difference(ready: Sandbox, clock: ManualClock) -> None:
    before = changes(ready, body())
    assert {each["changeType"] for each in before.values()} == {"Create"}
    assert {"digitalTwinsInstances/my-twins", "endpoints/hub", "eventhubs/telemetry"} <= before.keys()
    assert call(ready, "GET", TWINS).status_code == 404
    finished(ready, clock, body())
    after = changes(ready, body())
    assert after.keys() == before.keys()
    assert {each["changeType"] for each in after.values()} == {"NoChange"}
    changed = changes(ready, body(tags={"team": "blue"}))["digitalTwinsInstances/my-twins"]
    assert changed["changeType"] == "Modify"
    assert {(each["path"], each["propertyChangeType"]) for each in changed["delta"]} == {
        ("tags.team", "Create"),
        ("tags.plant", "Delete"),
    }
    assert (changed["before"]["tags"]["plant"], changed["after"]["tags"]["team"]) == ("7", "blue")
    call(ready, "PUT", f"{GROUP}/providers/Microsoft.EventGrid/topics/other", {"location": "westeurope"})
    clock.advance(60)
    assert changes(ready, body())["topics/other"]["changeType"] == "Ignore"


def test_operations_and_the_template_of_a_deployment(ready: Sandbox, clock: ManualClock) -> None:
    call(ready, "PUT", MAIN, body())
    early = call(ready, "GET", f"{MAIN}/operations").json()["value"]
    assert {each["properties"]["provisioningState"] for each in early} <= {"Running", "Succeeded"}
    assert "endpoints" not in str(early)
    for _ in range(8):
        clock.advance(20)
        call(ready, "GET", MAIN)
    listed = call(ready, "GET", f"{MAIN}/operations").json()["value"]
    assert len(listed) == 7
    assert {each["properties"]["provisioningState"] for each in listed} == {"Succeeded"}
    assert call(ready, "GET", f"{MAIN}/operations/{listed[0]['operationId']}").json()["id"] == listed[0]["id"]
    older = MAIN.replace("/providers/Microsoft.Resources", "")
    assert len(call(ready, "GET", f"{older}/operations").json()["value"]) == 7
    assert call(ready, "GET", f"{older}/operations/{listed[0]['operationId']}").status_code == 200
    assert error(call(ready, "GET", f"{MAIN}/operations/none"))[:2] == (404, "DeploymentOperationNotFound")
    assert call(ready, "POST", f"{MAIN}/exportTemplate").json() == {"template": BICEP}
    inner = call(ready, "GET", f"{GROUP}{DEPLOYMENTS}").json()["value"]
    assert {each["name"] for each in inner} == {"main", "hubs"}


def test_cancel(ready: Sandbox, clock: ManualClock) -> None:
    begun = call(ready, "PUT", MAIN, body())
    assert call(ready, "POST", f"{MAIN}/cancel").status_code == 204
    clock.advance(300)
    assert call(ready, "GET", MAIN).json()["properties"]["provisioningState"] == "Canceled"
    assert call(ready, "GET", f"{TWINS}/endpoints/hub").status_code == 404
    assert error(call(ready, "POST", f"{MAIN}/cancel"))[:2] == (409, "DeploymentCannotBeCancelled")
    assert begun.headers["Azure-AsyncOperation"]


def test_a_failure_stops_what_depends_on_it(ready: Sandbox, clock: ManualClock) -> None:
    bad = {**BICEP, "resources": {**BICEP["resources"]}}
    bad["resources"]["sender"] = {
        **BICEP["resources"]["sender"],
        "properties": {**BICEP["resources"]["sender"]["properties"], "principalId": "no-guid"},
    }
    found = finished(ready, clock, body(bad, name="my-twins"))
    assert (found["provisioningState"], found["error"]["details"][0]["code"]) == ("Failed", "InvalidPrincipalId")
    assert call(ready, "GET", f"{TWINS}/endpoints/hub").status_code == 404


def test_an_unknown_function_in_a_module_is_refused_before_anything_is_made(ready: Sandbox) -> None:
    module = {**MODULE, "outputs": {"x": {"type": "string", "value": "[if(true(), 'a', loadFromMars('b'))]"}}}
    hubs = {
        **BICEP["resources"]["hubs"],
        "properties": {**BICEP["resources"]["hubs"]["properties"], "template": module},
    }
    status, code, message = error(
        call(ready, "PUT", MAIN, body({**BICEP, "resources": {**BICEP["resources"], "hubs": hubs}}, name="a"))
    )
    assert (status, code) == (501, "SandboxNotSimulated")
    assert "'loadFromMars'" in message
    assert call(ready, "GET", MAIN).status_code == 404


def test_a_circle(ready: Sandbox) -> None:
    def one(name: str, other: str) -> dict[str, Any]:
        return {
            "type": "Microsoft.EventGrid/topics",
            "apiVersion": "2022-06-15",
            "name": name,
            "location": "westeurope",
            "dependsOn": [other],
        }

    status, code, message = error(call(ready, "PUT", MAIN, body({"resources": [one("aaa", "bbb"), one("bbb", "aaa")]})))
    assert (status, code) == (400, "InvalidTemplate") and "Circular dependency" in message


def test_a_deployment_of_a_subscription(sandbox: Sandbox, ready: Sandbox, clock: ManualClock) -> None:
    inner = {
        "resources": [
            {
                "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
                "apiVersion": "2023-01-31",
                "name": "other-twins",
                "location": "[resourceGroup().location]",
            }
        ]
    }
    template = {
        "parameters": {"group": {"type": "string", "defaultValue": "rg-new"}},
        "resources": [
            {
                "type": "Microsoft.Resources/resourceGroups",
                "apiVersion": "2022-09-01",
                "name": "[parameters('group')]",
                "location": "[deployment().location]",
            },
            {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": "2022-09-01",
                "name": "inside",
                "resourceGroup": "[parameters('group')]",
                "properties": {
                    "expressionEvaluationOptions": {"scope": "inner"},
                    "mode": "Incremental",
                    "template": inner,
                },
                "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('group'))]"],
            },
        ],
    }
    path = f"{SUBSCRIPTION}{DEPLOYMENTS}/wide"
    assert error(call(ready, "PUT", path, body(template)))[:2] == (400, "LocationRequired")
    checked = call(ready, "POST", f"{path}/whatIf", body(template) | {"location": "westeurope"}).json()
    assert "properties" in checked, checked
    kinds = [each["changeType"] for each in checked["properties"]["changes"]]
    assert kinds == ["Create", "Create"]
    found = finished(ready, clock, body(template) | {"location": "westeurope"}, path)
    assert found["provisioningState"] == "Succeeded", found
    twins = TWINS.replace("rg-twins", "rg-new").replace("my-twins", "other-twins")
    assert call(ready, "GET", twins).json()["location"] == "westeurope"
    done = call(ready, "GET", f"{path}/operations").json()["value"]
    assert len(done) == 2
    assert call(ready, "GET", f"{path}/operations/{done[0]['operationId']}").json() == done[0] | {
        "properties": call(ready, "GET", f"{path}/operations/{done[0]['operationId']}").json()["properties"]
    }
    assert call(ready, "POST", f"{path}/exportTemplate").json() == {"template": template}
    [listed] = call(ready, "GET", f"{SUBSCRIPTION}{DEPLOYMENTS}").json()["value"]
    assert (listed["id"], listed["location"]) == (path, "westeurope")
    assert call(ready, "POST", f"{path}/validate", body(template) | {"location": "westeurope"}).status_code == 200
    again = call(ready, "PUT", path, body(template) | {"location": "westeurope"})
    assert follow(ready, again.headers["Azure-AsyncOperation"]).json()["status"] == "Running"
    assert call(ready, "POST", f"{path}/cancel").status_code == 204
    assert call(ready, "DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("if(equals(1, 1), 'yes', reference('nothing').x)", "yes"),
        ("toUpper(substring('digital', 0, 3))", "DIG"),
        ("join(map(range(1, 3), lambda('n', string(mul(lambdaVariables('n'), 2)))), '-')", "2-4-6"),
        ("string(filter(createArray(1, 2, 3), lambda('n', greater(lambdaVariables('n'), 1))))", "[2,3]"),
        (
            "string(sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b')))))",
            "[1,2,3]",
        ),
        ("coalesce(tryGet(createObject('a', 'b'), 'c'), 'none')", "none"),
        ("string(union(createArray(1, 2), createArray(2, 3)))", "[1,2,3]"),
        ("string(items(createObject('b', 1, 'a', 2))[0].value)", "2"),
        ("base64ToString(base64('twins'))", "twins"),
        ("string(contains(createArray('a'), 'a'))", "True"),
        ("padLeft('7', 3, '0')", "007"),
        ("last(split('a/b/c', '/'))", "c"),
        ("cidrSubnet('10.20.0.0/16', 24, 1)", "10.20.1.0/24"),
        ("replace(format('{0:N0}', 'x'), 'x', 'y')", "y"),
        ("string(intersection(createArray(1, 2), createArray(2)))", "[2]"),
        ("string(empty(skip('ab', 2)))", "True"),
        ("string(length(uniqueString('x')))", "13"),
        ("own.shout('hey')", "HEY!"),
        ("environment().suffixes.storage", "core.windows.net"),
    ],
)
def test_functions(ready: Sandbox, clock: ManualClock, expression: str, value: str) -> None:
    template = {
        "functions": [
            {
                "namespace": "own",
                "members": {
                    "shout": {
                        "parameters": [{"name": "word", "type": "string"}],
                        "output": {"type": "string", "value": "[concat(toUpper(parameters('word')), '!')]"},
                    }
                },
            }
        ],
        "resources": [],
        "outputs": {"found": {"type": "string", "value": f"[{expression}]"}},
    }
    assert finished(ready, clock, body(template))["outputs"]["found"]["value"] == value
