"""Bulk jobs: through the SDK's own (generated) operations, with files that azure-storage-blob brings and fetches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient
from azure.digitaltwins.core._generated.models import ImportJobsListOptions
from azure.storage.blob import BlobServiceClient, ContainerClient

from runbook_lib.sandbox import Effect, Fault, ManualClock, Sandbox
from runbook_lib.sandbox.roles import (
    DATA_OWNER,
    DATA_READER,
    STORAGE_BLOB_DATA_CONTRIBUTOR,
    STORAGE_BLOB_DATA_READER,
)
from tests.azure import data_plane
from tests.sandbox.control_plane import GROUP, HOST, SUBSCRIPTION, TWINS, assigned, call, given_role, stripped
from tests.sandbox.data_plane.job_files import (
    CONTAINER,
    GRAPH,
    INPUT,
    LINK,
    LONG,
    MODELS,
    OUTPUT,
    TWINS_OF_FILE,
    ndjson,
)
from tests.sandbox.finished_instance import VERSION, Place, code
from tests.sandbox.storage_clients import ENDPOINT, make_account


@pytest.fixture
def container(made: Sandbox, clock: ManualClock) -> Iterator[ContainerClient]:
    """A container that the instance's identity can use, and an owner of the instance's data."""
    client: BlobServiceClient = make_account(made, clock)
    assigned(made, clock, DATA_OWNER, TWINS, "owner")
    imports = client.create_container("imports")
    principal = call(made, "GET", TWINS).json()["identity"]["principalId"]
    given_role(made, clock, STORAGE_BLOB_DATA_CONTRIBUTOR, CONTAINER, principal, "ServicePrincipal")
    yield imports


@pytest.fixture
def twins(made: Sandbox, container: ContainerClient) -> DigitalTwinsClient:
    return data_plane(made, "owner", HOST)


def jobs(client: DigitalTwinsClient) -> Any:
    """The SDK's operations for imports, which it doesn't show at its front door."""
    return client._client.import_jobs


def deletions(client: DigitalTwinsClient) -> Any:
    return client._client.delete_jobs


def delete_all(client: DigitalTwinsClient, name: str, minutes: int) -> Any:
    """Begin a deletion. The SDK takes both values from its client's configuration."""
    configuration: Any = client._client._config
    configuration.operation_id, configuration.timeout_in_minutes = name, minutes
    return deletions(client).begin_add(polling=False).result()


def begin(client: DigitalTwinsClient, name: str = "job-1", source: str = INPUT, target: str = OUTPUT) -> Any:
    return jobs(client).add(name, {"inputBlobUri": source, "outputBlobUri": target})


def log_of(container: ContainerClient) -> list[dict[str, Any]]:
    lines = container.download_blob("log.txt").readall().splitlines()
    return [json.loads(line) for line in lines]


def test_a_graph_arrives_section_by_section(
    twins: DigitalTwinsClient, container: ContainerClient, clock: ManualClock
) -> None:
    container.upload_blob("graph.ndjson", GRAPH)
    job = begin(twins)
    assert (job.id, job.status, job.input_blob_uri, job.output_blob_uri) == ("job-1", "notstarted", INPUT, OUTPUT)
    assert (job.finished_date_time, job.error) == (None, None)
    assert job.created_date_time == job.last_action_date_time < job.purge_date_time
    clock.advance(3)
    assert jobs(twins).get_by_id("job-1").status == "running"
    assert list(twins.list_models()) == []
    clock.advance(2.1)
    assert jobs(twins).get_by_id("job-1").status == "running"
    assert len(list(twins.list_models())) == 2
    clock.advance(LONG)
    done = jobs(twins).get_by_id("job-1")
    assert (done.status, done.error) == ("succeeded", None)
    assert done.finished_date_time == done.last_action_date_time > done.created_date_time
    assert twins.get_digital_twin("twin1")["property1"] == 10
    [relationship] = twins.list_relationships("twin0")
    assert (relationship["$targetId"], relationship["relationshipproperty1"]) == ("twin1", "value")
    log = log_of(container)
    assert log[0].keys() == {"timestamp", "jobId", "jobType", "logType", "details"}
    assert {(line["jobId"], line["jobType"], line["logType"]) for line in log} == {("job-1", "Import", "Info")}
    sections = [
        {"section": name, "status": status}
        for name in ("Models", "Twins", "Relationships")
        for status in ("Started", "Succeeded")
    ]
    assert [line["details"] for line in log] == [{"status": "Started"}, *sections, {"status": "Succeeded"}]
    properties = container.get_blob_client("log.txt").get_blob_properties()
    assert str(properties.blob_type) == "BlobType.APPENDBLOB"


