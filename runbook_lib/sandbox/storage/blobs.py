"""Blobs in the store: what the service and the bulk jobs read and write."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from email.utils import format_datetime

from ..arm.inventory import Inventory
from ..clock import Clock
from ..data_plane.keys import document_key
from ..store import Document, Store

ACCOUNTS = "Microsoft.Storage/storageAccounts"
CONTAINERS = f"{ACCOUNTS}/blobServices/containers"
BLOB = "blob"
ADDRESS = re.compile(r"https://([a-z0-9]{3,24})\.blob\.core\.windows\.net/([^/?#]+)/([^?#]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """A blob's place."""

    account: str
    container: str
    name: str

    @classmethod
    def parse(cls, uri: object) -> Address | None:
        """Read a blob's address; None if it isn't one."""
        found = ADDRESS.fullmatch(uri) if isinstance(uri, str) else None
        return cls(found[1].lower(), found[2].lower(), found[3]) if found else None


class Blobs:
    """The blobs of all accounts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._inventory = Inventory(store)

    def account(self, name: str) -> Document | None:
        """Return the account of that name, which is unique across subscriptions."""
        found = self._inventory.below("/subscriptions", ACCOUNTS)
        return next((account for account in found if account["name"].lower() == name.lower()), None)

    def container(self, account: Document, name: str) -> Document | None:
        """Return an account's container."""
        return self._inventory.get(container_id(account, name))

    def containers(self, account: Document) -> list[Document]:
        """List an account's containers."""
        return self._inventory.children(f"{account['id']}/blobServices/default", "containers")

    def add_container(self, account: Document, name: str) -> Document:
        """Make a container; Azure Resource Manager shows it, too."""
        made: Document = {
            "id": container_id(account, name),
            "name": name,
            "type": CONTAINERS,
            "properties": {"provisioningState": "Succeeded"},
        }
        self._inventory.put(made)
        return made

    def remove_container(self, container: Document) -> None:
        """Delete a container with its blobs."""
        self._inventory.forget(container)

    def get(self, container: Document, name: str) -> Document | None:
        """Return a blob's document."""
        return self._store.get(BLOB, document_key(container["id"], name))

    def all(self, container: Document) -> list[Document]:
        """List a container's blobs by name."""
        return sorted(self._store.list(BLOB, f"{container['id']}/"), key=lambda blob: str(blob["name"]))

    def put(self, container: Document, name: str, kind: str, content: bytes, content_type: str = "") -> Document:
        """Write or replace a blob."""
        return self.save(container, {"name": name, "kind": kind, "contentType": content_type}, content)

    def save(self, container: Document, blob: Document, content: bytes) -> Document:
        """Write a blob's document with new content under a new version."""
        now = format_datetime(self._clock.now().replace(microsecond=0), usegmt=True)
        blob = {
            "created": now,
            **blob,
            "content": base64.b64encode(content).decode(),
            "modified": now,
            "etag": f'"0x{uuid.uuid4().hex[:15].upper()}"',
        }
        self._store.put(BLOB, document_key(container["id"], blob["name"]), blob)
        return blob

    def append(self, container: Document, blob: Document, content: bytes) -> Document:
        """Add to the end of a blob."""
        return self.save(container, blob, content_of(blob) + content)

    def stage(self, container: Document, name: str, block: str, content: bytes) -> None:
        """Keep a block until a list names it."""
        key = document_key(container["id"], name)
        staged = self._store.get("blob-blocks", key) or {}
        self._store.put("blob-blocks", key, staged | {block: base64.b64encode(content).decode()})

    def staged(self, container: Document, name: str) -> dict[str, bytes]:
        """Return the blocks of a blob that were uploaded, by id."""
        found = self._store.get("blob-blocks", document_key(container["id"], name)) or {}
        return {block: base64.b64decode(content) for block, content in found.items()}

    def remove(self, container: Document, name: str) -> None:
        """Delete a blob."""
        self._store.delete(BLOB, document_key(container["id"], name))


def container_id(account: Document, name: str) -> str:
    """Return a container's resource id."""
    return f"{account['id']}/blobServices/default/containers/{name}"


def content_of(blob: Document) -> bytes:
    """Return a blob's bytes."""
    return base64.b64decode(blob["content"])
