"""Relationships between twins: create, replace, read, patch, delete, and lists in both directions.

Shapes as recorded; `$relationshipLink` as in the OpenAPI file's example, but with the real path.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..http import Answer
from ..store import Document
from .call import Call
from .catalog import Relationship
from .errors import JsonPatchInvalid
from .etags import ETAG, check_match, check_none_match, new_etag
from .graph_errors import (
    InvalidRelationship,
    OperationNotAllowed,
    RelationshipExists,
    RelationshipNotFound,
    RelationshipUnreadable,
    TargetDigitalTwinNotFound,
    ValidationFailed,
)
from .paging import answer_page, page_state
from .patches import patched, read_patch
from .twin_graph import Change
from .twins import require_twin
from .validation import METADATA, check_id, checked_properties

OWN_FIELDS = frozenset({"$relationshipId", "$sourceId", "$targetId", "$relationshipName", ETAG})


def put_relationship(call: Call) -> Answer:
    """PUT .../relationships/{r}: create it, or replace it; 200 either way. The source is the path's, not the body's."""
    source, identifier = require_twin(call), call.values["r"]
    check_id(identifier, "relationship")
    body = _read(call)
    old = call.graph.outgoing(source["$dtId"]).get(identifier)
    check_none_match(call, old, RelationshipExists(id=identifier))
    definition = _definition(call, source, body["$relationshipName"])
    _check_target(call, source, body, definition)
    properties = {name: value for name, value in body.items() if name not in OWN_FIELDS}
    document = _checked(
        call,
        definition,
        {
            "$relationshipId": identifier,
            ETAG: "",
            "$sourceId": source["$dtId"],
            "$relationshipName": body["$relationshipName"],
            "$targetId": body["$targetId"],
            **properties,
        },
    )
    return Answer(200, document, {"ETag": document[ETAG]})


def get_relationship(call: Call) -> Answer:
    """GET .../relationships/{r}."""
    document = _require(call)
    return Answer(200, document, {"ETag": document[ETAG]})


def patch_relationship(call: Call) -> Answer:
    """PATCH .../relationships/{r}: change its properties. Modelled: the refusals to change its ends and name."""
    document = _require(call)
    operations = read_patch(call)
    check_match(call, document)
    for operation in operations:
        if operation.segments[0].startswith("$"):
            raise JsonPatchInvalid(problem=f"Could not resolve path {operation.path}")
    definition = _definition(call, require_twin(call), document["$relationshipName"])
    changed = _checked(call, definition, patched(document, operations))
    return Answer(204, None, {"ETag": changed[ETAG]})


def delete_relationship(call: Call) -> Answer:
    """DELETE .../relationships/{r}."""
    document = _require(call)
    check_match(call, document)
    call.write(Change(document["$sourceId"], document["$relationshipId"], None))
    return Answer(204)


def list_relationships(call: Call) -> Answer:
    """GET .../relationships: those that lead away from the twin, with one name or all."""
    outgoing = call.graph.outgoing(require_twin(call)["$dtId"])
    state = page_state(call, name=call.request.parameter("relationshipName"))
    names = (i for i, one in outgoing.items() if state["name"] in ("", one["$relationshipName"]))
    return answer_page(call, state, names, outgoing.__getitem__)


def list_incoming_relationships(call: Call) -> Answer:
    """GET .../incomingrelationships: those that lead to the twin."""
    incoming = call.graph.incoming(require_twin(call)["$dtId"])
    named = {"\n".join(edge): one for edge, one in incoming.items()}
    return answer_page(call, page_state(call), named, lambda name: _incoming(named[name]))


def _incoming(document: Document) -> dict[str, Any]:
    source, identifier = document["$sourceId"], document["$relationshipId"]
    return {
        "$relationshipId": identifier,
        "$sourceId": source,
        "$relationshipName": document["$relationshipName"],
        "$relationshipLink": f"/digitaltwins/{quote(source, safe='')}/relationships/{quote(identifier, safe='')}",
    }


def _read(call: Call) -> Document:
    body = call.body()
    needed = ("$targetId", "$relationshipName")
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) and body[name] for name in needed):
        raise RelationshipUnreadable
    return body


def _require(call: Call) -> Document:
    source, identifier = require_twin(call)["$dtId"], call.values["r"]
    check_id(identifier, "relationship")
    document = call.graph.outgoing(source).get(identifier)
    if document is None:
        raise RelationshipNotFound(id=identifier, twin=source)
    return document


def _definition(call: Call, source: Document, name: str) -> Relationship:
    """Return what the source's model says about a relationship. Raises ValidationFailed and InvalidRelationship."""
    identifier = source[METADATA]["$model"]
    model = call.catalog.find(identifier)
    if model is None:
        raise ValidationFailed([f"{identifier} or one of its dependencies does not exist."])
    if name not in model.relationships:
        raise InvalidRelationship
    return model.relationships[name]


def _check_target(call: Call, source: Document, body: Document, definition: Relationship) -> None:
    target = call.graph.twins.get(body["$targetId"])
    if target is None:
        raise TargetDigitalTwinNotFound
    if target["$dtId"] == source["$dtId"]:
        raise OperationNotAllowed
    found = target[METADATA]["$model"]
    if definition.target is not None and found not in call.catalog.subtypes(definition.target):
        raise InvalidRelationship


def _checked(call: Call, definition: Relationship, document: Document) -> Document:
    """Write a relationship under a new version if its properties are valid. Raises ValidationFailed."""
    properties = {name: value for name, value in document.items() if name not in OWN_FIELDS}
    checked_properties(properties, definition.properties, document["$relationshipName"])
    made = {**document, ETAG: new_etag()}
    call.write(Change(document["$sourceId"], document["$relationshipId"], made))
    return made
