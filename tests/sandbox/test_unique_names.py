"""How far a name that a client chooses must be unique: each rule tried through Azure's clients.

Scopes as documented (naming rules, RBAC and private DNS articles, data plane reference). A name that's taken within its
scope means the same thing again, unless the service refuses it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.digitaltwins.core import DigitalTwinsClient, DigitalTwinsEventRoute

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER, READER
from runbook_lib.sandbox.world import persona
from tests.azure import authorization, data_plane, resources
from tests.sandbox.control_plane import (
    GROUP,
    HOST,
    INSTANCES,
    NEW,
    SUBSCRIPTION,
    TWINS,
    assigned,
    instance,
    version_for,
)
from tests.sandbox.finished_instance import ROOM, code, model
from tests.sandbox.private_network import ADDRESSES, INNER, SUBNET, VNET, endpoint_body

LONG = 600
OTHER_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-other"
OTHER_TWINS = f"{GROUP}{INSTANCES}/other-twins"
OTHER_HOST = HOST.replace("my-twins", "other-twins")
NETWORK, OTHER_NETWORK = f"{GROUP}/providers/Microsoft.Network", f"{OTHER_GROUP}/providers/Microsoft.Network"
ZONE = f"{NETWORK}/privateDnsZones/one.example"
GLOBAL = {"location": "global"}
SECRET = "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0;EntityPath=hub"
TRUST = {"issuer": "https://issuer.example", "subject": "me", "audiences": ["api://AzureADTokenExchange"]}
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/robot"
NET: dict[str, Any] = {**NEW, "properties": ADDRESSES}
EMPTY_TEMPLATE = {"properties": {"mode": "Incremental", "template": {"resources": []}}}
HUB = {"properties": {"endpointType": "EventHub", "connectionStringPrimaryKey": SECRET}}
LOCK = {"properties": {"level": "CanNotDelete"}}
LINK = {**GLOBAL, "properties": {"virtualNetwork": {"id": VNET}}}


@dataclass(frozen=True)
class Rule:
    """A name in Azure Resource Manager: where it's made, where it's tried next, and what comes of it."""

    within: str
    """The scope of uniqueness, in the articles' words."""
    first: str
    second: str
    body: Any
    refused: str = ""
    """The code; empty if the second place is outside the scope, so that there are two things then."""


def _both(within: str, tail: str, body: Any, refused: str = "") -> Rule:
    """The same name in two resource groups."""
    return Rule(within, f"{GROUP}/providers/{tail}", f"{OTHER_GROUP}/providers/{tail}", body, refused)