def test_a_cancelled_import_leaves_what_it_has_done(
    twins: DigitalTwinsClient, container: ContainerClient, clock: ManualClock
) -> None:
    container.upload_blob("graph.ndjson", GRAPH)
    begin(twins)
    clock.advance(5.1)
    with pytest.raises(HttpResponseError) as early:
        jobs(twins).delete("job-1")
    assert code(early) == "ValidationFailed"
    assert jobs(twins).cancel("job-1").status == "cancelling"
    clock.advance(LONG)
    assert jobs(twins).get_by_id("job-1").status == "cancelled"
    assert (len(list(twins.list_models())), list(twins.query_twins("SELECT * FROM digitaltwins"))) == (2, [])
    with pytest.raises(HttpResponseError) as late:
        jobs(twins).cancel("job-1")
    assert code(late) == "ValidationFailed"
    with pytest.raises(HttpResponseError) as again:
        begin(twins)
    assert code(again) == "ValidationFailed"
    jobs(twins).delete("job-1")
    with pytest.raises(ResourceNotFoundError) as gone:
        jobs(twins).get_by_id("job-1")
    assert code(gone) == "ImportJobNotFound"
    container.upload_blob("graph.ndjson", ndjson(Twins=TWINS_OF_FILE), overwrite=True)
    begin(twins)  # the id can be used again
    assert finished(twins, clock).status == "succeeded"


def finished(client: DigitalTwinsClient, clock: ManualClock, name: str = "job-1") -> Any:
    """Let a job come to its end."""
    clock.advance(LONG)
    job = jobs(client).get_by_id(name)
    assert job.finished_date_time
    return job


BAD_MODEL = {"@id": "dtmi:a:b;1", "@type": "Interface"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ndjson(Models=[BAD_MODEL, MODELS[0]], Twins=TWINS_OF_FILE), "DTDLParsingError"),
        (ndjson(Models=MODELS, Twins=[{**TWINS_OF_FILE[0], "property0": "ten"}, TWINS_OF_FILE[1]]), "ValidationFailed"),
        (ndjson(Models=MODELS, Twins=TWINS_OF_FILE, Relationships=[{**LINK, "$targetId": "x"}]),
         "TargetDigitalTwinNotFound"),
        (b"", "ValidationFailed"),
        (b"no json\n", "ValidationFailed"),
        (b'{"Section": "Models"}\n', "ValidationFailed"),
        (b'{"a": 1}\n', "ValidationFailed"),
        (ndjson(Twins=[], Models=[]), "ValidationFailed"),
        (ndjson(Things=[]), "ValidationFailed"),
        (b'{"Section": "Header"}\n', "ValidationFailed"),
        (None, "BlobNotFound"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong(
    twins: DigitalTwinsClient, container: ContainerClient, clock: ManualClock, content: bytes | None, expected: str
) -> None:
    if content is not None:
        container.upload_blob("graph.ndjson", content)
    begin(twins)
    job = finished(twins, clock)
    assert (job.status, job.error.code) == ("failed", expected)
    log = log_of(container)
    assert log[-1]["details"] == {"status": "Failed"}
    assert "Error" in {line["logType"] for line in log}
    clock.advance(LONG)  # queries lag behind
    ids = {twin["$dtId"] for twin in twins.query_twins("SELECT * FROM digitaltwins")}
    refused_twin = content is not None and b'"ten"' in content
    assert ids == ({"twin1"} if refused_twin else {"twin0", "twin1"} if expected.startswith("Target") else set())


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "inputBlobUri"),
        ({"inputBlobUri": INPUT}, "outputBlobUri"),
        ({"inputBlobUri": "https://example.com/a", "outputBlobUri": OUTPUT}, "inputBlobUri"),
        ({"inputBlobUri": INPUT, "outputBlobUri": f"{ENDPOINT}/imports"}, "outputBlobUri"),
    ],
)
def test_a_job_that_cannot_be(twins: DigitalTwinsClient, body: Any, problem: str) -> None:
    with pytest.raises(HttpResponseError, match=problem) as caught:
        jobs(twins).add("job-1", body)
    assert code(caught) == "ValidationFailed"


def test_one_job_at_a_time_of_either_kind(twins: DigitalTwinsClient, clock: ManualClock) -> None:
    begin(twins)
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: begin(twins, "job-2"),
        lambda: deletions(twins).begin_add(polling=False),
    )
    for attempt in attempts:
        with pytest.raises(HttpResponseError) as caught:
            attempt()
        assert code(caught) == "JobLimitReached"
    finished(twins, clock)
    begin(twins, "job-2")


def test_what_the_instances_identity_lacks(
    made: Sandbox, twins: DigitalTwinsClient, container: ContainerClient, clock: ManualClock
) -> None:
    container.upload_blob("graph.ndjson", GRAPH)
    principal = call(made, "GET", TWINS).json()["identity"]["principalId"]
    for document in made.cloud.store.list("role-assignment", f"{CONTAINER}/"):
        name = f"{CONTAINER}/providers/Microsoft.Authorization/roleAssignments/{document['name']}"
        made.cloud.store.delete("role-assignment", name)
    begin(twins)
    job = finished(twins, clock)
    assert (job.status, job.error.code) == ("failed", "AuthorizationPermissionMismatch")
    assert "inputBlobUri" in job.error.message
    given_role(made, clock, STORAGE_BLOB_DATA_READER, CONTAINER, principal, "ServicePrincipal")
    begin(twins, "job-2")
    job = finished(twins, clock, "job-2")
    assert "outputBlobUri" in job.error.message
    assert list(twins.list_models()) == []
    call(made, "PATCH", TWINS, {"identity": {"type": "None"}})
    clock.advance(LONG)
    with pytest.raises(HttpResponseError, match="system-assigned") as caught:
        begin(twins, "job-3")
    assert code(caught) == "ValidationFailed"


