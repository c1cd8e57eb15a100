"""Endpoints of an instance: how they are made, shown and deleted, and what becomes of them without an identity."""

from __future__ import annotations

import re
from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.digital_twins.endpoints import DELETE_SECONDS, MAXIMUM, WRITE_SECONDS
from runbook_lib.sandbox.arm.digital_twins.lifecycle import UPDATE_SECONDS
from runbook_lib.sandbox.world import persona

from ..azure import management
from .control_plane import GROUP, NEW, TWINS, call, error, follow, instance

HUB = f"{TWINS}/endpoints/my-hub"
SECRET = "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0;EntityPath=hub"
MASKED = "Endpoint=sb://***/;SharedAccessKeyName=***;SharedAccessKey=***;EntityPath=***"
BY_KEY = {"endpointType": "EventHub", "connectionStringPrimaryKey": SECRET}
BY_IDENTITY = {
    "endpointType": "EventHub",
    "authenticationType": "IdentityBased",
    "endpointUri": "sb://bus.servicebus.windows.net",
    "entityPath": "hub",
}


def made_endpoint(sandbox: Sandbox, clock: ManualClock, path: str = HUB, **properties: Any) -> dict[str, Any]:
    answer = call(sandbox, "PUT", path, {"properties": properties or BY_KEY})
    assert answer.status_code == 201, answer.text
    clock.advance(WRITE_SECONDS)
    shown: dict[str, Any] = call(sandbox, "GET", path).json()
    assert shown["properties"]["provisioningState"] == "Succeeded"
    return shown


def refusal(sandbox: Sandbox, properties: Any, path: str = HUB) -> str:
    status, code, message = error(call(sandbox, "PUT", path, {"properties": properties}))
    assert (status, code) == (400, "BadRequest")
    return message


# ---- life cycle ------------------------------------------------------------------------------------------------------


def test_creation_and_its_first_answer(made: Sandbox, clock: ManualClock) -> None:
    answer = call(made, "PUT", HUB, {"properties": BY_KEY})
    assert answer.status_code == 201
    body = answer.json()
    created = body["properties"].pop("createdTime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", created)
    assert body["properties"] == {
        "authenticationType": "KeyBased",
        "endpointType": "EventHub",
        "connectionStringPrimaryKey": MASKED,
        "provisioningState": "Provisioning",
    }
    assert (body["id"], body["name"]) == (HUB, "my-hub")
    assert body["type"] == "Microsoft.DigitalTwins/digitalTwinsInstances/endpoints"
    assert body["systemData"]["createdBy"] == persona("owner").user_principal_name
    assert answer.headers["Retry-After"] == "10"
    watched, result = answer.headers["Azure-AsyncOperation"], answer.headers["Location"]
    assert "/locations/westeurope/operationsStatuses/" in watched
    assert (follow(made, watched).json()["status"], follow(made, result).status_code) == ("Running", 201)
    clock.advance(WRITE_SECONDS)
    assert follow(made, watched).json()["status"] == "Succeeded"
    assert (follow(made, result).status_code, follow(made, result).json()["id"]) == (200, HUB)