RULES = (
    _both("region, for all customers", "Microsoft.DigitalTwins/digitalTwinsInstances/new-twins", NEW, "Conflict"),
    _both("resource group", "Microsoft.ManagedIdentity/userAssignedIdentities/new-robot", NEW),
    _both("resource group", "Microsoft.Network/virtualNetworks/new-net", NET),
    _both("resource group", "Microsoft.Network/privateEndpoints/new-pe", endpoint_body()),
    _both("resource group", "Microsoft.Network/networkSecurityGroups/guard", NEW),
    _both("resource group", "Microsoft.Network/privateDnsZones/new.example", GLOBAL),
    _both("resource group", "Microsoft.EventGrid/topics/twins-topic", NEW),
    _both("global", "Microsoft.Storage/storageAccounts/twinsstorage", NEW, "StorageAccountAlreadyTaken"),
    _both("global", "Microsoft.EventHub/namespaces/twins-bus", NEW, "BadRequest"),
    _both("global", "Microsoft.ServiceBus/namespaces/twins-bus", NEW, "BadRequest"),
    _both("global", "Microsoft.Kusto/clusters/twinsadx", NEW, "InvalidClusterName"),
    _both("resource group", "Microsoft.Resources/deployments/setup", EMPTY_TEMPLATE),
    _both("scope", "Microsoft.Authorization/locks/keep", LOCK),
    Rule(
        "global, with Service Bus",
        f"{GROUP}/providers/Microsoft.EventHub/namespaces/twins-bus",
        f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/Twins-Bus",
        NEW,
        "BadRequest",
    ),
    Rule("instance", f"{TWINS}/endpoints/hub", f"{OTHER_TWINS}/endpoints/hub", HUB),
    Rule(
        "virtual network",
        SUBNET.replace("inner", "new"),
        f"{OTHER_NETWORK}/virtualNetworks/net/subnets/new",
        {"properties": {"addressPrefix": "10.0.9.0/24"}},
    ),
    Rule(
        "zone",
        f"{ZONE}/virtualNetworkLinks/link",
        f"{NETWORK}/privateDnsZones/two.example/virtualNetworkLinks/link",
        LINK,
    ),
    Rule(
        "one zone of a name for each network",
        f"{ZONE}/virtualNetworkLinks/link",
        f"{OTHER_NETWORK}/privateDnsZones/one.example/virtualNetworkLinks/other",
        LINK,
        "BadRequest",
    ),
    Rule(
        "one link between a zone and a network",
        f"{ZONE}/virtualNetworkLinks/link",
        f"{ZONE}/virtualNetworkLinks/other",
        LINK,
        "BadRequest",
    ),
    Rule(
        "zone and type of record",
        f"{ZONE}/A/twins",
        f"{NETWORK}/privateDnsZones/two.example/A/twins",
        {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.0.0.4"}]}},
    ),
    Rule(
        "identity",
        f"{IDENTITY}/federatedIdentityCredentials/trust",
        f"{IDENTITY}2/federatedIdentityCredentials/trust",
        {"properties": TRUST},
    ),
    Rule(
        "issuer and subject: identity",
        f"{IDENTITY}/federatedIdentityCredentials/trust",
        f"{IDENTITY}/federatedIdentityCredentials/trust-2",
        {"properties": TRUST},
        "Conflict",
    ),
)
GROUNDWORK: tuple[tuple[str, Any], ...] = (
    (OTHER_GROUP, NEW),
    (VNET, {**NEW, "properties": {**ADDRESSES, "subnets": [INNER]}}),
    (f"{OTHER_NETWORK}/virtualNetworks/net", NET),
    (ZONE, GLOBAL),
    (f"{OTHER_NETWORK}/privateDnsZones/one.example", GLOBAL),
    (f"{NETWORK}/privateDnsZones/two.example", GLOBAL),
    (IDENTITY, NEW),
    (f"{IDENTITY}2", NEW),
)


def put(sandbox: Sandbox, clock: ManualClock, path: str, body: Any) -> None:
    """Write a resource through the client for any resource, and let the time pass that it takes."""
    client: Any = resources(sandbox)
    if path.count("/") == 4:
        client.resource_groups.create_or_update(path.rpartition("/")[2], body)
        return
    version = "2024-06-01" if "/privateDnsZones/" in path else _version(path)
    client.resources.begin_create_or_update_by_id(path, body, api_version=version, polling=False)
    clock.advance(LONG)


def _version(path: str) -> str:
    return {"locks": "2020-05-01", "deployments": "2022-09-01"}.get(path.split("/")[-2], version_for(path))


@pytest.fixture
def ground(made: Sandbox, clock: ManualClock) -> Sandbox:
    """Two groups, two instances, networks, zones and identities."""
    instance(made, clock, "other-twins")
    for path, body in GROUNDWORK:
        put(made, clock, path, body)
    return made


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.first.split('/')[-2]}-{rule.within}")
def test_a_name_in_azure_resource_manager(ground: Sandbox, clock: ManualClock, rule: Rule) -> None:
    client: Any = resources(ground)
    for _ in range(2):  # the second time it's the same thing
        put(ground, clock, rule.first, rule.body)
    if rule.refused:
        with pytest.raises(HttpResponseError) as caught:
            put(ground, clock, rule.second, rule.body)
        assert code(caught) == rule.refused
        return
    put(ground, clock, rule.second, rule.body)
    version = "2024-06-01" if "/privateDnsZones/" in rule.first else _version(rule.first)
    both = (client.resources.get_by_id(path, api_version=version) for path in (rule.first, rule.second))
    assert [one.id.lower() for one in both] == [rule.first.lower(), rule.second.lower()]


# ---- roles -----------------------------------------------------------------------------------------------------------