def test_what_the_caller_lacks(
    made: Sandbox, twins: DigitalTwinsClient, container: ContainerClient, clock: ManualClock
) -> None:
    container.upload_blob("graph.ndjson", GRAPH)
    roles = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    guid = "11111111-2222-4333-8444-555555555555"
    allowed = [f"Microsoft.DigitalTwins/{part}" for part in ("jobs/*", "models/*", "digitaltwins/read")]
    role = {"roleName": "Importer", "permissions": [{"dataActions": allowed}], "assignableScopes": [GROUP]}
    assert call(made, "PUT", f"{roles}/{guid}", {"properties": role}).status_code == 201
    for who in ("reader", "operator"):
        stripped(made, who)
    assigned(made, clock, guid, TWINS, "reader")
    assigned(made, clock, DATA_READER, TWINS, "operator")
    begin(data_plane(made, "reader", HOST))
    job = finished(twins, clock)
    assert (job.status, job.error.code) == ("failed", "Forbidden")
    assert job.error.message.endswith("Microsoft.DigitalTwins/digitaltwins/write.")
    assert len(list(twins.list_models())) == 2
    looking = data_plane(made, "operator", HOST)
    assert [each.id for each in jobs(looking).list()] == ["job-1"]
    assert list(deletions(looking).list()) == []
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: begin(looking, "job-2"),
        lambda: jobs(looking).cancel("job-1"),
        lambda: jobs(looking).delete("job-1"),
        lambda: deletions(looking).begin_add(polling=False),
    )
    for attempt in attempts:
        with pytest.raises(HttpResponseError) as caught:
            attempt()
        assert caught.value.status_code == 403


def test_everything_is_deleted(twins: DigitalTwinsClient, container: ContainerClient, clock: ManualClock) -> None:
    container.upload_blob("graph.ndjson", GRAPH)
    begin(twins)
    finished(twins, clock)
    job = delete_all(twins, "clean", 15)
    assert (job.id, job.status, job.finished_date_time, job.error) == ("clean", "notstarted", None, None)
    assert len(list(twins.list_models())) == 2
    clock.advance(LONG)
    assert deletions(twins).get_by_id("clean").status == "succeeded"
    assert list(twins.list_models()) == []
    with pytest.raises(ResourceNotFoundError):
        twins.get_digital_twin("twin0")
    clock.advance(LONG)
    assert list(twins.query_twins("SELECT * FROM digitaltwins")) == []
    for name, minutes in (("clean", 15), ("other", 5)):
        with pytest.raises(HttpResponseError) as caught:
            delete_all(twins, name, minutes)
        assert code(caught) == "ValidationFailed"
    with pytest.raises(ResourceNotFoundError) as gone:
        deletions(twins).get_by_id("none")
    assert code(gone) == "DeleteJobNotFound"


def test_lists_come_in_pages_and_old_jobs_go(made: Sandbox, twins: DigitalTwinsClient, clock: ManualClock) -> None:
    for number in range(3):
        begin(twins, f"job-{number}")
        finished(twins, clock, f"job-{number}")
    pages = [
        [job.id for job in page] for page in jobs(twins).list(ImportJobsListOptions(max_items_per_page=2)).by_page()
    ]
    assert pages == [["job-0", "job-1"], ["job-2"]]
    clock.advance(31 * 24 * 3600)
    assert list(jobs(twins).list()) == []


def test_a_fault_ends_a_job(made: Sandbox, twins: DigitalTwinsClient, clock: ManualClock) -> None:
    made.cloud.faults.add(Fault(Effect.FAILED, code="InternalError", message="Broken.", times=1))
    begin(twins)
    clock.advance(LONG)
    job = jobs(twins).get_by_id("job-1")
    assert (job.status, job.error.code, job.error.message) == ("failed", "InternalError", "Broken.")


def test_a_deleted_instance_takes_its_jobs_along(made: Sandbox, twins: DigitalTwinsClient, clock: ManualClock) -> None:
    begin(twins)
    call(made, "DELETE", TWINS)
    clock.advance(LONG)
    assert call(made, "GET", TWINS).status_code == 404
    assert made.cloud.store.list("import-job") == []


def test_plain_calls(place: Place) -> None:
    """What the SDK's client checks itself."""
    answer = place.send("POST", f"/jobs/deletions?{VERSION}", headers={"Operation-Id": "a b"})
    assert answer.status_code == 202
    assert (
        answer.headers["Operation-Location"].endswith(f"/jobs/deletions/a b?{VERSION}")
        or "a%20b" in (answer.headers["Operation-Location"])
    )
    assert place.send("PUT", f"/jobs/imports/a?{VERSION}", json=[]).json()["error"]["code"] == "BadRequest"
