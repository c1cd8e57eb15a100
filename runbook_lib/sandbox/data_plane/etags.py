"""Versions of twins and relationships, and the conditions that a caller can set for a call."""

from __future__ import annotations

import uuid

from ..store import Document
from .call import Call
from .errors import DataPlaneError
from .graph_errors import ETagMismatch

ETAG = "$etag"


def new_etag() -> str:
    """Make the version for a write."""
    return f'W/"{uuid.uuid4()}"'


def check_match(call: Call, document: Document) -> None:
    """Obey `If-Match`: `*`, or a list of versions of which one must be the current one. Raises ETagMismatch."""
    wanted = call.request.headers.get("if-match", "").strip()
    if wanted and wanted != "*" and document[ETAG] not in (part.strip() for part in wanted.split(",")):
        raise ETagMismatch(etag=wanted)


def check_none_match(call: Call, document: Document | None, refusal: DataPlaneError) -> None:
    """Obey `If-None-Match`: with `*`, there must be no document. Raises `refusal`.

    Modelled: with a version (which the SDKs send, but the OpenAPI file doesn't know), the current one must differ.
    """
    unwanted = call.request.headers.get("if-none-match", "").strip()
    if document is not None and unwanted in ("*", document[ETAG]):
        raise refusal