def test_an_assignments_name_is_unique_in_the_tenant_and_what_it_says_at_its_scope(ground: Sandbox) -> None:
    operations: Any = authorization(ground).role_assignments
    name, other = str(uuid.uuid4()), str(uuid.uuid4())

    def give(scope: str, named: str, role: str = READER, who: str = "reader") -> Any:
        definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        return operations.create(
            scope, named, {"properties": {"roleDefinitionId": definition, "principalId": persona(who).id}}
        )

    def refused(*given: str) -> str:
        with pytest.raises(HttpResponseError) as caught:
            give(*given)
        return code(caught)

    first = give(GROUP, name)
    assert give(GROUP, name.upper()).id == first.id
    assert refused(OTHER_GROUP, name) == "RoleAssignmentUpdateNotPermitted"
    assert refused(GROUP, name, DATA_READER) == "RoleAssignmentUpdateNotPermitted"
    assert refused(GROUP, name, READER, "operator") == "RoleAssignmentUpdateNotPermitted"
    assert refused(GROUP, other) == "RoleAssignmentExists"
    assert give(TWINS, other).name == other


def test_a_custom_roles_name_and_id_are_unique_in_the_tenant(ground: Sandbox) -> None:
    operations: Any = authorization(ground).role_definitions
    guid = str(uuid.uuid4())

    def define(scope: str, named: str, role_name: str) -> Any:
        permissions = [{"actions": ["*/read"]}]
        body = {"roleName": role_name, "permissions": permissions, "assignableScopes": [scope]}
        return operations.create_or_update(scope, named, {"properties": body})

    define(GROUP, guid, "Watcher")
    assert define(OTHER_GROUP, guid, "Watcher").assignable_scopes == [OTHER_GROUP]
    with pytest.raises(ResourceExistsError) as caught:
        define(GROUP, str(uuid.uuid4()), "watcher")
    assert code(caught) == "RoleDefinitionWithSameNameExists"


# ---- the data plane --------------------------------------------------------------------------------------------------


@pytest.fixture
def clients(ground: Sandbox, clock: ManualClock) -> tuple[DigitalTwinsClient, DigitalTwinsClient]:
    """Clients of two instances of the same owner."""
    for twins in (TWINS, OTHER_TWINS):
        assigned(ground, clock, DATA_OWNER, twins, "owner")
        put(ground, clock, f"{twins}/endpoints/hub", HUB)
    return data_plane(ground, "owner", HOST), data_plane(ground, "owner", OTHER_HOST)


TO_B: dict[str, object] = {"$targetId": "b", "$relationshipName": "next"}
FRESH: Any = {"match_condition": MatchConditions.IfMissing}


def test_names_in_the_data_plane(clients: tuple[DigitalTwinsClient, DigitalTwinsClient]) -> None:
    """Every name is unique in its instance; a relationship's only below its source."""
    for client in clients:
        client.create_models([model(ROOM, contents=[{"@type": "Relationship", "name": "next"}])])
        for twin in ("a", "A", "b"):
            client.upsert_digital_twin(twin, {"$metadata": {"$model": ROOM}})
        for source in ("a", "A"):
            client.upsert_relationship(source, "r", TO_B)
        client.upsert_event_route("route", DigitalTwinsEventRoute(endpoint_name="hub", filter="true"))
    for client in clients:
        with pytest.raises(ResourceExistsError) as caught:
            client.create_models([model(ROOM)])
        assert code(caught) == "ModelIdAlreadyExists"
        with pytest.raises(HttpResponseError) as caught_twin:
            client.upsert_digital_twin("a", {"$metadata": {"$model": ROOM}}, **FRESH)
        with pytest.raises(HttpResponseError) as caught_relationship:
            client.upsert_relationship("a", "r", TO_B, **FRESH)
        assert (code(caught_twin), code(caught_relationship)) == ("PreconditionFailed",) * 2
        client.upsert_digital_twin("a", {"$metadata": {"$model": ROOM}})
        client.upsert_relationship("a", "r", {**TO_B, "$targetId": "A"})
        client.upsert_event_route("route", DigitalTwinsEventRoute(endpoint_name="hub", filter="false"))
        assert [one["$targetId"] for one in client.list_relationships("a")] == ["A"]
        assert [one["$targetId"] for one in client.list_relationships("A")] == ["b"]
        assert [(route.id, route.filter) for route in client.list_event_routes()] == [("route", "false")]
        assert [one["$dtId"] for one in client.query_twins("SELECT * FROM digitaltwins")] in ([], ["A", "a", "b"])
