"""Private endpoints and the two sides of their connections, against the recorded run of azure-cli where it has it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.digital_twins import private_links
from runbook_lib.sandbox.arm.network import dns, private_endpoints, virtual_networks
from runbook_lib.sandbox.roles import NETWORK_CONTRIBUTOR, OWNER

from ..azure import management
from .control_plane import GROUP, HOST, TWINS, assigned, call, error, follow, instance, stripped
from .neighbour_clients import network, private_dns

NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/net"
SUBNET = f"{VNET}/subnets/inner"
ENDPOINT = f"{NETWORK}/privateEndpoints/pe"
ZONE = f"{NETWORK}/privateDnsZones/privatelink.digitaltwins.azure.net"
ADDRESSES = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
INNER = {"name": "inner", "properties": {"addressPrefix": "10.0.0.0/24"}}
AUTOMATIC, MANUAL = "privateLinkServiceConnections", "manualPrivateLinkServiceConnections"


@pytest.fixture
def wired(made: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with the instance and a virtual network that has a subnet."""
    body = {"location": "westeurope", "tags": {}, "properties": {**ADDRESSES, "subnets": [INNER]}}
    assert call(made, "PUT", VNET, body).status_code == 201
    clock.advance(virtual_networks.WRITE_SECONDS)
    return made


def endpoint_body(kind: str = AUTOMATIC, **connection: Any) -> dict[str, Any]:
    properties = {"privateLinkServiceId": TWINS, "groupIds": ["API"], **connection}
    connections = [{"name": "pec", "properties": properties}]
    return {"location": "westeurope", "properties": {"subnet": {"id": SUBNET}, kind: connections}}


def connect(sandbox: Sandbox, clock: ManualClock, kind: str = AUTOMATIC, name: str = "pe") -> dict[str, Any]:
    """Make a private endpoint and return the connection at the instance."""
    answer = call(sandbox, "PUT", f"{NETWORK}/privateEndpoints/{name}", endpoint_body(kind))
    assert answer.status_code == 201, answer.text
    clock.advance(private_endpoints.WRITE_SECONDS)
    found: list[dict[str, Any]] = call(sandbox, "GET", f"{TWINS}/privateEndpointConnections").json()["value"]
    return next(c for c in found if c["properties"]["privateEndpoint"]["id"].endswith(f"/{name}"))


def decide(sandbox: Sandbox, connection: dict[str, Any], status: str, persona: str = "owner") -> Any:
    state = {"status": status, "description": f"{status}.", "actionsRequired": "None"}
    body = {"properties": {**connection["properties"], "privateLinkServiceConnectionState": state}}
    return call(sandbox, "PUT", connection["id"], body, persona=persona)


def state_of(sandbox: Sandbox, kind: str, name: str = "pe") -> str:
    shown = call(sandbox, "GET", f"{NETWORK}/privateEndpoints/{name}").json()["properties"]
    return str(shown[kind][0]["properties"]["privateLinkServiceConnectionState"]["status"])


def recorded(method: str, path_end: str, status: int) -> dict[str, Any]:
    """The body of a recorded answer. Skips where Microsoft's recordings are not at hand."""
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of the recordings")
    file = Path(folder) / "recordings/controlplane-privateendpoint-digitaltwins.json"
    for each in json.loads(file.read_text("utf-8"))["interactions"]:
        request, response = each["request"], each["response"]
        if (request["method"], response["status"]) == (method, status) and path_end in request["uri"]:
            found: dict[str, Any] = response["body"]
            return found
    raise AssertionError(f"no recording of {method} {path_end}")


def shape(body: Any) -> Any:
    """Names and types of a body, nested, without its values."""
    if isinstance(body, dict):
        return {name: shape(value) for name, value in body.items()}
    return [shape(body[0])] if isinstance(body, list) and body else type(body).__name__


# ---- what an instance offers -----------------------------------------------------------------------------------------


def test_the_one_private_link_resource(made: Sandbox) -> None:
    listed = call(made, "GET", f"{TWINS}/privateLinkResources").json()
    [offered] = listed["value"]
    assert offered["properties"] == {
        "groupId": "API", "requiredMembers": ["DigitalTwinsAPI"],
        "requiredZoneNames": ["privatelink.digitaltwins.azure.net"],
    }  # fmt: skip
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


def test_the_instance_lists_its_connections_only_when_there_are_some(wired: Sandbox, clock: ManualClock) -> None:
    assert "privateEndpointConnections" not in call(wired, "GET", TWINS).json()["properties"]
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


