"""The checker that judges the other sandbox tests must itself be right: it accepts the real thing and finds a fault."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from runbook_lib.sandbox.http import Answer, Request
from tests.sandbox.openapi import Checker, Operation, Specification, specification
from tests.sandbox.openapi_errata import KNOWN_FAULTS

SPECS = os.environ.get("AZURE_SPECS_DIR", "")
pytestmark = pytest.mark.skipif(not SPECS, reason="AZURE_SPECS_DIR does not say where Microsoft's OpenAPI files are")

INSTANCE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-1"
    "/providers/Microsoft.DigitalTwins/digitalTwinsInstances/twins-1"
)
TWINS_HOST = "twins-1.api.weu.digitaltwins.azure.net"
QUOTED = (
    # azure-sdk-for-net recording, June 2022
    (TWINS_HOST, "/models", Answer(401, {"statusCode": 401, "message": "Unauthorized"})),
    # digital-twins-samples issue 22
    (TWINS_HOST, "/models", Answer(403)),
    # the article how-to-enable-private-link, Troubleshoot
    (TWINS_HOST, "/models", Answer(403, {"statusCode": 403, "message": "Public network access disabled by policy."})),
    ("management.azure.com", "/subscriptions", Answer(200, {"value": [], "count": {"type": "Total", "value": 0}})),
)


@pytest.fixture
def files() -> Specification:
    return specification(SPECS)


@pytest.fixture
def checker(files: Specification) -> Checker:
    return Checker(files)


def arm(method: str, path: str) -> Request:
    return Request.build(method, "management.azure.com", path, "", {}, b"")


def instance(**properties: Any) -> dict[str, Any]:
    """An instance as the service was recorded to answer right after the PUT."""
    body = {"provisioningState": "Provisioning", "hostName": None, "publicNetworkAccess": "Enabled", **properties}
    return {
        "id": INSTANCE,
        "name": "twins-1",
        "location": "westeurope",
        "tags": None,
        "identity": None,
        "properties": body,
    }


def recorded(name: str) -> Iterator[tuple[Request, Answer]]:
    for exchange in json.loads((Path(SPECS) / "recordings" / name).read_text("utf-8"))["interactions"]:
        url = urlsplit(exchange["request"]["uri"])
        sent = Request.build(exchange["request"]["method"], url.hostname or "", url.path, url.query, {}, b"")
        got = exchange["response"]
        yield sent, Answer(got["status"], got["body"], {}, got["headers"].get("content-type", "application/json"))


def examples(files: Specification) -> Iterator[tuple[Operation, str, Answer]]:
    for folder in sorted(Path(SPECS).glob("*/*/examples")):
        named = {
            Path(reference["$ref"]).name: operation["operationId"]
            for path in folder.parent.glob("*.json")
            for item in json.loads(path.read_text("utf-8")).get("paths", {}).values()
            for operation in item.values()
            if isinstance(operation, dict)
            for reference in operation.get("x-ms-examples", {}).values()
        }
        for operation in files.operations:
            if operation.version != folder.parent.name:
                continue
            for path in (p for p in folder.glob("*.json") if named.get(p.name) == operation.name):
                for status, response in json.loads(path.read_text("utf-8"))["responses"].items():
                    yield operation, path.name, Answer(int(status), response.get("body"))


def test_microsofts_own_examples_conform(files: Specification) -> None:
    judged = list(examples(files))
    violations = [v for operation, _, answer in judged for v in files.violations(operation, answer)]
    unexplained = [str(v) for v in violations if not any(f.covers(v) for f in KNOWN_FAULTS)]
    assert unexplained == []
    assert len(judged) > 140


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("controlplane-privateendpoint-digitaltwins.json", 22),
        ("arm-graph-selected.json", 23),
        ("dataplane-success.json", 22),
        ("dataplane-errors.json", 31),
    ],
)
def test_recordings_of_the_real_service_conform(checker: Checker, name: str, at_least: int) -> None:
    for request, answer in recorded(name):
        checker(request, answer)
    assert checker.verdict() == ""
    assert checker.validated.total() >= at_least


def instance_with_recorded_connection() -> tuple[str, Answer]:
    """Microsoft's example of an instance that lists its connections, with one as the live service showed it."""
    folder = Path(SPECS) / "digitaltwins/2023-01-31/examples"
    example = json.loads((folder / "DigitalTwinsGet_WithPrivateEndpointConnection_example.json").read_text("utf-8"))
    shown = example["responses"]["200"]["body"]
    exchanges = recorded("controlplane-privateendpoint-digitaltwins.json")
    live = next(a.body["value"] for r, a in exchanges if r.path.endswith("/privateEndpointConnections"))
    shown["properties"]["privateEndpointConnections"] = live
    return shown["id"], Answer(200, shown)


