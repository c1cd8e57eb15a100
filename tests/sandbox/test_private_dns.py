"""Private DNS zones: the name of an instance, as its private endpoint's network resolves it."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.network import dns, private_endpoints
from runbook_lib.sandbox.roles import OWNER

from .control_plane import assigned, call, error, stripped
from .integration_clients import network, private_dns
from .private_network import ENDPOINT, NETWORK, VNET, connect

ZONE = f"{NETWORK}/privateDnsZones/privatelink.digitaltwins.azure.net"


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


def test_record_sets_of_every_type_and_all_of_them(wired: Sandbox, clock: ManualClock) -> None:
    zone(wired, clock)
    given: dict[str, dict[str, Any]] = {
        "A": {"aRecords": [{"ipv4Address": "10.0.0.9"}]},
        "AAAA": {"aaaaRecords": [{"ipv6Address": "fd00::9"}]},
        "MX": {"mxRecords": [{"preference": 1, "exchange": "mail"}]},
        "PTR": {"ptrRecords": [{"ptrdname": "host"}]},
        "SRV": {"srvRecords": [{"priority": 1, "weight": 1, "port": 1, "target": "host"}]},
        "TXT": {"txtRecords": [{"value": ["hello"]}]},
    }
    client: Any = private_dns(wired)
    name = ZONE.rpartition("/")[2]
    for kind, records in given.items():
        body = {"properties": {"ttl": 60, **records}}
        made = client.record_sets.create_or_update("rg-twins", name, kind, "host", body)
        assert made["properties"]["fqdn"] == f"host.{name}."
        found = list(client.record_sets.list_by_type("rg-twins", name, kind))
        assert [each["name"] for each in found] == ["host"]
    client.record_sets.create_or_update(
        "rg-twins", name, "CNAME", "other", {"properties": {"cnameRecord": {"cname": "x"}}}
    )
    listed = list(client.record_sets.list("rg-twins", name))
    kinds = [each["type"].rpartition("/")[2] for each in listed]
    assert kinds == ["SOA", "A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TXT"]
    suffixed = call(wired, "GET", f"{ZONE}/ALL", api_version="2020-06-01", **{"$recordsetnamesuffix": "her"}).json()
    assert [each["name"] for each in suffixed["value"]] == ["other"]
    assert client.private_zones.get("rg-twins", name)["properties"]["numberOfRecordSets"] == 8
    for path, properties, code in (
        ("CNAME/host", {"cnameRecord": {"cname": "x"}}, "Conflict"),
        ("TXT/more", {"aRecords": [{"ipv4Address": "10.0.0.9"}]}, "BadRequest"),
    ):
        answer = call(wired, "PUT", f"{ZONE}/{path}", {"properties": properties}, api_version="2020-06-01")
        assert error(answer)[1] == code
    for kind, host in [*((kind, "host") for kind in given), ("CNAME", "other")]:
        shown = client.record_sets.get("rg-twins", name, kind, host)
        updated = client.record_sets.update("rg-twins", name, kind, host, {"properties": shown["properties"]})
        assert updated["properties"] == shown["properties"]
        client.record_sets.delete("rg-twins", name, kind, host)
        assert list(client.record_sets.list_by_type("rg-twins", name, kind)) == []


def test_what_a_private_endpoint_can_connect_to(wired: Sandbox) -> None:
    client: Any = network(wired)
    for found in (
        client.available_private_endpoint_types.list("westeurope"),
        client.available_private_endpoint_types.list_by_resource_group("westeurope", "rg-twins"),
    ):
        assert "Microsoft.DigitalTwins/digitalTwinsInstances" in [each["resourceName"] for each in found]
