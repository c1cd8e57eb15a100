"""Twins and their components: create, replace, read, patch, delete.

Shapes as recorded in 2020. `$lastUpdateTime` and `sourceTime` came with api-version 2022-05-31; answers to
the older version don't have the former.
"""

from __future__ import annotations

from typing import Any

from ..clock import stamp
from ..http import Answer
from ..store import Document
from .call import Call
from .catalog import Catalog, TwinModel
from .errors import JsonPatchInvalid
from .etags import ETAG, check_match, check_none_match, new_etag
from .graph_errors import (
    ComponentNotFound,
    DigitalTwinNotFound,
    InvalidPayload,
    ModelDecommissioned,
    RelationshipsNotDeleted,
    TwinExists,
)
from .patches import Operation, patched, read_patch
from .twin_graph import Change
from .validation import METADATA, check_id, checked_twin, model_id

UPDATED = "$lastUpdateTime"
FIRST_VERSION = "2020-10-31"


def put_twin(call: Call) -> Answer:
    """PUT /digitaltwins/{id}: create the twin, or replace it; 200 either way."""
    identifier = call.values["id"]
    check_id(identifier, "digital twin")
    old = call.graph.twins.get(identifier)
    body = call.body()
    name = model_id(body)
    if body.get("$dtId", identifier) != identifier:
        raise InvalidPayload
    check_none_match(call, old, TwinExists(id=identifier))
    if call.catalog.decommissioned(name) and (old is None or old[METADATA]["$model"] != name):
        raise ModelDecommissioned(id=name)
    model = checked_twin(body, call.catalog)
    twin = _Writer(call.catalog, stamp(call.clock.now())).twin(identifier, body, model)
    call.write(Change(identifier, None, twin))
    return _answer(call, twin, twin)


def get_twin(call: Call) -> Answer:
    """GET /digitaltwins/{id}."""
    twin = require_twin(call)
    return _answer(call, twin, twin)


def patch_twin(call: Call) -> Answer:
    """PATCH /digitaltwins/{id}: change properties, components, `$metadata/$model` and source times."""
    twin = require_twin(call)
    return _patch(call, twin, read_patch(call, of_twin=True))


def delete_twin(call: Call) -> Answer:
    """DELETE /digitaltwins/{id}: refused while a relationship leads from it or to it."""
    twin = require_twin(call)
    check_match(call, twin)
    identifier = twin["$dtId"]
    if call.graph.outgoing(identifier) or call.graph.incoming(identifier):
        raise RelationshipsNotDeleted(id=identifier)
    call.write(Change(identifier, None, None))
    return Answer(204)


def get_component(call: Call) -> Answer:
    """GET /digitaltwins/{id}/components/{path}: a part of the twin, with the twin's version."""
    twin = require_twin(call)
    return _answer(call, require_component(call, twin), twin)


def patch_component(call: Call) -> Answer:
    """PATCH /digitaltwins/{id}/components/{path}: a patch of the twin, below the component."""
    twin = require_twin(call)
    name = call.values["path"].replace("~", "~0").replace("/", "~1")
    return _patch(call, twin, read_patch(call, f"/{name}"))


def require_twin(call: Call) -> Document:
    """Return the twin that the path names. Raises InvalidId and DigitalTwinNotFound."""
    identifier = call.values["id"]
    check_id(identifier, "digital twin")
    twin = call.graph.twins.get(identifier)
    if twin is None:
        raise DigitalTwinNotFound(id=identifier)
    return twin


def require_component(call: Call, twin: Document) -> Document:
    """Return the component that the path names. Raises ComponentNotFound."""
    component = twin.get(call.values["path"])
    if not isinstance(component, dict) or METADATA not in component:
        raise ComponentNotFound(id=twin["$dtId"], component=call.values["path"])
    return component


def shown(document: Any, call: Call) -> Any:
    """Return a twin, or a part of it, in the form of the requested api-version."""
    if call.request.parameter("api-version") != FIRST_VERSION or not isinstance(document, dict):
        return document
    return {name: shown(value, call) for name, value in document.items() if name != UPDATED}


def _answer(call: Call, part: Document, twin: Document) -> Answer:
    return Answer(200, shown(part, call), {"ETag": twin[ETAG]})


def _patch(call: Call, twin: Document, operations: list[Operation]) -> Answer:
    check_match(call, twin)
    for operation in operations:
        _check_path(operation)
    body = patched(twin, operations)
    model = checked_twin(body, call.catalog)
    writer = _Writer(call.catalog, stamp(call.clock.now()), [operation.segments for operation in operations])
    changed = writer.twin(twin["$dtId"], body, model)
    call.write(Change(twin["$dtId"], None, changed))
    return Answer(204, None, {"ETag": changed[ETAG]})


def _check_path(operation: Operation) -> None:
    """Refuse a path to what only the service writes: in `$metadata`, only models and source times can change."""
    _, marker, rest = "/".join(operation.segments).partition(METADATA)
    allowed = rest == "/$model" or rest.endswith("/sourceTime")
    if operation.segments[0] in ("$dtId", ETAG) or (marker and not allowed):
        raise JsonPatchInvalid(problem=f"Could not resolve path {operation.path}")


class _Writer:
    """Makes the document for a write: what was updated when."""

    def __init__(self, catalog: Catalog, now: str, written: list[tuple[str, ...]] | None = None) -> None:
        """Take the written paths; None means everything."""
        self._catalog = catalog
        self._now = now
        self._written = written

    def twin(self, identifier: str, body: Document, model: TwinModel) -> Document:
        """Return the whole twin under a new version."""
        part = self._part(body, model, ())
        part[METADATA] = {"$model": body[METADATA]["$model"], **part[METADATA], UPDATED: self._now}
        return {"$dtId": identifier, ETAG: new_etag(), **part}

    def _part(self, body: Document, model: TwinModel, path: tuple[str, ...]) -> Document:
        part = {name: value for name, value in body.items() if name in model.properties}
        for name, identifier in model.components.items():
            component = self._catalog.find(identifier)
            if component is not None:
                part[name] = self._part(body[name], component, (*path, name))
        part[METADATA] = self._metadata(body, model, path)
        return part

    def _metadata(self, body: Document, model: TwinModel, path: tuple[str, ...]) -> Document:
        given = body[METADATA]
        metadata = {name: self._times(given.get(name, {}), (*path, name)) for name in body if name in model.properties}
        written = self._touches(path) or not path
        return {UPDATED: self._now if written else given.get(UPDATED, self._now), **metadata}

    def _times(self, given: Document, path: tuple[str, ...]) -> Document:
        """Return a property's times: when it was written and, if the client said so, when it was true at the source."""
        before = given.get("lastUpdateTime", self._now)
        times = {"lastUpdateTime": self._now if self._touches(path) else before}
        return times | ({"sourceTime": given["sourceTime"]} if "sourceTime" in given else {})

    def _touches(self, path: tuple[str, ...]) -> bool:
        """Tell whether something at, above or below a path was written."""
        if self._written is None:
            return True
        return any(way[: len(path)] == path[: len(way)] for way in self._written)
