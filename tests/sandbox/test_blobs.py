"""The Blob service of a storage account, through azure-storage-blob."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, BlobServiceClient

from runbook_lib.sandbox import Effect, Fault, ManualClock, Sandbox
from runbook_lib.sandbox.roles import STORAGE_BLOB_DATA_READER
from tests.azure import http, keep
from tests.sandbox.control_plane import assigned, call
from tests.sandbox.storage_clients import ACCOUNT, ENDPOINT, LONG, blobs, make_account


@pytest.fixture
def client(ready: Sandbox, clock: ManualClock) -> BlobServiceClient:
    return make_account(ready, clock)


def _code(caught: pytest.ExceptionInfo[Any]) -> str:
    return str(caught.value.response.headers["x-ms-error-code"])


def test_a_container_and_its_blobs(ready: Sandbox, client: BlobServiceClient) -> None:
    container = client.create_container("imports")
    assert [one.name for one in client.list_containers()] == ["imports"]
    listed = call(ready, "GET", f"{ACCOUNT}/blobServices/default/containers").json()["value"]
    assert [one["name"] for one in listed] == ["imports"]
    for name, content in (("a/b.ndjson", b"one\ntwo\n"), ("A/b.ndjson", b"x" * 10)):
        container.upload_blob(name, content)
    assert [(one.name, one.size, str(one.blob_type)) for one in container.list_blobs()] == [
        ("A/b.ndjson", 10, "BlobType.BLOCKBLOB"),
        ("a/b.ndjson", 8, "BlobType.BLOCKBLOB"),
    ]
    assert [one.name for one in container.list_blobs(name_starts_with="a/")] == ["a/b.ndjson"]
    blob = container.get_blob_client("a/b.ndjson")
    assert blob.exists()
    assert blob.download_blob().readall() == b"one\ntwo\n"
    assert blob.download_blob(offset=4, length=3).readall() == b"two"
    with pytest.raises(ResourceExistsError) as taken:
        blob.upload_blob(b"three")
    assert _code(taken) == "BlobAlreadyExists"
    blob.upload_blob(b"three", overwrite=True)
    assert blob.get_blob_properties().size == 5
    blob.delete_blob()
    assert not blob.exists()
    client.delete_container("imports")
    with pytest.raises(ResourceNotFoundError) as gone:
        container.upload_blob("c", b"")
    assert _code(gone) == "ContainerNotFound"
    assert ready.cloud.store.list("blob") == []


def test_blocks_and_appending(client: BlobServiceClient) -> None:
    container = client.create_container("imports")
    log = container.get_blob_client("log")
    log.create_append_blob()
    for line in (b"one\n", b"two\n"):
        log.append_block(line)
    assert log.download_blob().readall() == b"one\ntwo\n"
    big = container.get_blob_client("big")
    for number in ("1", "2"):
        big.stage_block(number, number.encode() * 3)
    big.commit_block_list([BlobBlock("2"), BlobBlock("1")])
    assert big.download_blob().readall() == b"222111"
    for attempt, expected in (
        (lambda: big.append_block(b"x"), "InvalidBlobType"),
        (lambda: big.commit_block_list([BlobBlock("3")]), "InvalidBlockList"),
        (lambda: container.get_blob_client("none").append_block(b"x"), "BlobNotFound"),
        (lambda: big.create_snapshot(), "SandboxNotSimulated"),
    ):
        with pytest.raises(HttpResponseError) as caught:
            attempt()
        assert _code(caught) == expected


def test_an_accounts_key_opens_it_until_that_is_forbidden(
    ready: Sandbox, clock: ManualClock, client: BlobServiceClient
) -> None:
    key = call(ready, "POST", f"{ACCOUNT}/listKeys").json()["keys"][1]["value"]

    def with_key(key: str) -> BlobServiceClient:
        named = {"account_name": "twinsstore", "account_key": key}
        made = BlobServiceClient(ENDPOINT, credential=named, retry_total=0, **ready.client_settings)
        return keep(ready, made)

    container = with_key(key).create_container("imports")
    container.upload_blob("ü b.txt", b"text", metadata={"made": "here"})
    assert [blob.name for blob in container.list_blobs(name_starts_with="ü")] == ["ü b.txt"]
    assert client.get_blob_client("imports", "ü b.txt").download_blob().readall() == b"text"
    with pytest.raises(ClientAuthenticationError) as wrong:
        with_key("c2VjcmV0").create_container("other")
    assert _code(wrong) == "AuthenticationFailed"
    closed = {"location": "westeurope", "properties": {"allowSharedKeyAccess": False}}
    call(ready, "PUT", ACCOUNT, closed)
    clock.advance(LONG)
    with pytest.raises(HttpResponseError) as forbidden:
        container.upload_blob("other", b"")
    assert _code(forbidden) == "KeyBasedAuthenticationNotPermitted"


def test_who_may(ready: Sandbox, clock: ManualClock, client: BlobServiceClient) -> None:
    client.create_container("imports").upload_blob("a", b"text")
    assigned(ready, clock, STORAGE_BLOB_DATA_READER, f"{ACCOUNT}/blobServices/default/containers/imports", "reader")
    reader = blobs(ready, "reader")
    assert reader.get_blob_client("imports", "a").download_blob().readall() == b"text"
    for attempt in (
        lambda: reader.get_blob_client("imports", "b").upload_blob(b""),
        lambda: reader.create_container("other"),
        lambda: blobs(ready, "operator").get_blob_client("imports", "a").download_blob(),
    ):
        with pytest.raises(HttpResponseError) as caught:
            attempt()
        assert (_code(caught), caught.value.status_code) == ("AuthorizationPermissionMismatch", 403)
    plain = http(ready)
    address = f"{ENDPOINT}/imports/a"
    for headers, status, code in (
        ({}, 401, "NoAuthenticationInformation"),
        ({"Authorization": "Bearer nonsense"}, 401, "InvalidAuthenticationInfo"),
    ):
        answer = plain.get(address, headers=headers)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
        assert answer.headers["WWW-Authenticate"].endswith("resource_id=https://storage.azure.com")
    assert plain.get(f"{address}?sig=abc").headers["x-ms-error-code"] == "AuthenticationFailed"
    assert plain.get("https://nothing.blob.core.windows.net/a").status_code == 404


def test_a_deleted_account_takes_its_blobs_along_and_a_fault_breaks_it(
    ready: Sandbox, clock: ManualClock, client: BlobServiceClient
) -> None:
    client.create_container("imports").upload_blob("a", b"text")
    ready.cloud.faults.add(Fault(Effect.UNAVAILABLE, service="blob", times=1))
    with pytest.raises(AzureError, match="ServerBusy"):
        client.get_blob_client("imports", "a").download_blob()
    call(ready, "DELETE", ACCOUNT)
    clock.advance(LONG)
    assert call(ready, "GET", ACCOUNT).status_code == 404
    assert ready.cloud.store.list("blob") == []
