"""Private endpoints and the two sides of their connections, against the recorded run of azure-cli where it has it."""

from __future__ import annotations

from typing import Any

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.digital_twins import private_links
from runbook_lib.sandbox.arm.network import private_endpoints
from runbook_lib.sandbox.roles import NETWORK_CONTRIBUTOR, OWNER

from ..azure import management
from .control_plane import GROUP, HOST, TWINS, assigned, call, error, follow, instance, stripped
from .integration_clients import network
from .private_network import (
    AUTOMATIC,
    ENDPOINT,
    MANUAL,
    NETWORK,
    SUBNET,
    connect,
    decide,
    endpoint_body,
    recorded,
    shape,
    state_of,
)

# ---- what an instance offers -----------------------------------------------------------------------------------------


def test_the_one_private_link_resource(made: Sandbox) -> None:
    listed = call(made, "GET", f"{TWINS}/privateLinkResources").json()
    [offered] = listed["value"]
    assert offered["properties"] == {
        "groupId": "API",
        "requiredMembers": ["DigitalTwinsAPI"],
        "requiredZoneNames": ["privatelink.digitaltwins.azure.net"],
    }
    assert offered == call(made, "GET", f"{TWINS}/privateLinkResources/api").json()
    assert shape(listed) == shape(recorded("GET", "privateLinkResources", 200))
    assert error(call(made, "GET", f"{TWINS}/privateLinkResources/digitaltwinsinstance"))[0] == 404


# ---- the recorded flow -----------------------------------------------------------------------------------------------


def test_the_recorded_run(wired: Sandbox, clock: ManualClock) -> None:
    begun = call(wired, "PUT", ENDPOINT, endpoint_body(MANUAL, requestMessage="please"))
    assert begun.status_code == 201
    assert "/providers/Microsoft.Network/locations/westeurope/operations/" in begun.headers["Azure-AsyncOperation"]
    assert follow(wired, begun.headers["Azure-AsyncOperation"]).json() == {"status": "InProgress"}
    clock.advance(private_endpoints.WRITE_SECONDS)
    assert follow(wired, begun.headers["Azure-AsyncOperation"]).json() == {"status": "Succeeded"}
    read = call(wired, "GET", ENDPOINT)
    assert read.headers["ETag"] == read.json()["etag"]
    assert (
        shape(read.json()["properties"][MANUAL][0]["properties"]).keys()
        >= shape(recorded("GET", "privateEndpoints/cli-pe-000006", 200)["properties"][MANUAL][0]["properties"]).keys()
    )
    assert read.json()["properties"]["customDnsConfigs"] == []
    listed = call(wired, "GET", f"{TWINS}/privateEndpointConnections").json()
    assert shape(listed) == shape(recorded("GET", "privateEndpointConnections?", 200))
    [connection] = listed["value"]
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"

    approved = decide(wired, connection, "Approved")
    assert approved.status_code == 202
    assert approved.json()["properties"]["provisioningState"] == "Updating"
    watched = approved.headers["Azure-AsyncOperation"]
    assert f"/privateEndpointConnections/{connection['name']}/operationResults/" in watched
    assert follow(wired, watched).json()["status"] == "Running"
    assert follow(wired, approved.headers["Location"]).status_code == 202
    clock.advance(private_links.WRITE_SECONDS)
    assert follow(wired, watched).json()["status"] == "Succeeded"
    assert state_of(wired, MANUAL) == "Approved"

    assert decide(wired, connection, "Rejected").status_code == 202
    clock.advance(private_links.WRITE_SECONDS)
    again = decide(wired, connection, "Approved")
    assert (again.status_code, again.json()) == (400, recorded("PUT", "privateEndpointConnections/", 400))
    removed = call(wired, "DELETE", connection["id"])
    assert (removed.status_code, removed.content) == (202, b"")
    clock.advance(private_links.DELETE_SECONDS)
    assert call(wired, "GET", f"{TWINS}/privateEndpointConnections").json() == {"value": []}
    assert state_of(wired, MANUAL) == "Disconnected"


