"""Event Hubs, Service Bus, Event Grid, Storage and Data Explorer, and data history through two of them."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.digital_twins import data_history
from runbook_lib.sandbox.arm.digital_twins.lifecycle import UPDATE_SECONDS
from runbook_lib.sandbox.arm.generic_resources import GenericType
from runbook_lib.sandbox.arm.generic_resources.integrations import integrations
from runbook_lib.sandbox.arm.providers import provider
from runbook_lib.sandbox.roles import CONTRIBUTOR, EVENT_HUBS_DATA_OWNER, EVENT_HUBS_DATA_SENDER

from ..azure import management, resources
from .control_plane import GROUP, NEW, SUBSCRIPTION, TWINS, call, error, follow, given_role, instance

BUS = f"{GROUP}/providers/Microsoft.EventHub/namespaces/twins-bus"
HUB = f"{BUS}/eventhubs/history"
CLUSTER = f"{GROUP}/providers/Microsoft.Kusto/clusters/twinsadx"
DATABASE = f"{CLUSTER}/databases/history"
CONNECTION = f"{TWINS}/timeSeriesDatabaseConnections/my-history"
LONG = 120
PROPERTIES = {
    "connectionType": "AzureDataExplorer",
    "adxResourceId": CLUSTER,
    "adxDatabaseName": "history",
    "adxEndpointUri": "https://twinsadx.westeurope.kusto.windows.net",
    "eventHubEndpointUri": "sb://twins-bus.servicebus.windows.net",
    "eventHubEntityPath": "history",
    "eventHubNamespaceResourceId": BUS,
}
ROOTS = {
    "Microsoft.EventHub/namespaces/twins-bus": 201,
    "Microsoft.ServiceBus/namespaces/twins-bus2": 201,
    "Microsoft.EventGrid/topics/twins-topic": 201,
    "Microsoft.Storage/storageAccounts/twinsstorage": 202,
    "Microsoft.Kusto/clusters/twinsadx": 201,
}


def put(sandbox: Sandbox, clock: ManualClock, path: str, body: Any = None) -> dict[str, Any]:
    answer = call(sandbox, "PUT", path, body or NEW)
    assert answer.status_code in (200, 201, 202), answer.text
    clock.advance(LONG)
    found: dict[str, Any] = call(sandbox, "GET", path).json()
    return found


# ---- plain resources -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "status"), ROOTS.items())
def test_a_neighbour_comes_and_goes(ready: Sandbox, clock: ManualClock, path: str, status: int) -> None:
    full = f"{GROUP}/providers/{path}"
    begun = call(ready, "PUT", full, {"location": "West Europe", "tags": {"a": "b"}})
    assert (begun.status_code, bool(begun.content)) == (status, status == 201)
    shown = call(ready, "GET", full).json()
    assert (shown["location"], shown["tags"]) == ("westeurope", {"a": "b"})
    assert shown["properties"]["provisioningState"] == "Updating"
    clock.advance(LONG)
    assert follow(ready, begun.headers["Azure-AsyncOperation"]).json() == {"status": "Succeeded"}
    assert call(ready, "GET", full).json()["properties"]["provisioningState"] == "Succeeded"
    assert call(ready, "PATCH", full, {"tags": {"c": "d"}}).json()["tags"] == {"c": "d"}
    kind = full.rpartition("/")[0]
    assert [r["id"] for r in call(ready, "GET", kind).json()["value"]] == [full]
    everywhere = kind.replace("/resourceGroups/rg-twins", "")
    assert [r["id"] for r in call(ready, "GET", everywhere, persona="reader").json()["value"]] == [full]
    assert error(call(ready, "PUT", full, {"location": "eastus"}))[:2] == (409, "InvalidResourceLocation")
    assert error(call(ready, "DELETE", full, persona="reader"))[:2] == (403, "AuthorizationFailed")
    gone = call(ready, "DELETE", full)
    assert gone.status_code == 202
    clock.advance(LONG)
    assert follow(ready, gone.headers["Location"]).status_code == 204
    assert error(call(ready, "GET", full))[:2] == (404, "ResourceNotFound")
    assert call(ready, "DELETE", full).status_code == 204


def test_every_kind_of_the_table_is_a_type_of_its_provider(sandbox: Sandbox) -> None:
    service: Any = sandbox.cloud._services["management.azure.com"][1]
    kinds: list[GenericType] = integrations(sandbox.cloud.clock, service._inventory)
    for kind in kinds:
        namespace, _, name = kind.type.partition("/")
        owner = provider(namespace)
        assert owner
        known = owner.type(name)
        assert known, kind.type
        assert known.tracked is kind.tracked


def test_keys_open_a_key_based_endpoint(made: Sandbox, clock: ManualClock) -> None:
    put(made, clock, BUS)
    put(made, clock, HUB, {"properties": {"partitionCount": 1}})
    rule = f"{HUB}/authorizationRules/send"
    put(made, clock, rule, {"properties": {"rights": ["Send"]}})
    keys = call(made, "POST", f"{rule}/listKeys").json()
    assert keys["primaryConnectionString"].startswith("Endpoint=sb://twins-bus.servicebus.windows.net/;SharedAccess")
    assert keys["primaryConnectionString"].endswith(f"SharedAccessKey={keys['primaryKey']};EntityPath=history")
    assert keys["primaryKey"] != keys["secondaryKey"]
    assert call(made, "POST", f"{rule}/listKeys").json() == keys
    assert error(call(made, "POST", f"{rule}/listKeys", persona="reader"))[:2] == (403, "AuthorizationFailed")
    root = call(made, "POST", f"{BUS}/authorizationRules/RootManageSharedAccessKey/listKeys").json()
    assert "EntityPath" not in root["primaryConnectionString"]
    endpoint = {"endpointType": "EventHub", "connectionStringPrimaryKey": keys["primaryConnectionString"]}
    assert call(made, "PUT", f"{TWINS}/endpoints/hub", {"properties": endpoint}).status_code == 201


def test_other_keys(ready: Sandbox, clock: ManualClock) -> None:
    topic, account = (f"{GROUP}/providers/{path}" for path in list(ROOTS)[2:4])
    assert put(ready, clock, topic)["properties"]["endpoint"].endswith(".eventgrid.azure.net/api/events")
    put(ready, clock, account)
    assert call(ready, "POST", f"{topic}/listKeys").json().keys() == {"key1", "key2"}
    assert [k["keyName"] for k in call(ready, "POST", f"{account}/listkeys").json()["keys"]] == ["key1", "key2"]
    container = f"{account}/blobServices/default/containers/dead-letters"
    assert put(ready, clock, container, {})["id"] == container
    assert [c["name"] for c in call(ready, "GET", container.rpartition("/")[0]).json()["value"]] == ["dead-letters"]


def test_what_is_nested_needs_its_parent_and_goes_with_it(ready: Sandbox, clock: ManualClock) -> None:
    assert error(call(ready, "PUT", HUB, {}))[:2] == (404, "ParentResourceNotFound")
    put(ready, clock, BUS)
    assert error(call(ready, "PUT", f"{HUB}/consumergroups/adx", {}))[:2] == (404, "ParentResourceNotFound")
    put(ready, clock, HUB, {})
    assert put(ready, clock, f"{HUB}/consumergroups/$Default", {})["name"] == "$Default"
    call(ready, "DELETE", BUS)
    clock.advance(LONG)
    assert call(ready, "GET", BUS).status_code == 404
    assert ready.cloud.store.list("resource", f"{BUS}/") == []


def test_names_versions_and_types_that_are_not(ready: Sandbox) -> None:
    assert error(call(ready, "PUT", f"{BUS[: -len('twins-bus')]}1bus", NEW))[:2] == (400, "BadRequest")
    assert error(call(ready, "PUT", BUS, NEW, api_version="latest"))[:2] == (400, "NoRegisteredProviderFound")
    assert error(call(ready, "PUT", BUS.replace("namespaces", "clusterz"), NEW))[:2] == (404, "InvalidResourceType")
    assert error(call(ready, "PUT", BUS, {}))[:2] == (400, "LocationRequired")
    assert error(call(ready, "PUT", BUS, {**NEW, "properties": []}))[:2] == (400, "InvalidRequestContent")


def test_a_group_takes_its_neighbours_with_it(made: Sandbox, clock: ManualClock) -> None:
    put(made, clock, BUS)
    put(made, clock, HUB, {})
    listed = [found.type for found in resources(made).resources.list_by_resource_group("rg-twins")]
    assert listed == ["Microsoft.DigitalTwins/digitalTwinsInstances", "Microsoft.EventHub/namespaces"]
    call(made, "DELETE", GROUP)
    clock.advance(300)
    assert call(made, "GET", GROUP).status_code == 404
    assert made.cloud.store.list("resource", f"{SUBSCRIPTION}/") == []


# ---- data history ----------------------------------------------------------------------------------------------------


@pytest.fixture
def plumbed(made: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with everything that a data history connection needs, the identity's roles included."""
    for path in (BUS, HUB, CLUSTER, DATABASE):
        put(made, clock, path, NEW if path in (BUS, CLUSTER) else {"properties": {}})
    principal = call(made, "GET", TWINS).json()["identity"]["principalId"]
    given_role(made, clock, EVENT_HUBS_DATA_OWNER, HUB, principal, "ServicePrincipal")
    given_role(made, clock, CONTRIBUTOR, DATABASE, principal, "ServicePrincipal")
    return made


