"""Refusals whose text is published: where, and that the sandbox uses it.

The recordings' texts are checked by the replay; this list is what documentation and public threads quote. A number
behind a name is a GitHub issue or pull request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import requests

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER, READER
from runbook_lib.sandbox.world import derive_id, persona
from tests.azure import http
from tests.sandbox.control_plane import (
    ASSIGNMENTS,
    GROUP,
    HOST,
    NEW,
    SUBSCRIPTION,
    TWINS,
    assigned,
    call,
    error,
)
from tests.sandbox.finished_instance import AUDIENCE, FLOOR, ROOM, VERSION, model
from tests.sandbox.private_network import ADDRESSES, VNET

GUID = derive_id("published", "refusal")
OTHER_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-other"
ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/robot"
TRUST = {"issuer": "https://issuer.example", "subject": "me", "audiences": ["api://AzureADTokenExchange"]}
RULES = (
    "The name can be up to 80 characters long. It must begin with a word character, and it must end with a word "
    "character or with '_'. The name may contain word characters or '.', '-', '_'."
)
ALIGN = (
    "Twin relationship does not align with the model. Please ensure that the relationship is in alignment with the "
    "model. See section on listing models https://aka.ms/adtv2models."
)


@dataclass(frozen=True)
class Quoted:
    """A refusal of Azure Resource Manager or of a provider."""

    source: str
    path: str
    body: Any
    expected: tuple[int, str, str]
    method: str = "PUT"
    before: tuple[tuple[str, Any], ...] = ()
    """What's made first, as the owner."""


def _role(name: str, guid: str, **permissions: list[str]) -> tuple[str, Any]:
    properties = {"roleName": name, "permissions": [permissions], "assignableScopes": [SUBSCRIPTION]}
    return f"{SUBSCRIPTION}{ROLES}/{guid}", {"properties": properties}


def _gives(role: str, principal: str) -> Any:
    definition = f"{SUBSCRIPTION}{ROLES}/{role}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal}}


STORE = "Microsoft.Storage/storageAccounts"
READS = {"actions": ["*/read"]}
SOMEBODY = persona("reader").id
ASSIGNMENT = f"{GROUP}{ASSIGNMENTS}/{GUID}"
TWO = derive_id("published", "another")