# ---- networks --------------------------------------------------------------------------------------------------------


def test_a_network_shows_its_subnets_as_recorded(wired: Sandbox, clock: ManualClock) -> None:
    shown = call(wired, "GET", VNET).json()
    known = recorded("GET", "virtualNetworks/cli-vnet-000004?", 200)
    assert shape(shown).keys() == shape(known).keys()
    assert shape(shown["properties"]).keys() == shape(known["properties"]).keys()
    assert shown["properties"]["subnets"][0] == call(wired, "GET", SUBNET).json()
    body = {"properties": {"addressPrefix": "10.0.1.0/24", "privateEndpointNetworkPolicies": "Enabled"}}
    answer = call(wired, "PUT", f"{VNET}/subnets/second", body)
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Updating")
    clock.advance(virtual_networks.WRITE_SECONDS)
    [first, second] = call(wired, "GET", f"{VNET}/subnets").json()["value"]
    assert (first["name"], second["properties"]["privateEndpointNetworkPolicies"]) == ("inner", "Enabled")
    assert len(call(wired, "GET", VNET).json()["properties"]["subnets"]) == 2


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("10.1.0.0/24", "NetcfgInvalidSubnet"),
        ("10.0.0.128/25", "NetcfgSubnetRangesOverlap"),
        ("10.0.1.1/24", "InvalidAddressPrefixFormat"),
        ("", "InvalidAddressPrefixFormat"),
    ],
)
def test_subnets_that_do_not_fit(wired: Sandbox, prefix: str, code: str) -> None:
    answer = call(wired, "PUT", f"{VNET}/subnets/second", {"properties": {"addressPrefix": prefix}})
    assert error(answer)[:2] == (400, code)
    assert call(wired, "GET", f"{VNET}/subnets/second").status_code == 404


def test_a_subnet_in_use_stays(wired: Sandbox, clock: ManualClock) -> None:
    connect(wired, clock)
    for method, path, body in (
        ("DELETE", SUBNET, None),
        ("DELETE", VNET, None),
        ("PUT", VNET, {"location": "westeurope", "properties": {**ADDRESSES, "subnets": []}}),
    ):
        assert error(call(wired, method, path, body))[:2] == (400, "InUseSubnetCannotBeDeleted")
    assert call(wired, "GET", SUBNET).status_code == 200


def test_the_sdk_makes_networks(ready: Sandbox, clock: ManualClock) -> None:
    client: Any = network(ready)
    body = {"location": "westeurope", "tags": {}, "properties": {**ADDRESSES, "subnets": [INNER]}}
    poller = client.virtual_networks.begin_create_or_update("rg-twins", "net", body)
    clock.advance(virtual_networks.WRITE_SECONDS)
    assert poller.result()["properties"]["provisioningState"] == "Succeeded"
    poller = client.network_security_groups.begin_create_or_update("rg-twins", "nsg", {"location": "westeurope"})
    clock.advance(virtual_networks.WRITE_SECONDS)
    group = poller.result()
    subnet = {"properties": {**INNER["properties"], "networkSecurityGroup": {"id": group["id"]}}}  # type: ignore[dict-item]
    poller = client.subnets.begin_create_or_update("rg-twins", "net", "inner", subnet)
    clock.advance(virtual_networks.WRITE_SECONDS)
    poller.wait()
    assert client.network_security_groups.get("rg-twins", "nsg")["properties"]["subnets"] == [{"id": SUBNET}]
    assert [found["name"] for found in client.virtual_networks.list_all()] == ["net"]
    poller = client.virtual_networks.begin_delete("rg-twins", "net")
    clock.advance(virtual_networks.WRITE_SECONDS)
    poller.wait()
    assert list(client.virtual_networks.list("rg-twins")) == []


# ---- names -----------------------------------------------------------------------------------------------------------


def zone(sandbox: Sandbox, clock: ManualClock) -> None:
    client: Any = private_dns(sandbox)
    name = ZONE.rpartition("/")[2]
    poller = client.private_zones.begin_create_or_update("rg-twins", name, {"location": "global"})
    clock.advance(dns.WRITE_SECONDS)
    assert poller.result()["properties"]["numberOfRecordSets"] == 1
    link = {"location": "global", "properties": {"virtualNetwork": {"id": VNET}, "registrationEnabled": False}}
    poller = client.virtual_network_links.begin_create_or_update("rg-twins", name, "to-net", link)
    clock.advance(dns.WRITE_SECONDS)
    assert poller.result()["properties"]["virtualNetworkLinkState"] == "Completed"
    assert client.private_zones.get("rg-twins", name)["properties"]["numberOfVirtualNetworkLinks"] == 1


