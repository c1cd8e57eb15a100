"""Instances in the control plane: names, creation, change, identity and deletion, as recorded from Azure."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.digitaltwins.models import CheckNameRequest

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.arm.digital_twins import instance_at
from runbook_lib.sandbox.arm.instance_lifecycle import CREATE_SECONDS, DELETE_SECONDS, UPDATE_SECONDS
from runbook_lib.sandbox.rbac import PROPAGATION_SECONDS
from runbook_lib.sandbox.roles import CONTRIBUTOR
from runbook_lib.sandbox.world import OTHER_CUSTOMERS_INSTANCE, PRODUCTION_ID, TENANT_ID, TRAINING_ID, persona

from ..azure import close_clients, http, management
from .control_plane import ARM, ASSIGNMENTS, GROUP, INSTANCES, SUBSCRIPTION, TWINS, call, error, instance, prepare

NEW = {"location": "westeurope"}
HOST = "my-twins.api.weu.digitaltwins.azure.net"
TAKEN = (
    "A DigitalTwins instance with the name '{}' already exists in region 'westeurope'. Please choose a different name."
)
GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def ready(sandbox: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with the provider registered and an empty group."""
    prepare(sandbox, clock)
    return sandbox


@pytest.fixture
def made(ready: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with an instance."""
    instance(ready, clock)
    return ready


def follow(sandbox: Sandbox, address: str) -> Any:
    return http(sandbox, "owner").get(address)


# ---- creation --------------------------------------------------------------------------------------------------------


def test_the_first_answer_of_a_creation(ready: Sandbox) -> None:
    answer = call(ready, "PUT", TWINS, {"location": "West Europe", "identity": {"type": "SystemAssigned"}})
    assert answer.status_code == 201
    body = answer.json()
    assert {name: body[name] for name in ("id", "name", "type", "location", "tags")} == {
        "id": TWINS, "name": "my-twins", "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
        "location": "westeurope", "tags": None,
    }  # fmt: skip
    assert body["identity"].keys() == {"type", "principalId", "tenantId"}
    assert (body["identity"]["type"], body["identity"]["tenantId"]) == ("SystemAssigned", TENANT_ID)
    upn = persona("owner").user_principal_name
    created = body["systemData"]["createdAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", created)
    assert body["systemData"] == {
        "createdBy": upn, "createdByType": "User", "createdAt": created,
        "lastModifiedBy": upn, "lastModifiedByType": "User", "lastModifiedAt": created,
    }  # fmt: skip
    assert body["properties"] == {
        "provisioningState": "Provisioning", "createdTime": created, "lastUpdatedTime": created, "hostName": None,
        "publicNetworkAccess": "Enabled",
    }  # fmt: skip


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
        "operationKind": "Create", "resourceKind": "DigitalTwinsInstance", "resourceGroupName": "rg-twins",
        "resourceName": "my-twins",
    }  # fmt: skip
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
    poller = management(ready).digital_twins.begin_create_or_update("rg-twins", "my-twins", {"location": "East US"})
    assert not poller.done()
    clock.advance(CREATE_SECONDS)
    created = poller.result()
    assert (created.host_name, created.location) == ("my-twins.api.eus.digitaltwins.azure.net", "eastus")
    assert (created.provisioning_state, created.identity, created.tags) == ("Succeeded", None, None)
    assert created.last_updated_time - created.created_time == clock.now() - created.created_time


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
    assert instance_at(ready.cloud, HOST) == ready.cloud.store.get("resource", TWINS)


def test_the_data_plane_finds_only_what_is_ready(ready: Sandbox, clock: ManualClock) -> None:
    call(ready, "PUT", TWINS, NEW)
    assert instance_at(ready.cloud, HOST) is None
    clock.advance(CREATE_SECONDS)
    assert call(ready, "GET", TWINS).status_code == 200
    assert instance_at(ready.cloud, HOST) is not None


def test_the_answer_has_the_fields_of_microsofts_example(made: Sandbox) -> None:
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of Microsoft's examples")
    example = json.loads((Path(folder) / "digitaltwins/2023-01-31/examples/DigitalTwinsGet_example.json").read_text())
    expected = example["responses"]["200"]["body"]
    found = call(made, "GET", TWINS).json()
    assert found.keys() >= expected.keys()
    assert found["properties"].keys() >= expected["properties"].keys() - {"privateEndpointConnections"}


# ---- names, regions, quota -------------------------------------------------------------------------------------------


def check_name(sandbox: Sandbox, name: str, region: str = "westeurope") -> Any:
    request = CheckNameRequest(name=name)
    return management(sandbox).digital_twins.check_name_availability(region, request)


def test_a_free_name(ready: Sandbox) -> None:
    found = check_name(ready, "my-twins")
    assert (found.name_available, found.reason, found.message) == (True, None, "'my-twins' is available.")


@pytest.mark.parametrize("name", ["my-twins", "MY-twins", OTHER_CUSTOMERS_INSTANCE])
def test_a_taken_name(made: Sandbox, name: str) -> None:
    found = check_name(made, name)
    assert (found.name_available, found.reason, found.message) == (False, "AlreadyExists", TAKEN.format(name))
    other_group = f"{SUBSCRIPTION}/resourceGroups/rg-other"
    call(made, "PUT", other_group, {"location": "westeurope"})
    answer = call(made, "PUT", f"{other_group}{INSTANCES}/{name}", NEW)
    assert error(answer) == (409, "Conflict", TAKEN.format(name))
    assert "x-ms-failure-cause" not in answer.headers


def test_a_name_is_taken_only_in_its_region(made: Sandbox) -> None:
    assert check_name(made, "my-twins", "eastus").name_available
    assert not check_name(made, OTHER_CUSTOMERS_INSTANCE, "eastus").name_available


def test_a_name_is_taken_for_every_subscription(made: Sandbox) -> None:
    client = management(made, "owner", TRAINING_ID)
    assert client.digital_twins.get("rg-twins", "my-twins").host_name == HOST
    made.cloud.store.put("provider-registration", f"{PRODUCTION_ID}/Microsoft.DigitalTwins", {"state": "Registered"})
    for assignment in made.cloud.store.list("role-assignment", f"/subscriptions/{PRODUCTION_ID}/"):
        key = f"{assignment['scope']}{ASSIGNMENTS}/{assignment['name']}"
        made.cloud.store.put("role-assignment", key, {**assignment, "role": CONTRIBUTOR})
    elsewhere = TWINS.replace(TRAINING_ID, PRODUCTION_ID)
    call(made, "PUT", elsewhere.partition("/providers")[0], {"location": "westeurope"})
    assert error(call(made, "PUT", elsewhere, NEW)) == (409, "Conflict", TAKEN.format("my-twins"))


@pytest.mark.parametrize("name", ["ab", "a" * 64, "-abc", "abc-", "a_b", "a.b", "äbc"])
def test_a_name_that_breaks_the_rule(ready: Sandbox, name: str) -> None:
    found = check_name(ready, name)
    assert (found.name_available, found.reason) == (False, "Invalid")
    assert error(call(ready, "PUT", f"{GROUP}{INSTANCES}/{name}", NEW)) == (400, "BadRequest", found.message)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "A1-", "123"])
def test_names_at_the_edge_of_the_rule(ready: Sandbox, name: str) -> None:
    assert check_name(ready, name).name_available is not name.endswith("-")


@pytest.mark.parametrize("name", ["xbox", "My-Windows-Twins", "microsoft1", "login-twins"])
def test_a_trademark_is_no_name(ready: Sandbox, name: str) -> None:
    assert error(call(ready, "PUT", f"{GROUP}{INSTANCES}/{name}", NEW)) == (
        400, "ReservedResourceName", f"The resource name {name} or a part of the name is a trademarked or reserved word.",
    )  # fmt: skip


def test_a_name_may_hold_a_word_that_is_reserved_only_as_a_whole(ready: Sandbox) -> None:
    assert call(ready, "PUT", f"{GROUP}{INSTANCES}/xbox-twins", NEW).status_code == 201


def test_a_reader_may_not_even_check_a_name(ready: Sandbox) -> None:
    with pytest.raises(HttpResponseError, match="Microsoft.DigitalTwins/locations/checkNameAvailability/action"):
        management(ready, "reader").digital_twins.check_name_availability("westeurope", CheckNameRequest(name="abc"))


def test_a_name_check_in_a_region_without_the_service(ready: Sandbox) -> None:
    url = f"{SUBSCRIPTION}/providers/Microsoft.DigitalTwins/locations/westus/checkNameAvailability"
    body = {"name": "abc", "type": "Microsoft.DigitalTwins/digitalTwinsInstances"}
    assert error(call(ready, "POST", url, body))[:2] == (400, "NoRegisteredProviderFound")
    assert error(call(ready, "POST", url.replace("westus", "eastus"), {"name": "abc"}))[:2] == (400, "BadRequest")


def test_one_instance_too_many_in_a_region(ready: Sandbox) -> None:
    for number in range(10):
        assert call(ready, "PUT", f"{GROUP}{INSTANCES}/twins-{number}", NEW).status_code == 201
    assert error(call(ready, "PUT", TWINS, NEW)) == (
        400,
        "BadRequest",
        f"Subscription '{TRAINING_ID}' has '10' instances in this region. "
        "Please visit http://aka.ms/dtv2limits for details.",
    )
    assert call(ready, "PUT", TWINS, {"location": "eastus"}).status_code == 201


def test_an_instance_stays_where_it_is(made: Sandbox) -> None:
    assert error(call(made, "PUT", TWINS, {"location": "East US"})) == (
        409,
        "InvalidResourceLocation",
        "The resource 'my-twins' already exists in location 'westeurope' in resource group 'rg-twins'. A resource with "
        "the same name cannot be created in location 'eastus'. Please select a new resource name.",
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"identity": {}}, "InvalidRequestContent"),
        ({"identity": {"type": "Cat"}}, "InvalidRequestContent"),
        ({"identity": "SystemAssigned"}, "InvalidRequestContent"),
        ({"properties": "none"}, "InvalidRequestContent"),
        ({"properties": {"publicNetworkAccess": "Maybe"}}, "BadRequest"),
        ({"tags": {"a": 1}}, "InvalidRequestContent"),
        ({"tags": {"a/b": "c"}}, "InvalidTagNameCharacters"),
    ],
)
def test_bodies_that_are_refused_leave_nothing_behind(ready: Sandbox, body: dict[str, Any], code: str) -> None:
    assert error(call(ready, "PUT", TWINS, {**NEW, **body}))[:2] == (400, code)
    assert call(ready, "GET", TWINS).status_code == 404
    assert check_name(ready, "my-twins").name_available


def test_an_identity_without_a_type(ready: Sandbox) -> None:
    assert error(call(ready, "PUT", TWINS, {**NEW, "identity": {}}))[2] == (
        "The request content was invalid and could not be deserialized: "
        "'Required property 'type' not found in JSON. Path 'identity'.'."
    )


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


def test_lists_show_what_the_caller_may_read(made: Sandbox, clock: ManualClock) -> None:
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


# ---- change ----------------------------------------------------------------------------------------------------------


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


def test_the_sdk_updates(made: Sandbox, clock: ManualClock) -> None:
    patch: Any = {"identity": {"type": "SystemAssigned"}}
    poller = management(made).digital_twins.begin_update("rg-twins", "my-twins", patch)
    clock.advance(UPDATE_SECONDS)
    updated = poller.result()
    assert updated.identity.principal_id
    assert updated.provisioning_state == "Succeeded"


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
    poller = management(ready, "contributor").digital_twins.begin_create_or_update("rg-twins", "my-twins", dict(NEW))
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
