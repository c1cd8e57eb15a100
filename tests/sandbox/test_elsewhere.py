"""What Azure has and the sandbox doesn't: said so by name, never denied as if it didn't exist."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.arm import elsewhere
from runbook_lib.sandbox.arm.providers import PROVIDERS

from .control_plane import GROUP, SUBSCRIPTION, TWINS, call, error
from .directory import READER, ask
from .operation_count import REFUSED, SIMULATED, UNKNOWN, described, outcome


def test_no_operation_of_microsofts_files_is_denied(ready: Sandbox) -> None:
    found = {operation: outcome(ready, operation) for operation in described()}
    if not found:
        pytest.skip("AZURE_SPECS_DIR names no copy of Microsoft's files")
    assert [operation for operation, what in found.items() if what == UNKNOWN] == []
    numbers = Counter(found.values())
    assert numbers[SIMULATED] > numbers[REFUSED], numbers


@pytest.mark.parametrize(
    "namespace", ["Microsoft.KeyVault", "microsoft.insights", "Microsoft.Compute", "Microsoft.Web"]
)
def test_providers_that_only_azure_has(ready: Sandbox, namespace: str) -> None:
    for scope in (GROUP, SUBSCRIPTION, TWINS):
        status, code, message = error(call(ready, "GET", f"{scope}/providers/{namespace}/things/x"))
        assert (status, code) == (501, "SandboxNotSimulated")
        assert namespace in message and message.endswith("It works on Azure.")


@pytest.mark.parametrize(
    "path",
    [
        "Microsoft.Network/publicIPAddresses/x",
        "Microsoft.Storage/storageAccounts/x/queueServices/default",
        "Microsoft.EventGrid/systemTopics",
        "Microsoft.ServiceBus/namespaces/x/queues/y",
        "Microsoft.Kusto/clusters/x/databases/y/scripts/z",
        "Microsoft.EventHub/clusters/x",
    ],
)
def test_types_that_only_azure_has(ready: Sandbox, path: str) -> None:
    assert error(call(ready, "GET", f"{GROUP}/providers/{path}"))[:2] == (501, "SandboxNotSimulated")


def test_what_azure_does_not_have_either(ready: Sandbox) -> None:
    for path, code in (
        ("Microsoft.KeyVaults/vaults/x", "InvalidResourceNamespace"),
        ("Microsoft.DigitalTwins/digitalTwinInstances/x", "InvalidResourceType"),
        ("Microsoft.Network/virtualNetwerks/x", "InvalidResourceType"),
    ):
        assert error(call(ready, "GET", f"{GROUP}/providers/{path}"))[:2] == (404, code)
    assert error(call(ready, "GET", f"{SUBSCRIPTION}/nonsense"))[:2] == (404, "MissingSubscription")


def test_no_namespace_is_in_both_lists() -> None:
    assert [owner.namespace for owner in PROVIDERS if elsewhere.namespace_exists(owner.namespace)] == []


@pytest.mark.parametrize(
    "path",
    [
        "/domains",
        "/roleManagement/directory/roleAssignments",
        "/me/manager",
        f"/users/{READER.id}/ownedDevices",
        "/devices/x",
    ],
)
def test_segments_that_only_graph_has(sandbox: Sandbox, path: str) -> None:
    answer: Any = ask(sandbox, path).json()["error"]
    assert answer["code"] == "SandboxNotSimulated"


def test_a_segment_that_graph_does_not_have(sandbox: Sandbox) -> None:
    assert ask(sandbox, "/planets").json()["error"]["code"] == "BadRequest"
