"""How an instance changes: tags, network access, identity."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.digital_twins.lifecycle import DELETE_SECONDS, UPDATE_SECONDS
from runbook_lib.sandbox.world import PRODUCTION_ID, TENANT_ID, TRAINING_ID, persona

from ..azure import close_clients, management
from .control_plane import (
    GROUP,
    HOST,
    NEW,
    TWINS,
    call,
    error,
    follow,
    instance,
    prepare,
)


def test_tags_change_at_once(made: Sandbox, clock: ManualClock) -> None:
    before = call(made, "GET", TWINS).json()
    clock.advance(5)
    answer = call(made, "PATCH", TWINS, {"tags": {"team": "twins"}}, persona="operator")
    after = answer.json()
    assert (answer.status_code, after["tags"]) == (200, {"team": "twins"})
    assert "Azure-AsyncOperation" not in answer.headers
    assert after["properties"]["provisioningState"] == "Succeeded"
    assert after["properties"]["lastUpdatedTime"] > before["properties"]["lastUpdatedTime"]
    assert after["properties"]["createdTime"] == before["properties"]["createdTime"]
    assert after["systemData"]["createdBy"] == persona("owner").user_principal_name
    assert after["systemData"]["lastModifiedBy"] == persona("operator").user_principal_name
    assert call(made, "PATCH", TWINS, {"tags": {"x": "y"}}).json()["tags"] == {"x": "y"}


def test_network_access_changes_in_a_while(made: Sandbox, clock: ManualClock) -> None:
    answer = call(made, "PATCH", TWINS, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert answer.status_code == 202
    properties = answer.json()["properties"]
    assert (properties["provisioningState"], properties["publicNetworkAccess"]) == ("Updating", "Disabled")
    assert properties["hostName"] == HOST
    clock.advance(UPDATE_SECONDS)
    assert follow(made, answer.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    again = call(made, "PATCH", TWINS, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert (again.status_code, again.json()["properties"]["provisioningState"]) == (200, "Succeeded")


def test_the_sdk_updates(ready: Sandbox, clock: ManualClock) -> None:
    assert instance(ready, clock).identity is None
    operations: Any = management(ready).digital_twins
    poller = operations.begin_update("rg-twins", "my-twins", {"identity": {"type": "SystemAssigned"}})
    assert not poller.done()
    clock.advance(UPDATE_SECONDS)
    updated = poller.result()
    assert (updated.provisioning_state, updated.identity.tenant_id) == ("Succeeded", TENANT_ID)


def test_a_put_replaces_tags_and_keeps_identity_and_network(ready: Sandbox, clock: ManualClock) -> None:
    first = instance(ready, clock, tags={"a": "b"}, identity={"type": "SystemAssigned"})
    call(ready, "PATCH", TWINS, {"properties": {"publicNetworkAccess": "Disabled"}})
    clock.advance(UPDATE_SECONDS)
    answer = call(ready, "PUT", TWINS, NEW)
    body = answer.json()
    assert (answer.status_code, body["tags"]) == (200, None)
    assert body["identity"]["principalId"] == first.identity.principal_id
    assert body["properties"]["publicNetworkAccess"] == "Disabled"


def test_what_was_read_may_be_written_back(ready: Sandbox, clock: ManualClock) -> None:
    instance(ready, clock, tags={"a": "b"}, identity={"type": "SystemAssigned"})
    read = call(ready, "GET", TWINS).json()
    answer = call(ready, "PUT", TWINS, read)
    assert (answer.status_code, answer.json()["identity"], answer.json()["tags"]) == (200, read["identity"], {"a": "b"})
    assert "Azure-AsyncOperation" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_second_write_while_the_first_goes_on(ready: Sandbox, method: str) -> None:
    call(ready, "PUT", TWINS, NEW)
    assert error(call(ready, method, TWINS, {**NEW, "tags": {}}))[:2] == (409, "AnotherOperationInProgress")
    assert error(call(ready, "DELETE", TWINS))[:2] == (409, "AnotherOperationInProgress")


# ---- identity --------------------------------------------------------------------------------------------------------


def test_the_identity_is_a_principal_named_like_the_instance(ready: Sandbox, clock: ManualClock) -> None:
    created = instance(ready, clock, identity={"type": "SystemAssigned"})
    principal = ready.cloud.store.get("servicePrincipal", created.identity.principal_id)
    assert principal is not None
    assert (principal["displayName"], principal["servicePrincipalType"]) == ("my-twins", "ManagedIdentity")
    assert TWINS in principal["alternativeNames"]
    assert principal["servicePrincipalNames"][0] == principal["appId"]


def test_each_time_it_is_switched_on_it_is_another_one(ready: Sandbox, clock: ManualClock) -> None:
    seen = [instance(ready, clock, identity={"type": "SystemAssigned"}).identity.principal_id]
    for kind in ("None", "SystemAssigned"):
        answer = call(ready, "PATCH", TWINS, {"identity": {"type": kind}})
        assert answer.status_code == 202
        clock.advance(UPDATE_SECONDS)
        if kind == "None":
            assert call(ready, "GET", TWINS).json()["identity"] is None
            assert ready.cloud.store.get("servicePrincipal", seen[0]) is None
    seen.append(call(ready, "GET", TWINS).json()["identity"]["principalId"])
    call(ready, "DELETE", TWINS)
    clock.advance(DELETE_SECONDS)
    seen.append(instance(ready, clock, identity={"type": "SystemAssigned"}).identity.principal_id)
    assert len(set(seen)) == 3


def test_two_sandboxes_give_the_same_principal_id() -> None:
    seen = set()
    for _ in range(2):
        clock = ManualClock()
        with Sandbox(clock=clock) as sandbox:
            prepare(sandbox, clock)
            seen.add(
                call(sandbox, "PUT", TWINS, {**NEW, "identity": {"type": "SystemAssigned"}}).json()["identity"][
                    "principalId"
                ]
            )
            close_clients(sandbox)
    assert len(seen) == 1


def test_a_user_assigned_identity_that_does_not_exist(ready: Sandbox) -> None:
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine"
    body = {**NEW, "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}}
    assert error(call(ready, "PUT", TWINS, body)) == (
        400,
        "FailedIdentityOperation",
        f"Identity operation for resource '{TWINS}' failed with error 'Failed to perform resource identity operation. "
        "Status: 'BadRequest'. Response: "
        f'\'{{"error":{{"code":"BadRequest","message":"Resource \'{identity}\' was not found."}}}}\'.\'.',
    )
    elsewhere = identity.replace(TRAINING_ID, PRODUCTION_ID)
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {elsewhere: {}}}
    who = persona("owner")
    assert error(call(ready, "PUT", TWINS, body)) == (
        403,
        "LinkedAuthorizationFailed",
        f"The client '{who.user_principal_name}' with object id '{who.id}' has permission to perform action "
        f"'Microsoft.DigitalTwins/digitalTwinsInstances/write' on scope '{TWINS}'; however, it does not have "
        "permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the "
        f"linked scope(s) '{elsewhere}' (respectively) or the linked scope(s) are invalid.",
    )
