"""What recordings of Azure Resource Manager and of Microsoft Graph found in place.

Microsoft's tests made it with requests that are not in the published selection, or that the sandbox does not take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runbook_lib.sandbox.roles import CONTRIBUTOR, READER
from tests.sandbox.control_plane import SUBSCRIPTION

from .environment import Environment

Preparation = Callable[[Environment], object]

GROUP, CHILD = "a3f6c606-38ec-42d7-8c0e-d4ecaf0d9d61", "7fc3ad5e-575d-4aec-bcc2-957e983140fd"
MANAGEMENT_API = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
PERMISSION_SCOPES = [
    dict.fromkeys(
        (
            "adminConsentDescription",
            "adminConsentDisplayName",
            "id",
            "userConsentDescription",
            "userConsentDisplayName",
            "value",
        ),
        "",
    )
    | {"isEnabled": True, "type": "User"}
]
CLI_APP = "c3173ffc-90dd-477c-8df9-951a031e2319"


def _principal(identifier: str, app: str = "6002bdc3-7496-4654-aa6a-99454f15a071", **more: Any) -> Preparation:
    fields = {"appId": app, "servicePrincipalNames": [app], **more}
    return lambda world: world.directory("servicePrincipal", identifier, **fields)


def _group(identifier: str, name: str = "group", *members: str, description: str | None = None) -> Preparation:
    fields = {"displayName": name, "mailNickname": "deleteme11", "members": list(members), "description": description}
    return lambda world: world.directory("group", identifier, **fields)


def _user(identifier: str, **fields: str) -> Preparation:
    unnamed = dict.fromkeys(("givenName", "surname", "mail"))
    return lambda world: world.directory("user", identifier, **unnamed, **fields)


def _resource_group(name: str, location: str = "eastus", **tags: str) -> Preparation:
    return lambda world: world.group(name, location, **tags)


def _nested_groups(world: Environment) -> None:
    _group(GROUP, "testgroup000001", CHILD, description="testgroup000001")(world)
    _group(CHILD, "testchildgroup000002")(world)


def _identity(world: Environment) -> None:
    group = world.group("cli_test_identity_mgmt_000001")
    path = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/myidentity"
    world.arm("PUT", path, {"location": "eastus"})


def _condition(world: Environment) -> None:
    who = "06651546-4121-4ccd-a25d-13fe0422467e"
    world.directory("user", who)
    condition = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:Name] stringEquals 'foo'"
    scope = world.group("cli_role_assign000001")
    more = {"description": "foo", "condition": condition, "conditionVersion": "2.0", "principalType": "User"}
    world.assign(scope, "88888888-0000-0000-0000-000000000003", READER, who, **more)


def _role_already_given(world: Environment) -> None:
    who = "7d6ac1db-c0a2-4703-ac95-116fb50a56f2"
    world.directory("servicePrincipal", who)
    name = "88888888-0000-0000-0000-000000000009"
    world.assign(SUBSCRIPTION, name, CONTRIBUTOR, who, principalType="ServicePrincipal")


def _role_to_be_given(world: Environment) -> None:
    _principal("0207ee96-75b6-43d8-af87-f8718fde0acc")(world)
    world.group("cli_sp_create_for_rbac000001")


def _member(world: Environment) -> None:
    user = "e0872b63-3a2d-4edc-b1df-9d63302db894"
    _user(user)(world)
    _group("00e7bb05-86a1-49e2-bb6e-3dd60ab63a3a", "group", user)(world)


def _forget(kind: str, identifier: str) -> Preparation:
    return lambda world: world.sandbox.cloud.store.delete(kind, identifier)


BEFORE: dict[tuple[str, int], Preparation] = {
    ("controlplane-privateendpoint-digitaltwins", 0): _resource_group(
        "test_digital_twin_private_endpoint_000001", product="azurecli", cause="automation", date="2021-05-14T07:38:57Z"
    ),
    **{
        ("arm-graph-selected", number): preparation
        for number, preparation in {
            0: _principal(
                "371b7355-c468-435b-8478-bb82ce6eecac",
                MANAGEMENT_API,
                createdDateTime=None,
                replyUrls=["https://management.core.windows.net/"],
                oauth2PermissionScopes=PERMISSION_SCOPES,
            ),
            4: _principal("8a202197-38ac-40eb-8d36-0b9d90ff9ace", CLI_APP),
            6: _role_to_be_given,
            11: _group(GROUP, "testgroup000001", description="testgroup000001"),
            15: _nested_groups,
            24: _forget("group", GROUP),
            25: _user(
                "233c0342-4683-48b2-85af-9ed9fc76277e", userPrincipalName="testuser000002@azuresdkteam.onmicrosoft.com"
            ),
            26: _condition,
            27: _resource_group("cli_role_assign000001", product="", cause="", test="", date="", module=""),
            31: _principal("7a2797c9-9920-4679-a5fe-5c82c989a73d"),
            32: _group("795b1624-5b39-4705-bfea-48a52592e18f", "azure-cli-test-group+/000001"),
            33: _user("5ca97bdd-6dd8-4435-8d0d-16316aefad63", displayName="$azure-cli-test-user#000001"),
            35: _member,
            37: _resource_group("cli_test_federated_identity_credential_000001"),
            42: _identity,
            44: _resource_group("cli_test_cannotdelete_resource_group_lock000001"),
            52: _resource_group("cli_test_rg_scenario000001", "westus"),
            55: _resource_group("cli_test_policy_identity000001"),
            56: _resource_group("cli_test_tag_update_by_patch000001", "westus"),
            57: _role_already_given,
        }.items()
    },
}
"""What is to be made before an exchange; the exchanges that follow in its scenario find it too."""