QUOTED = (
    Quoted(
        "terraform 11485",
        f"{OTHER_GROUP}/providers/{STORE}/twinsstore",
        NEW,
        (409, "StorageAccountAlreadyTaken", "The storage account named twinsstore is already taken."),
        before=((f"{GROUP}/providers/{STORE}/twinsstore", NEW),),
    ),
    Quoted(
        "pulumi/templates 274",
        f"{GROUP}/providers/{STORE}/Twins",
        NEW,
        (
            400,
            "AccountNameInvalid",
            "Twins is not a valid storage account name. Storage account name must be between "
            "3 and 24 characters in length and use numbers and lower-case letters only.",
        ),
    ),
    Quoted(
        "terraform-provider-azurerm 12020",
        f"{OTHER_GROUP}/providers/Microsoft.EventHub/namespaces/twins-bus",
        NEW,
        (
            400,
            "BadRequest",
            "The specified name is not available. For more information visit https://aka.ms/eventhubsarmexceptions.",
        ),
        before=((f"{GROUP}/providers/Microsoft.EventHub/namespaces/twins-bus", NEW),),
    ),
    Quoted(
        "azure-service-bus 269",
        f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/-bus",
        NEW,
        (400, "BadRequest", "The specified service namespace is invalid."),
    ),
    Quoted(
        "ARO-HCP 6502",
        f"{OTHER_GROUP}/providers/Microsoft.Kusto/clusters/twinsadx",
        NEW,
        (
            400,
            "InvalidClusterName",
            "Name 'twinsadx' with type Engine is already taken. Please specify a different name",
        ),
        before=((f"{GROUP}/providers/Microsoft.Kusto/clusters/twinsadx", NEW),),
    ),
    Quoted(
        "ARO-RP 796",
        f"{OTHER_GROUP}/providers/Microsoft.Network/privateDnsZones/a.example/virtualNetworkLinks/two",
        {"location": "global", "properties": {"virtualNetwork": {"id": VNET}}},
        (
            400,
            "BadRequest",
            "A virtual network cannot be linked to multiple zones with overlapping namespaces. You "
            "tried to link virtual network with 'a.example' and 'a.example' zones.",
        ),
        before=(
            (VNET, {**NEW, "properties": ADDRESSES}),
            (f"{NETWORK}/privateDnsZones/a.example", {"location": "global"}),
            (f"{OTHER_GROUP}/providers/Microsoft.Network/privateDnsZones/a.example", {"location": "global"}),
            (
                f"{NETWORK}/privateDnsZones/a.example/virtualNetworkLinks/one",
                {"location": "global", "properties": {"virtualNetwork": {"id": VNET}}},
            ),
        ),
    ),
    Quoted(
        "f5-azure-arm-templates 227",
        f"{NETWORK}/virtualNetworks/-net",
        {**NEW, "properties": ADDRESSES},
        (400, "InvalidResourceName", f"Resource name -net is invalid. {RULES}"),
    ),
    Quoted(
        "azure-cli 14481",
        f"{SUBSCRIPTION}/resourceGroups/a b",
        NEW,
        (
            400,
            "InvalidResourceGroup",
            "The provided resource group name 'a b' has these invalid characters: ' '. The "
            "name can only be a letter, digit, '-', '.', '(', ')' or '_'.",
        ),
    ),
    Quoted(
        "azure-powershell 383",
        f"{GROUP}/providers/Microsoft.Resources/deployments/Web Site",
        {"properties": {}},
        (
            400,
            "InvalidDeployment",
            "The provided deployment name 'Web Site' has these invalid characters: ' '. The "
            "name can only be a letter, digit, '-', '.' or '_'.",
        ),
    ),
    Quoted(
        "azure-cli 11761",
        f"{SUBSCRIPTION}/tagNames/Env",
        None,
        (409, "Conflict", "The tag name 'Env' cannot be deleted. It is associated to one or more resources."),
        method="DELETE",
        before=((f"{SUBSCRIPTION}/tagNames/Env", None), (GROUP, {**NEW, "tags": {"Env": "stage1"}})),
    ),
    Quoted(
        "azure-cli 11761 (a value)",
        f"{SUBSCRIPTION}/tagNames/Env/tagValues/stage1",
        None,
        (
            409,
            "Conflict",
            "The tag cannot be deleted. It is associated to one or more resources. Tag name 'Env' and "
            "tag value 'stage1'.",
        ),
        method="DELETE",
        before=(
            (f"{SUBSCRIPTION}/tagNames/Env", None),
            (f"{SUBSCRIPTION}/tagNames/Env/tagValues/stage1", None),
            (GROUP, {**NEW, "tags": {"Env": "stage1"}}),
        ),
    ),
    Quoted(
        "bicep-types-az 2054",
        f"{IDENTITY}/federatedIdentityCredentials/two",
        {"properties": TRUST},
        (409, "Conflict", "Issuer and subject combination already exists for this Managed Identity."),
        before=((IDENTITY, NEW), (f"{IDENTITY}/federatedIdentityCredentials/one", {"properties": TRUST})),
    ),
    Quoted(
        "istio-aks-example 6",
        f"{IDENTITY}/federatedIdentityCredentials/one",
        {"properties": {**TRUST, "issuer": ""}},
        (
            400,
            "BadRequest",
            "The request format was unexpected. Federated Identity Credential must specify 'issuer', "
            "'subject' and 'audience'.",
        ),
        before=((IDENTITY, NEW),),
    ),
    Quoted(
        "graphrag-accelerator 168",
        f"{OTHER_GROUP}{ASSIGNMENTS}/{GUID}",
        _gives(READER, SOMEBODY),
        (
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        ),
        before=((ASSIGNMENT, _gives(READER, SOMEBODY)),),
    ),
    Quoted(
        "terraform-provider-azurerm 17421",
        f"{GROUP}{ASSIGNMENTS}/{TWO}",
        _gives(READER, SOMEBODY),
        (409, "RoleAssignmentExists", "The role assignment already exists."),
        before=((ASSIGNMENT, _gives(READER, SOMEBODY)),),
    ),
    Quoted(
        "terraform-provider-azurerm 22324",
        ASSIGNMENT,
        None,
        (404, "RoleAssignmentNotFound", f"The role assignment '{GUID}' is not found."),
        method="GET",
    ),
    Quoted(
        "ARO-RP 1346",
        *_role("One", TWO, **READS),
        (
            409,
            "RoleDefinitionWithSameNameExists",
            "A role definition cannot be updated with a name that already exists.",
        ),
        before=(_role("One", GUID, **READS), _role("Two", TWO, **READS)),
    ),
    Quoted(
        "azure-docs 102571",
        *_role("One", GUID, actions=["Microsoft.DigitalTwins/models/read"]),
        (
            400,
            "InvalidActionOrNotAction",
            "'Microsoft.DigitalTwins/models/read' does not match any of the actions supported by the providers.",
        ),
    ),
)
"""Sources and refusals."""


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda quoted: quoted.source)
def test_azure_resource_manager_refuses_in_published_words(ready: Sandbox, clock: ManualClock, quoted: Quoted) -> None:
    for path, body in ((OTHER_GROUP, NEW), *quoted.before):
        versions = {"api_version": "2024-06-01"} if "/privateDnsZones/" in path else {}
        answer = call(ready, "PUT", path, body, **versions)
        assert answer.ok, answer.text
        clock.advance(120)
    versions = {"api_version": "2024-06-01"} if "/privateDnsZones/" in quoted.path else {}
    assert error(call(ready, quoted.method, quoted.path, quoted.body, **versions)) == quoted.expected


@pytest.fixture
def owner(made: Sandbox, clock: ManualClock) -> requests.Session:
    """A plain client of the data plane, with two models and three twins."""
    assigned(made, clock, DATA_OWNER, TWINS, "owner")
    session = http(made, "owner", AUDIENCE)
    holds = {"@type": "Relationship", "name": "contains", "target": ROOM}
    models = [model(ROOM), model(FLOOR, contents=[holds])]
    assert session.post(f"https://{HOST}/models?{VERSION}", json=models).ok
    for twin, kind in (("r1", ROOM), ("f1", FLOOR), ("f2", FLOOR)):
        body = {"$metadata": {"$model": kind}}
        assert session.put(f"https://{HOST}/digitaltwins/{twin}?{VERSION}", json=body).ok
    return session


@pytest.mark.parametrize(
    ("source", "path", "body", "expected"),
    [
        (
            "digital-twins-explorer 105",
            "/digitaltwins/f1/relationships/a",
            {"$targetId": "r1", "$relationshipName": "holds"},
            (400, "InvalidRelationship", ALIGN),
        ),
        (
            "opendigitaltwins-dtdl 167",
            "/digitaltwins/f1/relationships/a",
            {"$targetId": "f2", "$relationshipName": "contains"},
            (400, "InvalidRelationship", ALIGN),
        ),
    ],
)
def test_the_data_plane_refuses_in_published_words(
    owner: requests.Session, source: str, path: str, body: Any, expected: tuple[int, str, str]
) -> None:
    assert error(owner.put(f"https://{HOST}{path}?{VERSION}", json=body)) == expected, source