def test_a_zone_group_keeps_the_endpoints_name_in_the_zone(wired: Sandbox, clock: ManualClock) -> None:
    zone(wired, clock)
    connect(wired, clock)
    config = [{"name": "twins", "properties": {"privateDnsZoneId": ZONE}}]
    client: Any = network(wired)
    poller = client.private_dns_zone_groups.begin_create_or_update(
        "rg-twins", "pe", "default", {"properties": {"privateDnsZoneConfigs": config}}
    )
    clock.advance(dns.RECORD_SECONDS)
    [written] = poller.result()["properties"]["privateDnsZoneConfigs"]
    [record] = written["properties"]["recordSets"]
    assert (record["recordSetName"], record["ipAddresses"]) == ("my-twins.api.weu", ["10.0.0.4"])
    assert record["fqdn"] == "my-twins.api.weu.privatelink.digitaltwins.azure.net"
    assert call(wired, "GET", ENDPOINT).json()["properties"]["customDnsConfigs"] == []
    shown = call(wired, "GET", f"{ZONE}/A/my-twins.api.weu", api_version="2020-06-01").json()
    assert shown["properties"]["aRecords"] == [{"ipv4Address": "10.0.0.4"}]
    poller = client.private_dns_zone_groups.begin_delete("rg-twins", "pe", "default")
    clock.advance(dns.RECORD_SECONDS)
    poller.wait()
    assert call(wired, "GET", f"{ZONE}/A/my-twins.api.weu", api_version="2020-06-01").status_code == 404
    assert call(wired, "GET", ENDPOINT).json()["properties"]["customDnsConfigs"]


def test_a_zone_group_follows_its_zones(wired: Sandbox, clock: ManualClock) -> None:
    zone(wired, clock)
    connect(wired, clock)
    path = f"{ENDPOINT}/privateDnsZoneGroups/default"

    def group(*zones: str) -> Any:
        configs = [{"name": "z", "properties": {"privateDnsZoneId": zone_id}} for zone_id in zones]
        return call(wired, "PUT", path, {"properties": {"privateDnsZoneConfigs": configs}})

    assert error(group())[:2] == (400, "BadRequest")
    assert error(group(f"{ZONE}.x"))[:2] == (400, "InvalidResourceReference")
    assert (group(ZONE).status_code, group(ZONE).status_code) == (201, 200)
    clock.advance(dns.RECORD_SECONDS)
    records = call(wired, "GET", f"{ZONE}/A", api_version="2020-06-01").json()["value"]
    assert [record["name"] for record in records] == ["my-twins.api.weu"]
    call(wired, "DELETE", ENDPOINT)
    clock.advance(private_endpoints.WRITE_SECONDS)
    assert call(wired, "GET", f"{ZONE}/A", api_version="2020-06-01").json() == {"value": []}


def test_a_link_needs_a_network_that_may_be_joined(wired: Sandbox, clock: ManualClock) -> None:
    zone(wired, clock)
    body: dict[str, Any] = {"location": "global", "properties": {"virtualNetwork": {"id": f"{VNET}2"}}}
    path = f"{ZONE}/virtualNetworkLinks/other"
    assert error(call(wired, "PUT", path, body, api_version="2020-06-01"))[:2] == (400, "InvalidResourceReference")
    stripped(wired, "contributor")
    assigned(wired, clock, OWNER, ZONE, "contributor")
    body["properties"]["virtualNetwork"]["id"] = VNET
    answer = call(wired, "PUT", path, body, persona="contributor", api_version="2020-06-01")
    assert error(answer)[1] == "LinkedAuthorizationFailed"


def test_a_zone_with_links_stays(wired: Sandbox, clock: ManualClock) -> None:
    zone(wired, clock)
    status, code, message = error(call(wired, "DELETE", ZONE, api_version="2020-06-01"))
    assert (status, code) == (409, "CannotDeleteResource")
    assert f"{ZONE}/virtualNetworkLinks/to-net" in message
    client: Any = private_dns(wired).private_zones
    with pytest.raises(HttpResponseError) as caught:
        client.begin_create_or_update("rg-twins", "x.y", {"location": "westus"})
    assert caught.value.error
    assert caught.value.error.code == "LocationNotAvailableForResourceType"