def recorded_in_2023() -> list[tuple[str, str, Answer]]:
    """Microsoft's examples with what azure-mgmt-digitaltwins 6.4.0 recorded, and the article's example of what-if."""
    folder = Path(SPECS) / "digitaltwins/2023-01-31/examples"

    def example(name: str, status: str) -> Any:
        return json.loads((folder / f"{name}_example.json").read_text("utf-8"))["responses"][status]["body"]

    endpoint = example("DigitalTwinsEndpointDelete", "202") | {"systemData": None}
    delta = [{"path": "tags.Owner", "propertyChangeType": "Modify", "before": "A", "after": "B"}]
    change = {"resourceId": INSTANCE, "changeType": "Modify", "delta": delta}
    group = INSTANCE.partition("/providers/")[0]
    return [
        ("DELETE", f"{INSTANCE}/endpoints/e-1", Answer(202, endpoint)),
        (
            "POST",
            f"{group}/providers/Microsoft.Resources/deployments/d-1/whatIf",
            Answer(200, {"status": "Succeeded", "properties": {"changes": [change]}}),
        ),
    ]


def test_every_known_fault_is_seen_in_a_recording_or_quoted_answer(checker: Checker) -> None:
    for name in ("controlplane-privateendpoint-digitaltwins.json", "arm-graph-selected.json", "dataplane-errors.json"):
        for request, answer in recorded(name):
            checker(request, answer)
    listed = json.loads((Path(SPECS) / "authorization" / "roleDefinitions-selected.json").read_text("utf-8"))
    roles = Answer(200, {"value": [entry["definition"] for entry in listed]})
    quoted = (
        *QUOTED,
        ("management.azure.com", "/providers/Microsoft.Authorization/roleDefinitions", roles),
        ("management.azure.com", *instance_with_recorded_connection()),
    )
    for host, path, answer in quoted:
        checker(Request.build("GET", host, path, "", {}, b""), answer)
    for method, path, answer in recorded_in_2023():
        checker(arm(method, path), answer)
    assert checker.verdict() == ""
    assert set(checker.excused) == set(KNOWN_FAULTS)


def test_an_instance_as_recorded_is_accepted(checker: Checker) -> None:
    checker(arm("PUT", INSTANCE), Answer(201, instance()))
    assert checker.verdict() == ""
    assert checker.validated == {"DigitalTwins_CreateOrUpdate": 1}


@pytest.mark.parametrize(
    ("answer", "place", "message"),
    [
        (Answer(201, instance(provisioningState="Baking")), "/properties/provisioningState", "is not one of"),
        (Answer(201, instance(createdTime="yesterday")), "/properties/createdTime", "date-time"),
        (Answer(201, {**instance(), "tags": {"team": 1}}), "/tags", "anyOf"),
        (Answer(201, [instance()]), "", "is not of type"),
        (Answer(202, instance()), "", "only 'default' covers"),
        (Answer(200, None), "", "has no body"),
        (Answer(200, "<html>", {}, "text/html"), "", "content type is text/html"),
        (Answer(404, {"code": "ResourceNotFound"}), "/error", "without code and message"),
    ],
)
def test_a_planted_fault_is_found(checker: Checker, answer: Answer, place: str, message: str) -> None:
    checker(arm("PUT", INSTANCE), answer)
    assert any(v.place == place and message in v.message for v in checker.violations), checker.violations
    assert f"DigitalTwins_CreateOrUpdate {answer.status} at {place or '(answer)'}: " in checker.verdict()


