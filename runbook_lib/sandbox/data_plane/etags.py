"""Versions of twins and relationships, and the conditions that a caller may tie a call to."""

from __future__ import annotations

import uuid

from ..store import Document
from .call import Call
from .errors import DataPlaneError
from .graph_errors import ETagMismatch

ETAG = "$etag"


def new_etag() -> str:
    """Make the version that a write leaves behind."""
    return f'W/"{uuid.uuid4()}"'


def check_match(call: Call, document: Document) -> None:
    """Obey `If-Match`: `*`, or a list of versions of which one must be the current one. Raises ETagMismatch."""
    wanted = call.request.headers.get("if-match", "").strip()
    if wanted and wanted != "*" and document[ETAG] not in (part.strip() for part in wanted.split(",")):
        raise ETagMismatch(etag=wanted)


def check_none_match(call: Call, document: Document | None, refusal: DataPlaneError) -> None:
    """Obey `If-None-Match`: `*` wants no document at all. Raises `refusal`.

    Modelled: a version there, which the OpenAPI file does not know but the SDKs send, wants any other version.
    """
    unwanted = call.request.headers.get("if-none-match", "").strip()
    if document is not None and unwanted in ("*", document[ETAG]):
        raise refusal
