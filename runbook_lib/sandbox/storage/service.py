"""The Blob service of every storage account, under `<account>.blob.core.windows.net`.

It has what clients need to bring a file and to fetch a log: containers, block blobs and append blobs, with roles or an
account's key. Modelled: that a role at an account or container works here as soon as it does in Azure Resource Manager.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from email.utils import formatdate

from ..context import Context
from ..http import Answer, Request, Route, Routes, ServiceError
from ..store import Document
from ..tokens import STORAGE_AUDIENCES, TokenProblem
from . import errors, listings
from .blobs import CONTAINERS, Blobs, container_id, content_of
from .shared_key import is_signed

BLOB_HOST = re.compile(r"[a-z0-9]{3,24}\.blob\.core\.windows\.net", re.IGNORECASE)
BLOBS = f"{CONTAINERS}/blobs"
NAME = re.compile(r"\$root|\$web|[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]")
_BLOCK = re.compile(rb"<(?:Latest|Committed|Uncommitted)>([^<]*)</")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True, slots=True)
class _Call:
    request: Request
    account: Document
    container: str
    blob: str

    @property
    def part(self) -> str:
        """What the query asks about: `block`, `blocklist`, `appendblock`, `list`, ..., or nothing."""
        return self.request.parameter("comp").lower()


class BlobService:
    """Answers under the host name of every account."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._blobs = Blobs(context.store, context.clock)
        blob, container = "/{container}/{blob*}", "/{container}"
        self.routes = Routes(
            [
                Route("GET", blob, self._read, f"{BLOBS}/read"),
                Route("HEAD", blob, self._read, f"{BLOBS}/read"),
                Route("PUT", blob, self._write, f"{BLOBS}/write"),
                Route("DELETE", blob, self._delete, f"{BLOBS}/delete"),
                Route("GET", container, self._container, f"{CONTAINERS}/read"),
                Route("PUT", container, self._create, f"{CONTAINERS}/write"),
                Route("DELETE", container, self._drop, f"{CONTAINERS}/delete"),
                Route("GET", "/", self._containers, f"{CONTAINERS}/read"),
            ]
        )

    def handle(self, request: Request) -> Answer:
        """Answer a request."""
        try:
            answer = self._answer(request)
        except ServiceError as error:
            answer = error.answer()
        version = request.headers.get("x-ms-version", "2024-11-04")
        answer.headers |= {"x-ms-request-id": str(uuid.uuid4()), "x-ms-version": version}
        return answer

    def action(self, request: Request) -> str:
        """Name the action that a request needs, for fault injection."""
        found = self.routes.find(request.method, request.path)
        return found[0].action if found else ""

    def _answer(self, request: Request) -> Answer:
        if request.refusal:
            raise request.refusal
        account = self._blobs.account(request.host.partition(".")[0])
        if account is None:
            raise errors.account_not_found()
        found = self.routes.find(request.method, request.path)
        if found is None:
            raise errors.unsupported(f"{request.method} {request.path} of a storage account")
        route, values = found
        call = _Call(request, account, values.get("container", ""), values.get("blob", ""))
        self._check_access(call, route.action)
        return route.handler(call)

    def _check_access(self, call: _Call, action: str) -> None:
        """Admit callers that have a role, or the account's key. Raises BlobError."""
        scheme = call.request.headers.get("authorization", "").partition(" ")[0].lower()
        if scheme == "sharedkey":
            if call.account["properties"].get("allowSharedKeyAccess") is False:
                raise errors.keys_not_permitted()
            if not is_signed(call.request, call.account):
                raise errors.wrong_signature()
            return
        if not scheme:
            raise (
                errors.wrong_signature()
                if "sig" in call.request.query
                else errors.unauthenticated("NoAuthenticationInformation")
            )
        try:
            caller = self._context.tokens.check(call.request.headers["authorization"], STORAGE_AUDIENCES)
        except TokenProblem as problem:
            raise errors.unauthenticated() from problem
        scope = container_id(call.account, call.container) if call.container else call.account["id"]
        data = action.startswith(BLOBS)
        if call.part == "list" and call.container:
            action, data = f"{BLOBS}/read", True
        if not self._context.access.permits(caller, action, scope, data=data):
            raise errors.not_permitted()

    # ---- containers --------------------------------------------------------------------------------------------------

    def _containers(self, call: _Call) -> Answer:
        if call.part != "list":
            raise errors.unsupported("the properties of a storage account's blob service")
        return Answer(200, listings.containers(call.account, self._blobs.containers(call.account)), {}, errors.XML)

    def _container(self, call: _Call) -> Answer:
        container = self._existing(call)
        if call.part == "list":
            found = self._blobs.all(container)
            page = listings.blobs(call.account, call.container, found, call.request.parameter("prefix"))
            return Answer(200, page, {}, errors.XML)
        return Answer(200, None, {"ETag": '"0x1"', "Last-Modified": formatdate(usegmt=True)})

    def _create(self, call: _Call) -> Answer:
        if not NAME.fullmatch(call.container):
            raise errors.invalid_name()
        if self._blobs.container(call.account, call.container):
            raise errors.container_exists()
        self._blobs.add_container(call.account, call.container)
        return Answer(201, None, {"ETag": '"0x1"', "Last-Modified": formatdate(usegmt=True)})

    def _drop(self, call: _Call) -> Answer:
        self._blobs.remove_container(self._existing(call))
        return Answer(202)

    def _existing(self, call: _Call) -> Document:
        container = self._blobs.container(call.account, call.container)
        if container is None:
            raise errors.container_not_found()
        return container

    # ---- blobs -------------------------------------------------------------------------------------------------------

    def _read(self, call: _Call) -> Answer:
        if call.part:
            raise errors.unsupported(f"comp={call.part} of a blob")
        blob = self._blobs.get(self._existing(call), call.blob)
        if blob is None:
            raise errors.blob_not_found()
        content, headers = content_of(blob), _headers(blob)
        asked = call.request.headers.get("x-ms-range") or call.request.headers.get("range")
        if not asked or call.request.method == "HEAD":
            return Answer(200, content, headers, blob["contentType"])
        found = _RANGE.fullmatch(asked)
        if found is None or int(found[1]) >= len(content):
            raise errors.invalid_range()
        start, end = int(found[1]), min(int(found[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return Answer(206, content[start : end + 1], headers, blob["contentType"])

    def _write(self, call: _Call) -> Answer:
        container = self._existing(call)
        write = {"": self._put, "block": self._stage, "blocklist": self._commit, "appendblock": self._append}
        if call.part not in write:
            raise errors.unsupported(f"comp={call.part} of a blob")
        return write[call.part](call, container)

    def _put(self, call: _Call, container: Document) -> Answer:
        kind = call.request.headers.get("x-ms-blob-type", "")
        if kind not in ("BlockBlob", "AppendBlob"):
            raise errors.unsupported(f"blobs of the type '{kind}'")
        self._check_free(call, container)
        return _written(self._save(call, container, kind, call.request.body))

    def _stage(self, call: _Call, container: Document) -> Answer:
        self._blobs.stage(container, call.blob, call.request.parameter("blockid"), call.request.body)
        return Answer(201)

    def _commit(self, call: _Call, container: Document) -> Answer:
        self._check_free(call, container)
        staged = self._blobs.staged(container, call.blob)
        wanted = [block.decode("latin-1") for block in _BLOCK.findall(call.request.body)]
        if any(block not in staged for block in wanted):
            raise errors.invalid_block_list()
        content = b"".join(staged[block] for block in wanted)
        return _written(self._save(call, container, "BlockBlob", content))

    def _append(self, call: _Call, container: Document) -> Answer:
        blob = self._blobs.get(container, call.blob)
        if blob is None:
            raise errors.blob_not_found()
        if blob["kind"] != "AppendBlob":
            raise errors.wrong_blob_type()
        start = len(content_of(blob))
        answer = _written(self._blobs.append(container, blob, call.request.body))
        answer.headers |= {"x-ms-blob-append-offset": str(start), "x-ms-blob-committed-block-count": "1"}
        return answer

    def _delete(self, call: _Call) -> Answer:
        container = self._existing(call)
        if self._blobs.get(container, call.blob) is None:
            raise errors.blob_not_found()
        self._blobs.remove(container, call.blob)
        return Answer(202)

    def _save(self, call: _Call, container: Document, kind: str, content: bytes) -> Document:
        given = call.request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
        return self._blobs.put(container, call.blob, kind, content, given)

    def _check_free(self, call: _Call, container: Document) -> None:
        if call.request.headers.get("if-none-match") == "*" and self._blobs.get(container, call.blob):
            raise errors.blob_exists()


def _written(blob: Document) -> Answer:
    return Answer(201, None, {"ETag": blob["etag"], "Last-Modified": blob["modified"]})


def _headers(blob: Document) -> dict[str, str]:
    return {
        "ETag": blob["etag"],
        "Last-Modified": blob["modified"],
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": blob["kind"],
        "x-ms-creation-time": blob["created"],
    }