def test_the_sdks_do_it_too(wired: Sandbox, clock: ManualClock) -> None:
    client: Any = network(wired)
    poller = client.private_endpoints.begin_create_or_update("rg-twins", "pe", endpoint_body(MANUAL))
    clock.advance(private_endpoints.WRITE_SECONDS)
    made = poller.result()
    assert made["properties"]["provisioningState"] == "Succeeded"
    connections: Any = management(wired).private_endpoint_connections
    [connection] = connections.list("rg-twins", "my-twins").value
    state = {"status": "Approved", "description": "welcome"}
    poller = connections.begin_create_or_update(
        "rg-twins", "my-twins", connection.name, {"properties": {"privateLinkServiceConnectionState": state}}
    )
    clock.advance(private_links.WRITE_SECONDS)
    assert poller.result().properties.private_link_service_connection_state.status == "Approved"
    twins = management(wired).digital_twins.get("rg-twins", "my-twins")
    assert twins.private_endpoint_connections
    assert twins.private_endpoint_connections[0].properties.group_ids == ["API"]
    poller = client.private_endpoints.begin_delete("rg-twins", "pe")
    clock.advance(private_endpoints.WRITE_SECONDS)
    poller.wait()
    assert connections.list("rg-twins", "my-twins").value == []


def test_an_approved_endpoint_has_an_address_for_the_instances_name(wired: Sandbox, clock: ManualClock) -> None:
    connection = connect(wired, clock)
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    shown = call(wired, "GET", ENDPOINT).json()["properties"]
    assert shown["customDnsConfigs"] == [{"fqdn": HOST, "ipAddresses": ["10.0.0.4"]}]
    interface = call(wired, "GET", shown["networkInterfaces"][0]["id"]).json()
    configuration = interface["properties"]["ipConfigurations"][0]["properties"]
    assert (configuration["privateIPAddress"], configuration["subnet"]["id"]) == ("10.0.0.4", SUBNET)
    connect(wired, clock, name="pe2")
    second = call(wired, "GET", f"{NETWORK}/privateEndpoints/pe2").json()["properties"]
    assert second["customDnsConfigs"][0]["ipAddresses"] == ["10.0.0.5"]


def test_a_finished_instance_lists_its_connections(wired: Sandbox, clock: ManualClock) -> None:
    assert call(wired, "GET", TWINS).json()["properties"]["privateEndpointConnections"] == []
    connection = connect(wired, clock, MANUAL)
    decide(wired, connection, "Approved")
    clock.advance(private_links.WRITE_SECONDS)
    [mirrored] = call(wired, "GET", TWINS).json()["properties"]["privateEndpointConnections"]
    assert mirrored == call(wired, "GET", connection["id"]).json()


def test_deleting_the_endpoint_or_the_instance_ends_the_connection(wired: Sandbox, clock: ManualClock) -> None:
    connect(wired, clock)
    begun = call(wired, "DELETE", ENDPOINT)
    assert (begun.status_code, begun.content) == (202, b"")
    assert follow(wired, begun.headers["Location"]).status_code == 202
    clock.advance(private_endpoints.WRITE_SECONDS)
    assert follow(wired, begun.headers["Location"]).status_code == 204
    assert call(wired, "GET", f"{TWINS}/privateEndpointConnections").json() == {"value": []}
    assert wired.cloud.store.list("resource", f"{NETWORK}/networkInterfaces/") == []
    connect(wired, clock)
    call(wired, "DELETE", TWINS)
    clock.advance(60)
    assert state_of(wired, AUTOMATIC) == "Disconnected"
    instance(wired, clock)
    assert call(wired, "GET", f"{TWINS}/privateEndpointConnections").json() == {"value": []}


def test_the_same_endpoint_again_keeps_its_connection_and_address(wired: Sandbox, clock: ManualClock) -> None:
    before = connect(wired, clock, MANUAL)
    again = call(wired, "PUT", ENDPOINT, {**endpoint_body(MANUAL), "tags": {"a": "b"}})
    assert (again.status_code, again.json()["tags"]) == (200, {"a": "b"})
    clock.advance(private_endpoints.WRITE_SECONDS)
    assert call(wired, "GET", f"{TWINS}/privateEndpointConnections").json() == {"value": [before]}
    assert len(wired.cloud.store.list("resource", f"{NETWORK}/networkInterfaces/")) == 1
    assert error(call(wired, "PUT", ENDPOINT, endpoint_body(AUTOMATIC)))[:2] == (400, "BadRequest")


def test_a_connection_that_goes_away_cannot_be_decided_on(wired: Sandbox, clock: ManualClock) -> None:
    connection = connect(wired, clock, MANUAL)
    begun = call(wired, "DELETE", connection["id"])
    assert call(wired, "DELETE", connection["id"]).headers["Location"] == begun.headers["Location"]
    assert error(decide(wired, connection, "Approved"))[:2] == (400, "BadRequest")
    clock.advance(private_links.DELETE_SECONDS)
    other = connect(wired, clock, MANUAL, "pe2")
    for status in ("Pending", "Disconnected", "Perhaps"):
        assert error(decide(wired, other, status))[:2] == (400, "BadRequest")


