"""Virtual networks and their subnets, against the recorded run of azure-cli where it has them."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.network import virtual_networks

from .control_plane import call, error
from .integration_clients import network
from .private_network import ADDRESSES, INNER, SUBNET, VNET, connect, recorded, shape


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
    subnet = {"properties": INNER["properties"] | {"networkSecurityGroup": {"id": group["id"]}}}
    poller = client.subnets.begin_create_or_update("rg-twins", "net", "inner", subnet)
    clock.advance(virtual_networks.WRITE_SECONDS)
    poller.wait()
    assert client.network_security_groups.get("rg-twins", "nsg")["properties"]["subnets"] == [{"id": SUBNET}]
    assert [found["name"] for found in client.virtual_networks.list_all()] == ["net"]
    poller = client.virtual_networks.begin_delete("rg-twins", "net")
    clock.advance(virtual_networks.WRITE_SECONDS)
    poller.wait()
    assert list(client.virtual_networks.list("rg-twins")) == []
