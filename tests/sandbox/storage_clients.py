"""Azure's own client for blobs, and an account with a container for it."""

from __future__ import annotations

from azure.storage.blob import BlobServiceClient

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import STORAGE_BLOB_DATA_CONTRIBUTOR

from ..azure import credential, keep
from .control_plane import GROUP, NEW, assigned, call

ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/twinsstore"
ENDPOINT = "https://twinsstore.blob.core.windows.net"
LONG = 120


def blobs(sandbox: Sandbox, persona_name: str = "owner") -> BlobServiceClient:
    """Client for the blobs of `twinsstore`, as a persona."""
    signed = credential(sandbox, persona_name)
    return keep(sandbox, BlobServiceClient(ENDPOINT, credential=signed, retry_total=0, **sandbox.client_settings))


def make_account(sandbox: Sandbox, clock: ManualClock) -> BlobServiceClient:
    """Make the account, let the owner write blobs, and return the owner's client."""
    assert call(sandbox, "PUT", ACCOUNT, NEW).status_code == 202
    clock.advance(LONG)
    assigned(sandbox, clock, STORAGE_BLOB_DATA_CONTRIBUTOR, ACCOUNT, "owner")
    return blobs(sandbox)