def test_a_group_takes_its_network_with_it(wired: Sandbox, clock: ManualClock) -> None:
    other = f"{GROUP}0"
    call(wired, "PUT", other, {"location": "westeurope"})
    path = f"{other}/providers/Microsoft.Network/privateEndpoints/pe"
    assert call(wired, "PUT", path, endpoint_body()).status_code == 201
    connect(wired, clock)
    call(wired, "DELETE", GROUP)
    clock.advance(300)
    assert call(wired, "GET", GROUP).status_code == 404
    assert wired.cloud.store.list("resource", f"{GROUP}/") == []
    shown = call(wired, "GET", path).json()["properties"][AUTOMATIC][0]["properties"]
    assert shown["privateLinkServiceConnectionState"]["status"] == "Disconnected"


# ---- refusals --------------------------------------------------------------------------------------------------------


def test_who_may_not_approve_has_to_ask(wired: Sandbox, clock: ManualClock) -> None:
    stripped(wired, "contributor")
    assigned(wired, clock, NETWORK_CONTRIBUTOR, GROUP, "contributor")
    answer = call(wired, "PUT", ENDPOINT, endpoint_body(), persona="contributor")
    status, code, message = error(answer)
    assert (status, code) == (403, "LinkedAuthorizationFailed")
    assert (
        f"has permission to perform action 'Microsoft.Network/privateEndpoints/write' on scope '{ENDPOINT}'; however, "
        "it does not have permission to perform action 'PrivateEndpointConnectionsApproval/action' on the linked "
        f"scope(s) '{TWINS}' or the linked scope(s) are invalid."
    ) in message
    assert call(wired, "PUT", ENDPOINT, endpoint_body(MANUAL), persona="contributor").status_code == 201
    assert state_of(wired, MANUAL) == "Pending"
    [connection] = call(wired, "GET", f"{TWINS}/privateEndpointConnections").json()["value"]
    assert error(decide(wired, connection, "Approved", "contributor"))[:2] == (403, "AuthorizationFailed")


def test_the_subnet_must_be_ours_to_join(wired: Sandbox, clock: ManualClock) -> None:
    stripped(wired, "contributor")
    assigned(wired, clock, OWNER, TWINS, "contributor")
    other = f"{GROUP}0"
    call(wired, "PUT", other, {"location": "westeurope"})
    assigned(wired, clock, NETWORK_CONTRIBUTOR, other, "contributor")
    path = f"{other}/providers/Microsoft.Network/privateEndpoints/pe"
    _, code, message = error(call(wired, "PUT", path, endpoint_body(), persona="contributor"))
    assert code == "LinkedAuthorizationFailed"
    assert f"'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '{SUBNET}'" in message


def test_endpoints_that_cannot_be(wired: Sandbox) -> None:
    def refused(body: dict[str, Any]) -> tuple[int, str]:
        return error(call(wired, "PUT", ENDPOINT, body))[:2]

    assert refused(endpoint_body(groupIds=["digitaltwinsinstance"])) == (400, "BadRequest")
    assert refused(endpoint_body(privateLinkServiceId=f"{TWINS}x")) == (400, "InvalidResourceReference")
    assert refused(endpoint_body(privateLinkServiceId="my-twins")) == (400, "LinkedInvalidPropertyId")
    assert refused({**endpoint_body(), "location": "eastus"}) == (400, "InvalidResourceReference")
    nowhere = endpoint_body()
    nowhere["properties"]["subnet"]["id"] = f"{SUBNET}x"
    assert refused(nowhere) == (400, "InvalidResourceReference")
    nowhere["properties"].pop(AUTOMATIC)
    assert refused({**nowhere, "properties": {"subnet": {"id": SUBNET}}}) == (400, "BadRequest")
    assert call(wired, "GET", f"{TWINS}/privateEndpointConnections").json() == {"value": []}


def test_one_connection_too_many(wired: Sandbox, clock: ManualClock) -> None:
    for number in range(private_links.MAXIMUM):
        connect(wired, clock, name=f"pe{number}")
    status, code, message = error(call(wired, "PUT", ENDPOINT, endpoint_body()))
    assert (status, code) == (400, "BadRequest")
    assert "has '10' private endpoint connections" in message


def test_a_connection_is_made_by_an_endpoint_only(made: Sandbox) -> None:
    path = f"{TWINS}/privateEndpointConnections/mine"
    answer = decide(made, {"id": path, "properties": {}}, "Approved")
    assert error(answer)[:2] == (404, "ResourceNotFound")
    assert call(made, "DELETE", path).status_code == 204
