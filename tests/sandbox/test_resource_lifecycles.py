"""Every generic resource from creation to deletion, and the calls that no other test makes."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import OWNER, READER
from runbook_lib.sandbox.world import TENANT_ID, derive_id, persona
from tests.azure import http
from tests.sandbox.control_plane import ASSIGNMENTS, GROUP, NEW, SUBSCRIPTION, TWINS, call, error
from tests.sandbox.integration_clients import network, private_dns

LONG = 120
EMPTY: dict[str, Any] = {"properties": {}}
BUSES = (
    ("Microsoft.EventHub", "eventhubs", "consumergroups"),
    ("Microsoft.ServiceBus", "topics", "subscriptions"),
)
TAGS = {"tags": {"team": "twins"}}
ZONE = "privatelink.digitaltwins.azure.net"


def live(sandbox: Sandbox, clock: ManualClock, path: str, body: dict[str, Any]) -> None:
    """Make one, find it alone in its list, and change it; its end comes later."""
    assert call(sandbox, "PUT", path, body).status_code in (200, 201, 202)
    clock.advance(LONG)
    shown = call(sandbox, "GET", path).json()
    assert (shown["id"], shown["properties"]["provisioningState"]) == (path, "Succeeded")
    assert path in [each["id"] for each in call(sandbox, "GET", path.rpartition("/")[0]).json()["value"]]
    assert call(sandbox, "PATCH", path, {"tags": {}}).status_code == 200


def end(sandbox: Sandbox, clock: ManualClock, path: str) -> None:
    """Delete one; then there is none."""
    assert call(sandbox, "DELETE", path).status_code in (200, 202)
    clock.advance(LONG)
    assert error(call(sandbox, "GET", path))[:2] == (404, "ResourceNotFound")


@pytest.mark.parametrize(("provider", "entities", "readers"), BUSES)
def test_everything_of_a_bus_lives_and_ends(
    ready: Sandbox, clock: ManualClock, provider: str, entities: str, readers: str
) -> None:
    bus = f"{GROUP}/providers/{provider}/namespaces/twins-bus"
    entity = f"{bus}/{entities}/events"
    inside = (entity, f"{bus}/authorizationRules/send", f"{entity}/authorizationRules/send", f"{entity}/{readers}/me")
    live(ready, clock, bus, NEW)
    for path in inside:
        live(ready, clock, path, EMPTY)
    for rule in inside[1:3]:
        assert call(ready, "POST", f"{rule}/listKeys").json()["keyName"] == "send"
    for path in (*reversed(inside), bus):
        end(ready, clock, path)


@pytest.mark.parametrize(
    ("root", "nested"),
    [
        ("Microsoft.Kusto/clusters/twinsadx", "databases/history"),
        ("Microsoft.Storage/storageAccounts/twinsstorage", "blobServices/default/containers/letters"),
    ],
)
def test_a_store_and_what_is_in_it_live_and_end(ready: Sandbox, clock: ManualClock, root: str, nested: str) -> None:
    top = f"{GROUP}/providers/{root}"
    live(ready, clock, top, NEW)
    live(ready, clock, f"{top}/{nested}", EMPTY)
    end(ready, clock, f"{top}/{nested}")
    end(ready, clock, top)


def test_the_name_of_a_storage_account_can_be_checked(ready: Sandbox) -> None:
    def check(name: str) -> Any:
        body = {"name": name, "type": "Microsoft.Storage/storageAccounts"}
        return call(ready, "POST", f"{SUBSCRIPTION}/providers/Microsoft.Storage/checkNameAvailability", body).json()

    assert check("twinsstorage") == {"nameAvailable": True}
    assert (
        call(ready, "PUT", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/twinsstorage", NEW).status_code == 202
    )
    assert check("twinsstorage")["reason"] == "AlreadyExists"
    assert check("Not a name")["reason"] == "AccountNameInvalid"


# ---- Microsoft.Network, through Azure's own clients ------------------------------------------------------------------


def done(clock: ManualClock, poller: Any) -> Any:
    clock.advance(LONG)
    return poller.result()


def ids(found: Any) -> list[str]:
    return [each.id for each in found]


def test_networks_and_security_groups_live_and_end(ready: Sandbox, clock: ManualClock) -> None:
    client: Any = network(ready)  # it takes JSON too, but does not say so
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    net = done(clock, client.virtual_networks.begin_create_or_update("rg-twins", "net", {**NEW, "properties": space}))
    inner = {"properties": {"addressPrefix": "10.0.0.0/24"}}
    subnet = done(clock, client.subnets.begin_create_or_update("rg-twins", "net", "inner", inner))
    assert client.virtual_networks.update_tags("rg-twins", "net", TAGS).tags == {"team": "twins"}
    assert ids(client.virtual_networks.list_all()) == ids(client.virtual_networks.list("rg-twins")) == [net.id]
    assert ids(client.subnets.list("rg-twins", "net")) == [subnet.id]
    assert call(ready, "PATCH", subnet.id, EMPTY).status_code == 200
    rules = done(clock, client.network_security_groups.begin_create_or_update("rg-twins", "rules", dict(NEW)))
    assert client.network_security_groups.update_tags("rg-twins", "rules", TAGS).tags == {"team": "twins"}
    listed = (client.network_security_groups.list_all(), client.network_security_groups.list("rg-twins"))
    assert [ids(each) for each in listed] == [[rules.id], [rules.id]]
    done(clock, client.network_security_groups.begin_delete("rg-twins", "rules"))
    done(clock, client.subnets.begin_delete("rg-twins", "net", "inner"))
    done(clock, client.virtual_networks.begin_delete("rg-twins", "net"))
    assert ids(client.virtual_networks.list_all()) == []


def test_private_endpoints_and_interfaces_are_listed_and_tagged(made: Sandbox, clock: ManualClock) -> None:
    client: Any = network(made)
    names: Any = private_dns(made)
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    inner = {"name": "inner", "properties": {"addressPrefix": "10.0.0.0/24"}}
    body = {**NEW, "properties": {**space, "subnets": [inner]}}
    net = done(clock, client.virtual_networks.begin_create_or_update("rg-twins", "net", body))
    connection = {"name": "c", "properties": {"privateLinkServiceId": TWINS, "groupIds": ["API"]}}
    wanted = {"subnet": {"id": f"{net.id}/subnets/inner"}, "privateLinkServiceConnections": [connection]}
    door = {**NEW, "properties": wanted}
    endpoint = done(clock, client.private_endpoints.begin_create_or_update("rg-twins", "door", door))
    listed = (client.private_endpoints.list_by_subscription(), client.private_endpoints.list("rg-twins"))
    assert [ids(each) for each in listed] == [[endpoint.id], [endpoint.id]]
    assert call(made, "PATCH", endpoint.id, TAGS).json()["tags"] == {"team": "twins"}
    interfaces = (client.network_interfaces.list_all(), client.network_interfaces.list("rg-twins"))
    assert [len(ids(each)) for each in interfaces] == [1, 1]
    card = {**NEW, "properties": {"ipConfigurations": []}}
    done(clock, client.network_interfaces.begin_create_or_update("rg-twins", "card", card))
    assert client.network_interfaces.update_tags("rg-twins", "card", TAGS).tags == {"team": "twins"}
    done(clock, client.network_interfaces.begin_delete("rg-twins", "card"))
    zone = done(clock, names.private_zones.begin_create_or_update("rg-twins", ZONE, {"location": "global"}))
    configuration = {"name": "z", "properties": {"privateDnsZoneId": zone.id}}
    group = {"properties": {"privateDnsZoneConfigs": [configuration]}}
    begun = client.private_dns_zone_groups.begin_create_or_update("rg-twins", "door", "default", group)
    assert ids(client.private_dns_zone_groups.list("door", "rg-twins")) == [done(clock, begun).id]
    assert call(made, "PATCH", f"{endpoint.id}/privateDnsZoneGroups/default", EMPTY).status_code == 200


def test_zones_links_and_records_live_and_end(ready: Sandbox, clock: ManualClock) -> None:
    client: Any = private_dns(ready)
    networks: Any = network(ready)
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    body = {**NEW, "properties": space}
    net = done(clock, networks.virtual_networks.begin_create_or_update("rg-twins", "net", body))
    zone = done(clock, client.private_zones.begin_create_or_update("rg-twins", ZONE, {"location": "global"}))
    assert done(clock, client.private_zones.begin_update("rg-twins", ZONE, TAGS)).tags == {"team": "twins"}
    assert ids(client.private_zones.list()) == ids(client.private_zones.list_by_resource_group("rg-twins")) == [zone.id]
    link = {"location": "global", "properties": {"virtualNetwork": {"id": net.id}, "registrationEnabled": False}}
    begun = client.virtual_network_links.begin_create_or_update("rg-twins", ZONE, "link", link)
    assert ids(client.virtual_network_links.list("rg-twins", ZONE)) == [done(clock, begun).id]
    done(clock, client.virtual_network_links.begin_update("rg-twins", ZONE, "link", TAGS))
    record = {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.0.0.9"}]}}
    client.record_sets.create_or_update("rg-twins", ZONE, "A", "host", record)
    assert client.record_sets.get("rg-twins", ZONE, "A", "host").ttl == 10
    assert len(list(client.record_sets.list_by_type("rg-twins", ZONE, "A"))) == 1
    client.record_sets.update("rg-twins", ZONE, "A", "host", {})
    client.record_sets.delete("rg-twins", ZONE, "A", "host")
    done(clock, client.virtual_network_links.begin_delete("rg-twins", ZONE, "link"))
    done(clock, client.private_zones.begin_delete("rg-twins", ZONE))
    assert ids(client.private_zones.list()) == []


# ---- the tenant's root -----------------------------------------------------------------------------------------------


def test_the_root_is_a_scope_like_others(sandbox: Sandbox) -> None:
    """Somebody who owns the root, which no persona does, may give and take there."""
    owner, now = persona("owner").id, "2020-01-01T00:00:00.0000000Z"
    sandbox.cloud.store.put(
        "role-assignment",
        f"{ASSIGNMENTS}/{derive_id('root')}",
        {
            "name": derive_id("root"),
            "scope": "/",
            "role": OWNER,
            "principalId": owner,
            "principalType": "User",
            "createdOn": now,
            "updatedOn": now,
            "createdBy": owner,
            "updatedBy": owner,
            "effectiveOn": now,
        },
    )
    path = f"{ASSIGNMENTS}/{derive_id('given')}"
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    wanted = {"roleDefinitionId": definition, "principalId": persona("operator").id, "principalType": "User"}
    assert call(sandbox, "PUT", path, {"properties": wanted}).status_code == 201
    assert call(sandbox, "GET", path).json()["properties"]["scope"] == "/"
    assert call(sandbox, "DELETE", path).status_code == 200
    assert call(sandbox, "GET", definition).json()["properties"]["roleName"] == "Reader"
    assert len(call(sandbox, "GET", definition.rpartition("/")[0]).json()["value"]) > 5
    assert call(sandbox, "GET", "/providers/Microsoft.Authorization/permissions").json()["value"]
    assert call(sandbox, "GET", "/providers/Microsoft.Authorization/denyAssignments").json()["value"] == []


def test_the_tenant_lists_its_providers(sandbox: Sandbox) -> None:
    found = call(sandbox, "GET", "/providers").json()["value"]
    assert "Microsoft.DigitalTwins" in [each["namespace"] for each in found]
    assert call(sandbox, "GET", "/providers/Microsoft.DigitalTwins").json()["namespace"] == "Microsoft.DigitalTwins"


def test_what_the_sandbox_does_not_do_it_refuses(ready: Sandbox) -> None:
    moved = {"resources": [TWINS], "targetResourceGroup": f"{SUBSCRIPTION}/resourceGroups/other"}
    for verb in ("moveResources", "validateMoveResources"):
        assert error(call(ready, "POST", f"{GROUP}/{verb}", moved))[1] == "ResourceMoveNotSupported"
    what_if = f"{GROUP}/providers/Microsoft.Resources/deployments/d/whatIf"
    asked = call(ready, "POST", what_if, {"properties": {"mode": "Complete", "template": {}}})
    assert "sandbox" in error(asked)[2]


# ---- Entra and Graph -------------------------------------------------------------------------------------------------

LOGIN = f"https://login.microsoftonline.com/{TENANT_ID}"
GRAPH = "https://graph.microsoft.com/v1.0"


def test_the_older_version_of_discovery_names_its_own_endpoints(sandbox: Sandbox) -> None:
    client = http(sandbox)
    newer, older = (client.get(f"{LOGIN}{path}/.well-known/openid-configuration").json() for path in ("/v2.0", ""))
    assert older["token_endpoint"] == newer["token_endpoint"].replace("/v2.0", "")
    assert older["jwks_uri"] == newer["jwks_uri"].replace("/v2.0", "")
    assert client.get(f"{LOGIN}/discovery/keys").json() == client.get(f"{LOGIN}/discovery/v2.0/keys").json()
    assert client.post(f"{LOGIN}/oauth2/v2.0/logout", allow_redirects=False).status_code in (200, 302)


@pytest.mark.parametrize("collection", ["groups", "servicePrincipals", "applications"])
def test_objects_are_counted(sandbox: Sandbox, collection: str) -> None:
    client = http(sandbox, "owner", "https://graph.microsoft.com")
    listed = client.get(f"{GRAPH}/{collection}").json()["value"]
    counted = client.get(f"{GRAPH}/{collection}/$count", headers={"ConsistencyLevel": "eventual"})
    assert int(counted.text) == len(listed) > 0


def test_nobody_owns_an_application_and_it_is_in_no_group(sandbox: Sandbox) -> None:
    client = http(sandbox, "owner", "https://graph.microsoft.com")
    pipeline, application = persona("setup-pipeline"), client.get(f"{GRAPH}/applications").json()["value"][0]
    assert client.get(f"{GRAPH}/applications/{application['id']}/owners").json()["value"] == []
    for path in (f"servicePrincipals/{pipeline.id}", f"applications/{application['id']}"):
        asked = client.post(f"{GRAPH}/{path}/getMemberGroups", json={"securityEnabledOnly": False})
        assert (asked.status_code, asked.json()["value"]) == (200, [])