def test_a_connection_with_all_roles(plumbed: Sandbox, clock: ManualClock) -> None:
    begun = call(plumbed, "PUT", CONNECTION, {"properties": PROPERTIES})
    assert begun.status_code == 201
    assert begun.json()["properties"] == {
        **PROPERTIES,
        "adxTableName": "AdtPropertyEvents",
        "eventHubConsumerGroup": "$Default",
        "recordPropertyAndItemRemovals": False,  # recorded: a JSON boolean, though the request has none
        "provisioningState": "Provisioning",
    }
    clock.advance(data_history.WRITE_SECONDS)
    assert follow(plumbed, begun.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    client: Any = management(plumbed).time_series_database_connections
    [found] = client.list("rg-twins", "my-twins")
    assert (found.properties.provisioning_state, found.properties.adx_table_name) == ("Succeeded", "AdtPropertyEvents")
    poller = client.begin_delete("rg-twins", "my-twins", "my-history", cleanup_connection_artifacts="true")
    clock.advance(data_history.DELETE_SECONDS)
    poller.wait()
    assert list(client.list("rg-twins", "my-twins")) == []


def test_a_connection_is_changed(plumbed: Sandbox, clock: ManualClock) -> None:
    call(plumbed, "PUT", CONNECTION, {"properties": PROPERTIES})
    clock.advance(data_history.WRITE_SECONDS)
    more = {**PROPERTIES, "adxTwinLifecycleEventsTableName": "Lives", "recordPropertyAndItemRemovals": "true"}
    answer = call(plumbed, "PUT", CONNECTION, {"properties": more})
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (200, "Updating")
    clock.advance(data_history.WRITE_SECONDS)
    shown = call(plumbed, "GET", CONNECTION).json()["properties"]
    assert shown == {**answer.json()["properties"], "provisioningState": "Succeeded"}
    assert (shown["adxTwinLifecycleEventsTableName"], shown["recordPropertyAndItemRemovals"]) == ("Lives", True)


def test_principals_of_a_database(plumbed: Sandbox) -> None:
    def ask(what: str, *given: dict[str, str]) -> Any:
        return call(plumbed, "POST", f"{DATABASE}/{what}", {"value": list(given)})

    admin = {"role": "Admin", "name": "my-twins", "type": "App", "fqn": "aadapp=one;two"}
    viewer = {"role": "Viewer", "name": "rita", "type": "User", "fqn": "aaduser=three"}
    assert call(plumbed, "POST", f"{DATABASE}/listPrincipals").json() == {"value": []}
    assert ask("addPrincipals", admin).json() == {"value": [admin]}
    assert ask("AddPrincipals", admin, viewer).json() == {"value": [admin, viewer]}
    assert ask("removePrincipals", admin).json() == {"value": [viewer]}
    assert call(plumbed, "POST", f"{DATABASE}/listPrincipals").json() == {"value": [viewer]}
    assert "viewer" not in call(plumbed, "GET", DATABASE).text.lower()
    for given in ({"role": "King"}, {}):
        assert error(ask("addPrincipals", given))[:2] == (400, "InvalidRequestContent")


def test_without_a_role_it_fails_as_recorded(plumbed: Sandbox, clock: ManualClock) -> None:
    for document in plumbed.cloud.store.list("role-assignment", f"{HUB}/"):
        document["role"] = EVENT_HUBS_DATA_SENDER
        plumbed.cloud.store.put(
            "role-assignment", f"{HUB}/providers/Microsoft.Authorization/roleAssignments/{document['name']}", document
        )
    begun = call(plumbed, "PUT", CONNECTION, {"properties": PROPERTIES})
    clock.advance(data_history.WRITE_SECONDS)
    status = follow(plumbed, begun.headers["Azure-AsyncOperation"]).json()
    message = "The resource could not ACT due to an internal server error."
    assert (status["status"], status["error"]["message"]) == ("Failed", message)
    assert call(plumbed, "GET", CONNECTION).json()["properties"]["provisioningState"] == "Failed"
    gone = call(plumbed, "DELETE", CONNECTION)
    assert (gone.status_code, gone.json()["properties"]["provisioningState"]) == (202, "Deleting")
    assert gone.json()["properties"]["recordPropertyAndItemRemovals"] is False  # recorded
    clock.advance(data_history.DELETE_SECONDS)
    assert call(plumbed, "GET", CONNECTION).status_code == 404


def test_connections_that_cannot_be(made: Sandbox, clock: ManualClock) -> None:
    def refused(properties: dict[str, Any], path: str = CONNECTION) -> str:
        status, code, message = error(call(made, "PUT", path, {"properties": properties}))
        assert (status, code) == (400, "BadRequest")
        return message

    assert "connectionType" in refused({**PROPERTIES, "connectionType": "Other"})
    assert "'adxDatabaseName'" in refused({n: v for n, v in PROPERTIES.items() if n != "adxDatabaseName"})
    assert "sb://" in refused({**PROPERTIES, "eventHubEndpointUri": "https://x"})
    assert "recordPropertyAndItemRemovals" in refused({**PROPERTIES, "recordPropertyAndItemRemovals": "yes"})
    assert "is invalid" in refused(PROPERTIES, CONNECTION.replace("my-history", "1"))
    answer = call(made, "DELETE", CONNECTION, cleanupConnectionArtifacts="perhaps")
    assert error(answer)[:2] == (400, "BadRequest")
    assert call(made, "PUT", CONNECTION, {"properties": PROPERTIES}).status_code == 201
    assert "Only one is supported" in refused(PROPERTIES, f"{CONNECTION}2")
    call(made, "PATCH", TWINS, {"identity": {"type": "None"}})
    clock.advance(UPDATE_SECONDS + data_history.WRITE_SECONDS)
    assert "managed identity is not enabled" in refused(PROPERTIES)


def test_without_its_identity_a_connection_is_disabled(plumbed: Sandbox, clock: ManualClock) -> None:
    call(plumbed, "PUT", CONNECTION, {"properties": PROPERTIES})
    clock.advance(data_history.WRITE_SECONDS)
    call(plumbed, "PATCH", TWINS, {"identity": {"type": "None"}})
    assert call(plumbed, "GET", CONNECTION).json()["properties"]["provisioningState"] == "Disabled"


def test_a_connection_needs_an_instance_with_an_identity(ready: Sandbox, clock: ManualClock) -> None:
    instance(ready, clock)
    assert error(call(ready, "PUT", CONNECTION, {"properties": PROPERTIES}))[:2] == (400, "BadRequest")
