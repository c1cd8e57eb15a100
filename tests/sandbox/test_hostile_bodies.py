"""Whatever stands where in a body, the control plane refuses or accepts it; it never answers with a fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.http import Request
from runbook_lib.sandbox.roles import DATA_READER
from runbook_lib.sandbox.world import persona

from ..azure import token
from .control_plane import ARM, ASSIGNMENTS, GROUP, NEW, SUBSCRIPTION, TWINS, call, version_for

ODD: tuple[Any, ...] = (
    None,
    0,
    True,
    "",
    "x",
    "/subscriptions/x",
    [],
    ["x"],
    [None],
    [{}],
    {},
    {"x": None},
    {"x": {"y": []}},
    1e300,
)
GUID = "11111111-2222-3333-4444-555555555555"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET, ZONE = f"{NETWORK}/virtualNetworks/net", f"{NETWORK}/privateDnsZones/privatelink.digitaltwins.azure.net"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine"
CONNECTIONS = [{"name": "c", "properties": {"privateLinkServiceId": TWINS, "groupIds": ["API"], "requestMessage": "m"}}]
BUS = "Endpoint=sb://b/;SharedAccessKeyName=n;SharedAccessKey=k;EntityPath=e"
TEMPLATE = {
    "parameters": {"name": {"type": "string", "defaultValue": "a", "allowedValues": ["a"]}},
    "variables": {"v": "w"},
    "outputs": {"o": {"type": "string", "value": "[variables('v')]"}},
    "resources": [
        {
            "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
            "apiVersion": "2023-01-31",
            "name": "[parameters('name')]",
            "location": "westeurope",
            "tags": {"a": "b"},
            "dependsOn": ["x"],
        },
    ],
}
BODIES: dict[str, tuple[str, Any]] = {
    GROUP: ("PUT", {"location": "westeurope", "tags": {"a": "b"}, "managedBy": "x"}),
    TWINS: (
        "PATCH",
        {
            "tags": {"a": "b"},
            "properties": {"publicNetworkAccess": "Enabled"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        },
    ),
    f"{TWINS}/endpoints/hub": (
        "PUT",
        {
            "properties": {
                "endpointType": "EventHub",
                "authenticationType": "KeyBased",
                "connectionStringPrimaryKey": BUS,
                "deadLetterSecret": "s",
                "identity": {"type": "SystemAssigned", "userAssignedIdentity": IDENTITY},
            }
        },
    ),
    f"{TWINS}/endpoints/own": (
        "PUT",
        {
            "properties": {
                "endpointType": "ServiceBus",
                "authenticationType": "IdentityBased",
                "endpointUri": "sb://x",
                "entityPath": "e",
                "deadLetterUri": "u",
                "identity": {"type": "UserAssigned", "userAssignedIdentity": IDENTITY},
            }
        },
    ),
    f"{TWINS}/timeSeriesDatabaseConnections/history": (
        "PUT",
        {
            "properties": {
                "connectionType": "AzureDataExplorer",
                "adxResourceId": TWINS,
                "adxDatabaseName": "d",
                "adxEndpointUri": "e",
                "eventHubEndpointUri": "sb://x",
                "eventHubEntityPath": "e",
                "eventHubNamespaceResourceId": TWINS,
                "adxTableName": "t",
                "recordPropertyAndItemRemovals": "true",
            }
        },
    ),
    f"{TWINS}/privateEndpointConnections/{{connection}}": (
        "PUT",
        {
            "properties": {
                "privateLinkServiceConnectionState": {
                    "status": "Approved",
                    "description": "d",
                    "actionsRequired": "None",
                },
            }
        },
    ),
    f"{NETWORK}/virtualNetworks/other": (
        "PUT",
        {
            "location": "westeurope",
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "dhcpOptions": {"dnsServers": []},
                "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        },
    ),
    f"{VNET}/subnets/third": (
        "PUT",
        {
            "properties": {
                "addressPrefixes": ["10.0.9.0/24"],
                "networkSecurityGroup": {"id": "x"},
            }
        },
    ),
    f"{NETWORK}/networkSecurityGroups/nsg": ("PUT", {"location": "westeurope", "properties": {"securityRules": []}}),
    f"{NETWORK}/privateEndpoints/pe2": (
        "PUT",
        {
            "location": "westeurope",
            "properties": {
                "subnet": {"id": f"{VNET}/subnets/inner"},
                "manualPrivateLinkServiceConnections": CONNECTIONS,
            },
        },
    ),
    f"{NETWORK}/privateEndpoints/pe3": (
        "PUT",
        {
            "location": "westeurope",
            "properties": {
                "subnet": {"id": f"{VNET}/subnets/inner"},
                "privateLinkServiceConnections": CONNECTIONS,
            },
        },
    ),
    f"{NETWORK}/privateEndpoints/pe/privateDnsZoneGroups/default": (
        "PUT",
        {
            "properties": {
                "privateDnsZoneConfigs": [{"name": "z", "properties": {"privateDnsZoneId": ZONE}}],
            }
        },
    ),
    f"{ZONE}/virtualNetworkLinks/link": (
        "PUT",
        {
            "location": "global",
            "properties": {
                "virtualNetwork": {"id": VNET},
                "registrationEnabled": True,
            },
        },
    ),
    f"{GROUP}/providers/Microsoft.EventHub/namespaces/twins-bus": (
        "PUT",
        {
            "location": "westeurope",
            "tags": {},
            "sku": {"name": "Basic"},
            "properties": {"zoneRedundant": False},
        },
    ),
    f"{IDENTITY}/federatedIdentityCredentials/cred": (
        "PUT",
        {
            "properties": {
                "issuer": "i",
                "subject": "s",
                "audiences": ["a"],
            }
        },
    ),
    f"{TWINS}{ASSIGNMENTS}/{GUID}": (
        "PUT",
        {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{DATA_READER}",
                "principalId": persona("reader").id,
                "principalType": "User",
                "description": "d",
                "condition": "c",
            }
        },
    ),
    f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{GUID}": (
        "PUT",
        {
            "properties": {
                "roleName": "r",
                "description": "d",
                "permissions": [{"actions": ["*/read"]}],
                "assignableScopes": [GROUP],
            }
        },
    ),
    f"{GROUP}/providers/Microsoft.Authorization/locks/lock": (
        "PUT",
        {
            "properties": {"level": "CanNotDelete", "notes": "n"},
        },
    ),
    f"{GROUP}/providers/Microsoft.Resources/tags/default": (
        "PATCH",
        {
            "operation": "Merge",
            "properties": {"tags": {"a": "b"}},
        },
    ),
    f"{GROUP}/moveResources": ("POST", {"resources": [TWINS], "targetResourceGroup": GROUP}),
    f"{GROUP}/providers/Microsoft.Resources/deployments/dep/validate": (
        "POST",
        {
            "properties": {
                "mode": "Incremental",
                "parameters": {"name": {"value": "a"}},
                "template": TEMPLATE,
            }
        },
    ),
    f"{SUBSCRIPTION}/providers/Microsoft.DigitalTwins/locations/westeurope/checkNameAvailability": (
        "POST",
        {
            "name": "x",
            "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
        },
    ),
}
"""One good body for each write: by path, with its method."""


def mutations(value: Any) -> Iterator[Any]:
    """Every body in which one part is replaced by something odd, or left out."""
    yield from ODD
    if isinstance(value, dict):
        for name, each in value.items():
            rest = {key: other for key, other in value.items() if key != name}
            yield rest
            yield from ({**rest, name: mutated} for mutated in mutations(each))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            for mutated in mutations(each):
                changed = copy.copy(value)
                changed[number] = mutated
                yield changed


@pytest.fixture
def furnished(made: Sandbox) -> Sandbox:
    """A sandbox that has what the bodies speak of; no test lets its time pass."""
    inner = {"name": "inner", "properties": {"addressPrefix": "10.0.0.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [inner]}
    subnet = {"id": f"{VNET}/subnets/inner"}
    endpoint = {"subnet": subnet, "manualPrivateLinkServiceConnections": CONNECTIONS}
    for path, body in (
        (VNET, {"location": "westeurope", "properties": space}),
        (ZONE, {"location": "global"}),
        (IDENTITY, NEW),
        (f"{NETWORK}/privateEndpoints/pe", {"location": "westeurope", "properties": endpoint}),
    ):
        assert call(made, "PUT", path, body).status_code in (200, 201)
    return made


@pytest.mark.parametrize("path", BODIES)
def test_every_part_of_a_body_may_be_odd(furnished: Sandbox, path: str) -> None:
    method, good = BODIES[path]
    headers = {"authorization": f"Bearer {token(furnished, 'owner', ARM)}"}
    [connection] = furnished.cloud.store.list("resource", f"{TWINS}/privateEndpointConnections/")
    real = path.replace("{connection}", connection["name"])
    for body in mutations(good):
        data = json.dumps(body).encode()
        query = f"api-version={version_for(path)}" if "/locks/" not in path else "api-version=2020-05-01"
        answers = [furnished.cloud.handle(Request.build(method, "management.azure.com", real, query, headers, data))]
        answers.append(furnished.cloud.handle(Request.build("GET", "management.azure.com", real, query, headers, b"")))
        for answer in answers:
            assert answer.status < 500 or answer.status == 501, f"{body} got {answer.body}"
        furnished.cloud.store.delete_all("latest-operation", "")