def test_deletion_as_recorded(made: Sandbox, clock: ManualClock) -> None:
    made_endpoint(made, clock)
    begun = call(made, "DELETE", HUB)
    assert (begun.status_code, begun.json()["properties"]["provisioningState"]) == (202, "Deleting")
    assert begun.json()["systemData"] is None  # recorded in 2023
    again = call(made, "DELETE", HUB)
    assert again.headers["Azure-AsyncOperation"] == begun.headers["Azure-AsyncOperation"]
    assert error(call(made, "PUT", HUB, {"properties": BY_KEY}))[:2] == (409, "AnotherOperationInProgress")
    clock.advance(DELETE_SECONDS)
    assert follow(made, begun.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert follow(made, begun.headers["Location"]).status_code == 204
    assert error(call(made, "GET", HUB))[:2] == (404, "ResourceNotFound")
    assert call(made, "DELETE", HUB).status_code == 204


def test_the_sdk_makes_lists_and_deletes_all_three_types(made: Sandbox, clock: ManualClock) -> None:
    client: Any = management(made).digital_twins_endpoint
    given = {
        "hub": dict(BY_KEY),  # the SDK takes it apart
        "bus": {"endpointType": "ServiceBus", "primaryConnectionString": SECRET, "deadLetterSecret": "s3cret"},
        "grid": {"endpointType": "EventGrid", "TopicEndpoint": "https://t.eventgrid.azure.net/api", "accessKey1": "k"},
    }
    for name, properties in given.items():
        poller = client.begin_create_or_update("rg-twins", "my-twins", name, {"properties": properties})
        clock.advance(WRITE_SECONDS)
        assert poller.result().properties.provisioning_state == "Succeeded"
    found = {endpoint.name: endpoint.properties for endpoint in client.list("rg-twins", "my-twins")}
    assert found["hub"].connection_string_primary_key == MASKED
    assert (found["bus"].primary_connection_string, found["bus"].dead_letter_secret) == (MASKED, "***")
    assert (found["grid"].access_key1, found["grid"].topic_endpoint) == ("***", "https://t.eventgrid.azure.net/api")
    poller = client.begin_delete("rg-twins", "my-twins", "bus")
    clock.advance(DELETE_SECONDS)
    poller.wait()
    assert [endpoint.name for endpoint in client.list("rg-twins", "my-twins")] == ["grid", "hub"]


def test_no_secret_lies_in_the_store(made: Sandbox, clock: ManualClock) -> None:
    made_endpoint(made, clock)
    stored = made.cloud.store.get("resource", HUB)
    assert "c2VjcmV0" not in str(stored)


def test_the_same_put_again_changes_nothing(made: Sandbox, clock: ManualClock) -> None:
    before = made_endpoint(made, clock)
    again = call(made, "PUT", HUB, {"properties": BY_KEY})
    assert (again.status_code, again.json()) == (200, before)
    assert "Azure-AsyncOperation" not in again.headers


def test_another_secret_is_a_change_and_another_authentication_is_refused(made: Sandbox, clock: ManualClock) -> None:
    before = made_endpoint(made, clock)
    other = SECRET.replace("c2VjcmV0", "b3RoZXI=")
    answer = call(made, "PUT", HUB, {"properties": {**BY_KEY, "connectionStringPrimaryKey": other}})
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (200, "Updating")
    assert answer.json()["properties"]["createdTime"] == before["properties"]["createdTime"]
    clock.advance(WRITE_SECONDS)
    assert follow(made, answer.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert "authenticationType" in refusal(made, BY_IDENTITY)


# ---- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ab", "123", "-hub", "hub-", "hub_1", "x" * 51])
def test_names_that_break_the_rule(made: Sandbox, name: str) -> None:
    assert f"endpoint name '{name}' is invalid" in refusal(made, BY_KEY, f"{TWINS}/endpoints/{name}")


def test_bodies_that_are_refused(made: Sandbox) -> None:
    assert "endpointType" in refusal(made, {"endpointType": "IotHub"})
    assert "authenticationType" in refusal(made, {**BY_KEY, "authenticationType": "Password"})
    assert "connectionStringPrimaryKey" in refusal(made, {"endpointType": "EventHub"})
    no_entity = SECRET.partition(";EntityPath")[0]
    assert "'EntityPath'" in refusal(made, {**BY_KEY, "connectionStringPrimaryKey": no_entity})
    assert "sb://" in refusal(made, {**BY_IDENTITY, "endpointUri": "https://bus.servicebus.windows.net"})
    assert "entityPath" in refusal(made, {**BY_IDENTITY, "entityPath": ""})
    grid = {"endpointType": "EventGrid", "authenticationType": "IdentityBased", "TopicEndpoint": "https://t"}
    assert "EventGrid" in refusal(made, grid)
    assert "accessKey1" in refusal(made, {"endpointType": "EventGrid", "TopicEndpoint": "https://t"})
    assert error(call(made, "PUT", HUB, {}))[:2] == (400, "InvalidRequestContent")


def test_one_endpoint_too_many(made: Sandbox, clock: ManualClock) -> None:
    for number in range(MAXIMUM):
        call(made, "PUT", f"{HUB}{number}", {"properties": BY_KEY})
    clock.advance(WRITE_SECONDS)
    assert "has '6' endpoints" in refusal(made, BY_KEY)
    assert call(made, "PUT", f"{HUB}0", {"properties": BY_KEY}).status_code == 200


def test_without_an_instance(ready: Sandbox) -> None:
    message = "Can not perform requested operation on nested resource. Parent resource 'my-twins' not found."
    for method, path in (("PUT", HUB), ("GET", HUB), ("GET", f"{TWINS}/endpoints"), ("DELETE", HUB)):
        assert error(call(ready, method, path, {"properties": BY_KEY})) == (404, "ParentResourceNotFound", message)


def test_while_the_instance_is_made(ready: Sandbox) -> None:
    call(ready, "PUT", TWINS, NEW)
    assert error(call(ready, "PUT", HUB, {"properties": BY_KEY}))[:2] == (409, "AnotherOperationInProgress")


def test_who_may_do_what(made: Sandbox, clock: ManualClock) -> None:
    made_endpoint(made, clock)
    assert call(made, "GET", HUB, persona="reader").status_code == 200
    for method, action in (("PUT", "write"), ("DELETE", "delete")):
        _, code, message = error(call(made, method, HUB, {"properties": BY_KEY}, persona="reader"))
        assert code == "AuthorizationFailed"
        assert f"'Microsoft.DigitalTwins/digitalTwinsInstances/endpoints/{action}' over scope '{HUB}'" in message


def test_they_go_with_their_instance(made: Sandbox, clock: ManualClock) -> None:
    made_endpoint(made, clock)
    call(made, "DELETE", TWINS)
    clock.advance(60)
    instance(made, clock)
    assert call(made, "GET", f"{TWINS}/endpoints").json() == {"value": []}


# ---- identities ------------------------------------------------------------------------------------------------------


def test_the_service_takes_a_hub_that_does_not_exist(made: Sandbox, clock: ManualClock) -> None:
    shown = made_endpoint(made, clock, **BY_IDENTITY)
    assert {k: shown["properties"][k] for k in BY_IDENTITY} == BY_IDENTITY


def test_an_endpoint_needs_the_identity_that_it_uses(ready: Sandbox, clock: ManualClock) -> None:
    instance(ready, clock)
    assert "managed identity is not enabled" in refusal(ready, BY_IDENTITY)
    someone = {"type": "UserAssigned", "userAssignedIdentity": f"{GROUP}/providers/x/y/z"}
    assert "managed identity is not enabled" in refusal(ready, {**BY_IDENTITY, "identity": someone})
    assert "'SystemAssigned' or 'UserAssigned'" in refusal(ready, {**BY_IDENTITY, "identity": {"type": "None"}})


def test_without_its_identity_an_endpoint_is_disabled_for_good(made: Sandbox, clock: ManualClock) -> None:
    made_endpoint(made, clock, **BY_IDENTITY)
    made_endpoint(made, clock, f"{TWINS}/endpoints/by-key")
    for kind in ("None", "SystemAssigned"):
        call(made, "PATCH", TWINS, {"identity": {"type": kind}})
        clock.advance(UPDATE_SECONDS)
        assert call(made, "GET", HUB).json()["properties"]["provisioningState"] == "Disabled"
    assert call(made, "GET", f"{TWINS}/endpoints/by-key").json()["properties"]["provisioningState"] == "Succeeded"
    answer = call(made, "PUT", HUB, {"properties": BY_IDENTITY})
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (200, "Updating")
    clock.advance(WRITE_SECONDS)
    assert call(made, "GET", HUB).json()["properties"]["provisioningState"] == "Succeeded"
