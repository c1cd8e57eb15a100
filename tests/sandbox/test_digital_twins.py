"""Instances in the control plane: creation, reading, operations and deletion, as recorded from Azure."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.arm.digital_twins import instance_at
from runbook_lib.sandbox.arm.digital_twins.lifecycle import CREATE_SECONDS, DELETE_SECONDS
from runbook_lib.sandbox.rbac import PROPAGATION_SECONDS
from runbook_lib.sandbox.world import PRODUCTION_ID, TENANT_ID, TRAINING_ID, persona

from ..azure import close_clients, management
from .control_plane import (
    ARM,
    ASSIGNMENTS,
    GROUP,
    HOST,
    INSTANCES,
    NEW,
    SUBSCRIPTION,
    TWINS,
    begin_create,
    call,
    check_name,
    error,
    follow,
    instance,
    prepare,
)

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


# ---- creation --------------------------------------------------------------------------------------------------------


def test_the_first_answer_of_a_creation(ready: Sandbox) -> None:
    answer = call(ready, "PUT", TWINS, {"location": "West Europe", "identity": {"type": "SystemAssigned"}})
    assert answer.status_code == 201
    body = answer.json()
    assert {name: body[name] for name in ("id", "name", "type", "location", "tags")} == {
        "id": TWINS,
        "name": "my-twins",
        "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
        "location": "westeurope",
        "tags": None,
    }
    assert body["identity"].keys() == {"type", "principalId", "tenantId"}
    assert (body["identity"]["type"], body["identity"]["tenantId"]) == ("SystemAssigned", TENANT_ID)
    upn = persona("owner").user_principal_name
    created = body["systemData"]["createdAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", created)
    assert body["systemData"] == {
        "createdBy": upn,
        "createdByType": "User",
        "createdAt": created,
        "lastModifiedBy": upn,
        "lastModifiedByType": "User",
        "lastModifiedAt": created,
    }
    assert body["properties"] == {
        "provisioningState": "Provisioning",
        "createdTime": created,
        "lastUpdatedTime": created,
        "hostName": None,
        "publicNetworkAccess": "Enabled",
    }


def test_the_first_headers_of_a_creation(ready: Sandbox) -> None:
    headers = call(ready, "PUT", TWINS, NEW).headers
    regional = f"{ARM}{SUBSCRIPTION}/providers/Microsoft.DigitalTwins/locations/westeurope"
    status = rf"{re.escape(regional)}/operationsStatuses/{GUID}\?api-version=2023-01-31"
    assert re.fullmatch(status, headers["Azure-AsyncOperation"])
    found = re.fullmatch(
        rf"{re.escape(regional)}/operationResults/([\w=-]+)\?api-version=2023-01-31", headers["Location"]
    )
    assert found
    assert json.loads(base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))) == {
        "operationKind": "Create",
        "resourceKind": "DigitalTwinsInstance",
        "resourceGroupName": "rg-twins",
        "resourceName": "my-twins",
    }
    assert headers["Retry-After"] == "10"
    assert headers["Server"] == "Kestrel"
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", headers["traceresponse"])


def test_polls_of_the_status_address(ready: Sandbox, clock: ManualClock) -> None:
    address = call(ready, "PUT", TWINS, NEW).headers["Azure-AsyncOperation"]
    clock.advance(CREATE_SECONDS - 1)
    running = follow(ready, address)
    name = re.search(GUID + r"(?=\?)", address)
    assert name
    assert running.status_code == 200
    assert running.json().keys() == {"id", "name", "status", "startTime"}
    assert running.json()["id"] == f"{SUBSCRIPTION}/locations/westeurope/operationsStatuses/{name[0]}"
    assert (running.json()["name"], running.json()["status"]) == (name[0], "Running")
    assert "Retry-After" not in running.headers
    assert call(ready, "GET", TWINS).json()["properties"]["hostName"] is None
    clock.advance(1)
    done = follow(ready, address).json()
    assert done["status"] == "Succeeded"
    assert done["endTime"] > done["startTime"]
    properties = call(ready, "GET", TWINS).json()["properties"]
    assert (properties["provisioningState"], properties["hostName"]) == ("Succeeded", HOST)


def test_polls_of_the_result_address(ready: Sandbox, clock: ManualClock) -> None:
    address = call(ready, "PUT", TWINS, NEW).headers["Location"]
    running = follow(ready, address)
    assert (running.status_code, running.headers["Retry-After"]) == (201, "10")
    assert running.json()["properties"]["provisioningState"] == "Provisioning"
    clock.advance(CREATE_SECONDS)
    done = follow(ready, address)
    assert (done.status_code, done.json()["properties"]["hostName"]) == (200, HOST)
    address = call(ready, "DELETE", TWINS).headers["Location"]
    assert follow(ready, address).status_code == 202
    clock.advance(DELETE_SECONDS)
    gone = follow(ready, address)
    assert (gone.status_code, gone.content) == (204, b"")


def test_the_sdk_waits_for_the_end(ready: Sandbox, clock: ManualClock) -> None:
    poller = begin_create(ready, location="East US")
    assert not poller.done()
    clock.advance(CREATE_SECONDS)
    created = poller.result()
    assert (created.host_name, created.location) == ("my-twins.api.eus.digitaltwins.azure.net", "eastus")
    assert (created.provisioning_state, created.identity, created.tags) == ("Succeeded", None, None)
    assert (created.last_updated_time - created.created_time).total_seconds() == CREATE_SECONDS


def test_an_application_creates_under_its_client_id(ready: Sandbox) -> None:
    data = call(ready, "PUT", TWINS, NEW, persona="setup-pipeline").json()["systemData"]
    assert (data["createdBy"], data["createdByType"]) == (persona("setup-pipeline").app_id, "Application")


@pytest.mark.parametrize("pace", [Pace.INSTANT, Pace.BRISK])
def test_at_a_faster_pace_clients_are_told_to_come_back_in_a_second(pace: Pace) -> None:
    clock = ManualClock()
    with Sandbox(clock=clock, pace=pace) as sandbox:
        prepare(sandbox, clock)
        first = call(sandbox, "PUT", TWINS, NEW)
        assert first.headers["Retry-After"] == "1"
        poll = follow(sandbox, first.headers["Azure-AsyncOperation"])
        expected = ("Succeeded", None) if pace is Pace.INSTANT else ("Running", "1")
        assert (poll.json()["status"], poll.headers.get("Retry-After")) == expected
        clock.advance(CREATE_SECONDS / 10)
        assert follow(sandbox, first.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
        close_clients(sandbox)


def test_the_case_of_a_name_is_kept_and_means_nothing(ready: Sandbox, clock: ManualClock) -> None:
    created = instance(ready, clock, "My-Twins")
    assert created.host_name == f"My-Twins.{HOST.partition('.')[2]}"
    assert call(ready, "GET", TWINS).json()["name"] == "My-Twins"
    assert instance_at(ready.cloud.store, HOST) == ready.cloud.store.get("resource", TWINS)


def test_the_data_plane_finds_only_what_is_ready(ready: Sandbox, clock: ManualClock) -> None:
    call(ready, "PUT", TWINS, NEW)
    assert instance_at(ready.cloud.store, HOST) is None
    clock.advance(CREATE_SECONDS)
    assert call(ready, "GET", TWINS).status_code == 200
    assert instance_at(ready.cloud.store, HOST) is not None


def test_the_answer_has_the_fields_of_microsofts_example(made: Sandbox) -> None:
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of Microsoft's examples")
    example = json.loads((Path(folder) / "digitaltwins/2023-01-31/examples/DigitalTwinsGet_example.json").read_text())
    expected = example["responses"]["200"]["body"]
    found = call(made, "GET", TWINS).json()
    assert found.keys() >= expected.keys()
    assert found["properties"].keys() >= expected["properties"].keys()


def test_when_an_instance_lists_its_connections(ready: Sandbox, clock: ManualClock) -> None:
    # Recorded three times with api-version 2023-01-31 (azure-mgmt-digitaltwins 6.4.0).
    assert "privateEndpointConnections" not in call(ready, "PUT", TWINS, NEW).json()["properties"]
    clock.advance(CREATE_SECONDS)
    assert call(ready, "GET", TWINS).json()["properties"]["privateEndpointConnections"] == []
    assert "privateEndpointConnections" not in call(ready, "DELETE", TWINS).json()["properties"]


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_an_instance_that_is_not_there(ready: Sandbox) -> None:
    answer = call(ready, "GET", TWINS)
    assert error(answer) == (
        404,
        "ResourceNotFound",
        "The Resource 'Microsoft.DigitalTwins/digitalTwinsInstances/my-twins' under resource group 'rg-twins' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    with pytest.raises(ResourceNotFoundError):
        management(ready).digital_twins.get("rg-twins", "my-twins")


def test_lists_show_what_the_caller_may_read(made: Sandbox) -> None:
    other = f"{SUBSCRIPTION}/resourceGroups/rg-twins2"
    call(made, "PUT", other, {"location": "westeurope"})
    call(made, "PUT", f"{other}{INSTANCES}/others", NEW)
    client = management(made).digital_twins
    assert [i.name for i in client.list()] == ["my-twins", "others"]
    assert [i.name for i in client.list_by_resource_group("rg-twins")] == ["my-twins"]
    readers = made.cloud.store.list("role-assignment", SUBSCRIPTION + "/")
    document = next(a for a in readers if a["principalId"] == persona("reader").id)
    made.cloud.store.delete("role-assignment", f"{SUBSCRIPTION}{ASSIGNMENTS}/{document['name']}")
    made.cloud.store.put("role-assignment", f"{other}{ASSIGNMENTS}/{document['name']}", {**document, "scope": other})
    assert [i.name for i in management(made, "reader").digital_twins.list()] == ["others"]


def test_the_providers_operations(sandbox: Sandbox) -> None:
    names = {str(o.name) for o in management(sandbox, "reader").operations.list()}
    assert {"Microsoft.DigitalTwins/digitalTwinsInstances/write", "Microsoft.DigitalTwins/models/read"} <= names


# ---- deletion --------------------------------------------------------------------------------------------------------


def test_deletion_takes_a_while_and_frees_the_name(made: Sandbox, clock: ManualClock) -> None:
    made.cloud.store.put("model", f"{HOST}/dtmi:a;1", {"id": "dtmi:a;1"})
    made.cloud.store.put("model", f"{HOST}.other/dtmi:a;1", {"id": "dtmi:a;1"})
    begun = call(made, "DELETE", TWINS)
    assert (begun.status_code, begun.json()["properties"]["provisioningState"]) == (202, "Deleting")
    assert begun.headers["Retry-After"] == "10"
    clock.advance(DELETE_SECONDS - 1)
    again = call(made, "DELETE", TWINS)
    assert (again.status_code, again.headers["Azure-AsyncOperation"]) == (202, begun.headers["Azure-AsyncOperation"])
    assert not check_name(made, "my-twins").name_available
    clock.advance(1)
    assert follow(made, begun.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert error(call(made, "GET", TWINS))[1] == "ResourceNotFound"
    assert call(made, "GET", f"{GROUP}{INSTANCES}").json()["value"] == []
    assert check_name(made, "my-twins").name_available
    assert len(made.cloud.store.list("model")) == 1
    absent = call(made, "DELETE", TWINS)
    assert (absent.status_code, absent.content) == (204, b"")


def test_the_sdk_deletes(made: Sandbox, clock: ManualClock) -> None:
    poller = management(made).digital_twins.begin_delete("rg-twins", "my-twins")
    clock.advance(DELETE_SECONDS)
    poller.wait()
    assert list(management(made).digital_twins.list()) == []


# ---- operations ------------------------------------------------------------------------------------------------------


def test_who_has_rights_on_the_group_only_can_follow_the_work(ready: Sandbox, clock: ManualClock) -> None:
    documents = ready.cloud.store.list("role-assignment", f"{SUBSCRIPTION}/")
    document = next(a for a in documents if a["principalId"] == persona("contributor").id)
    ready.cloud.store.delete("role-assignment", f"{SUBSCRIPTION}{ASSIGNMENTS}/{document['name']}")
    ready.cloud.store.put("role-assignment", f"{GROUP}{ASSIGNMENTS}/{document['name']}", {**document, "scope": GROUP})
    poller = begin_create(ready, "contributor")
    clock.advance(CREATE_SECONDS + PROPAGATION_SECONDS)
    assert poller.result().host_name == HOST


def test_an_operation_that_is_unknown_or_somebody_elses(ready: Sandbox) -> None:
    address = call(ready, "PUT", TWINS, NEW).headers["Azure-AsyncOperation"]
    unknown = re.sub(GUID + r"(?=\?)", "11111111-2222-3333-4444-555555555555", address)
    assert error(follow(ready, unknown))[:2] == (404, "NotFound")
    elsewhere = address.replace(TRAINING_ID, PRODUCTION_ID)
    ready.cloud.store.put("provider-registration", f"{PRODUCTION_ID}/Microsoft.DigitalTwins", {"state": "Registered"})
    assert error(follow(ready, elsewhere))[:2] == (404, "NotFound")
    results = address.partition("/operationsStatuses")[0] + "/operationResults/bm9uc2Vuc2U?api-version=2023-01-31"
    assert error(follow(ready, results))[:2] == (404, "NotFound")
    ready.cloud.store.delete_all("role-assignment", f"{SUBSCRIPTION}/")
    assert error(follow(ready, address))[:2] == (403, "AuthorizationFailed")


def test_work_goes_on_over_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    with Sandbox(clock=clock, pace=Pace.REAL, path=tmp_path / "state.db") as sandbox:
        prepare(sandbox, clock)
        address = call(sandbox, "PUT", TWINS, NEW).headers["Azure-AsyncOperation"]
        close_clients(sandbox)
    clock.advance(CREATE_SECONDS)
    with Sandbox(clock=clock, pace=Pace.REAL, path=tmp_path / "state.db") as sandbox:
        assert follow(sandbox, address).json()["status"] == "Succeeded"
        assert call(sandbox, "GET", TWINS).json()["properties"]["hostName"] == HOST
        close_clients(sandbox)
