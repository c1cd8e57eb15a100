"""What Azure has and the sandbox doesn't: said so by name, never denied as if it didn't exist."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.arm import elsewhere
from runbook_lib.sandbox.arm.providers import PROVIDERS

from .control_plane import GROUP, SUBSCRIPTION, TWINS, call, error
from .directory import READER, ask

DENIALS = {"MissingSubscription", "InvalidResourceType", "InvalidResourceNamespace", "MethodNotAllowed", "NotFound"}
"""What sounds as if Azure didn't have it."""
VALUES = {
    "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
    "resourceGroupName": "rg-twins",
    "sourceResourceGroupName": "rg-twins",
    "resourceProviderNamespace": "Microsoft.EventHub",
    "parentResourcePath": "namespaces/x",
    "resourceType": "eventhubs",
    "recordType": "A",
    "location": "westeurope",
    "scope": GROUP.strip("/"),
    "groupId": "x",
}
"""Values of path parameters. Every other one is `x`."""


def operations() -> Iterator[tuple[str, str, str]]:
    """Yield method, path and api-version of every operation of ARM in Microsoft's OpenAPI files."""
    folder = os.environ.get("AZURE_SPECS_DIR")
    for file in sorted(Path(folder).rglob("*.json")) if folder else ():
        if "examples" in file.parts or "recordings" in file.parts or "digitaltwins-data" in file.parts:
            continue
        described = json.loads(file.read_text("utf-8"))
        for path, methods in described.get("paths", {}).items() if isinstance(described, dict) else ():
            for method in methods:
                if method in ("get", "put", "post", "patch", "delete", "head"):
                    yield method.upper(), path, described["info"]["version"]


def test_no_operation_of_microsofts_files_is_denied(ready: Sandbox) -> None:
    found: Counter[str] = Counter()
    denied = []
    for method, template, version in operations():
        # An id as a whole is a path of its own; which one decides what's called, so the files' other rows cover it.
        if re.fullmatch(r"/\{\w+\}(\?.*)?", template) or (
            method == "DELETE" and template.endswith("{resourceGroupName}")
        ):
            found["simulated"] += 1
            continue
        path = re.sub(r"\{(\w+)\}", lambda hit: VALUES.get(hit[1], "x"), template.partition("?")[0])
        answer = call(
            ready, method, path, {} if method in ("PUT", "POST", "PATCH") else None, **{"api-version": version}
        )
        code = answer.json().get("error", {}).get("code", "") if answer.content else ""
        found["refused by name" if code == "SandboxNotSimulated" else "simulated"] += 1
        if code in DENIALS and not (code == "NotFound" and "operation" in path.lower()):
            denied.append(f"{method} {template}: {answer.status_code} {code}")
    if not found:
        pytest.skip("AZURE_SPECS_DIR names no copy of Microsoft's files")
    assert not denied, "\n".join(denied)
    assert found["simulated"] > found["refused by name"], found


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