def test_a_body_where_none_is_declared_is_found(checker: Checker) -> None:
    checker(arm("DELETE", INSTANCE), Answer(204, {}))
    assert [v.message for v in checker.violations] == ["has a body where none is declared"]


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("get", "/subscriptions", "Subscriptions_List"),
        ("get", "/subscriptions/s-1/resourceGroups/rg-1", "ResourceGroups_Get"),
        ("put", INSTANCE.upper(), "DigitalTwins_CreateOrUpdate"),
        ("get", f"{INSTANCE}/endpoints/e-1", "DigitalTwinsEndpoint_Get"),
        ("put", f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/a-1", "RoleAssignments_Create"),
        ("get", f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments", "RoleAssignments_ListForResource"),
        ("get", "/providers/Microsoft.Authorization/roleDefinitions/d-1", "RoleDefinitions_Get"),
        ("get", f"{INSTANCE}/providers/Microsoft.Authorization/permissions", "Permissions_ListForResource"),
        ("get", "/subscriptions/s-1/providers/Microsoft.Authorization/permissions", "Permissions_ListForResourceGroup"),
        ("post", "/subscriptions/s-1/providers/Microsoft.DigitalTwins/register", "Providers_Register"),
        ("get", "/subscriptions/s-1/providers/Microsoft.DigitalTwins/locations/weu/operationsStatuses/o-1", None),
        ("get", f"{INSTANCE}/privateEndpointConnections/p-1/operationResults/o-1", None),
        ("get", "/models", None),
    ],
)
def test_the_most_literal_template_is_found(
    files: Specification, method: str, path: str, operation: str | None
) -> None:
    found = files.find(method.upper(), "management.azure.com", path)
    assert (found.name if found else None) == operation


def test_however_long_an_address_is_its_operation_is_found_at_once(files: Specification) -> None:
    address = "/subscriptions/s-1/resourceGroups/rg-1/providers/" + "x/" * 3000
    found = files.find("HEAD", "management.azure.com", address)
    assert found and found.name == "Resources_CheckExistence"


NOT_FOUND = {"error": {"code": "InvalidResourceType", "message": "There is none."}}


@pytest.mark.parametrize(
    ("method", "host", "path", "answer"),
    [
        ("GET", "graph.microsoft.com", "/v1.0/me", Answer(200, {"anything": True})),
        ("GET", "management.azure.com", "/subscriptions/s-1/nonsense", Answer(404, NOT_FOUND)),
        ("POST", "management.azure.com", "/subscriptions/s-1/providers/A.B/c/d/listKeys", Answer(200, {"key": "k"})),
    ],
)
def test_a_call_that_no_file_describes_is_counted_not_judged(
    checker: Checker, method: str, host: str, path: str, answer: Answer
) -> None:
    checker(Request.build(method, host, path, "", {}, b""), answer)
    assert checker.verdict() == ""
    assert not checker.validated
    assert checker.ignored == {f"{method} {host}": 1}


@pytest.mark.parametrize("answer", [Answer(200, {"value": []}), Answer(404, {"code": "NotFound"}), Answer(404, "none")])
def test_an_address_that_no_file_has_must_be_refused_in_words(checker: Checker, answer: Answer) -> None:
    checker(arm("GET", "/subscriptions/s-1/nonsense"), answer)
    assert [v.message for v in checker.violations] == ["no file describes this call"]


def test_the_list_of_another_providers_resources_has_the_shape_of_all_lists(checker: Checker) -> None:
    path = "/subscriptions/s-1/resourceGroups/rg-1/providers/Microsoft.Storage/storageAccounts"
    checker(arm("GET", path), Answer(200, {"value": {}}))
    assert checker.validated == {"Resources_List": 1}
    assert [v.place for v in checker.violations] == ["/value"]
