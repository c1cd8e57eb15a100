"""Models of an instance: upload, list, read, decommission, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..clock import stamp
from ..http import Answer
from ..store import Document
from .call import Call
from .catalog import MODEL as KIND
from .dtdl.terms import is_dtmi
from .errors import (
    InvalidModelId,
    JsonPatchInvalid,
    MalformedBody,
    ModelIdAlreadyExists,
    ModelNotFound,
    ModelReferencesNotDecommissioned,
    ModelReferencesNotDeleted,
    ModelsNotSupported,
    ModelTooLarge,
    TooManyModels,
    TooManyStoredModels,
)
from .keys import document_key
from .paging import answer_page, page_state

if TYPE_CHECKING:
    from .dtdl.references import Interface

UPLOAD_LIMIT = 250
"""Maximum models in one upload (service limits)."""
STORED_LIMIT = 10_000
"""Maximum models of an instance (service limits)."""
SIZE_LIMIT = 1024 * 1024
"""Maximum bytes of one model (service limits)."""


def add_models(call: Call) -> Answer:
    """POST /models: store all of them or none."""
    batch = call.body()
    if not isinstance(batch, list) or not batch or not all(isinstance(model, dict) for model in batch):
        raise ModelsNotSupported
    if len(batch) > UPLOAD_LIMIT:
        raise TooManyModels(limit=UPLOAD_LIMIT)
    return Answer(201, [_view(document) for document in store_models(call, batch)])


def store_models(call: Call, batch: list[dict[str, Any]]) -> list[Document]:
    """Store all of the models, or none; return their documents. Raises DataPlaneError."""
    for model in batch:
        if len(json.dumps(model, ensure_ascii=False).encode("utf-8", "replace")) > SIZE_LIMIT:
            raise ModelTooLarge(id=model.get("@id"))
    from .dtdl.parser import read_interfaces  # imported here, so that the sandbox starts without it

    interfaces = read_interfaces(batch, call.catalog.interface)
    taken = [interface.id for interface in interfaces if _find(call, interface.id)]
    if taken:
        # The only recording of this has two such models in the batch, and its message names only the last.
        raise ModelIdAlreadyExists(id=taken[-1])
    if call.store.count(KIND, f"{call.host}/") + len(batch) > STORED_LIMIT:
        raise TooManyStoredModels(limit=STORED_LIMIT)
    documents = [_document(call, *pair) for pair in zip(batch, interfaces, strict=True)]
    with call.store.transaction():
        for document in documents:
            call.store.put(KIND, _key(call, document["id"]), document)
    return documents


def list_models(call: Call) -> Answer:
    """GET /models: all of them, or the requested ones with everything they depend on; by id, in pages."""
    # Clients repeat the parameter, join its values with commas, or send it empty for no filter.
    asked = [part for text in call.request.query.get("dependenciesfor", ()) for part in text.split(",") if part]
    wanted: dict[str, Any] = {"for": asked, "definitions": _flag(call, "includeModelDefinition")}
    state = page_state(call, **wanted)
    if state["for"]:
        found = _with_dependencies(call, state["for"])
    else:
        # Keys have the order of the ids. One more tells whether there's another page.
        after, most = _key(call, state["after"]), state["size"] + 1
        found = {one["id"]: one for one in call.store.list(KIND, f"{call.host}/", after=after, most=most)}
    return answer_page(call, state, found, lambda name: _view(found[name], state["definitions"]))


def get_model(call: Call) -> Answer:
    """GET /models/{id}."""
    return Answer(200, _view(_require(call), _flag(call, "includeModelDefinition")))


def update_model(call: Call) -> Answer:
    """PATCH /models/{id}: decommission a model, or reverse that; nothing else in a model can change."""
    document = _require(call)
    patch = call.body()
    if not isinstance(patch, list) or not all(isinstance(operation, dict) for operation in patch):
        raise MalformedBody(expected="a JSON Patch document")
    for operation in patch:
        document["decommissioned"] = _decommissioned(operation)
    if document["decommissioned"]:
        users = [other["id"] for other in _users(call, document) if not other["decommissioned"]]
        if users:
            raise ModelReferencesNotDecommissioned(ids=", ".join(sorted(users)))
    call.store.put(KIND, _key(call, document["id"]), document)
    return Answer(204)


def delete_model(call: Call) -> Answer:
    """DELETE /models/{id}: refused while another model extends it or has it as a component."""
    document = _require(call)
    users = [other["id"] for other in _users(call, document)]
    if users:
        # Modelled: how several are joined; the recording has one.
        raise ModelReferencesNotDeleted(ids=", ".join(sorted(users)))
    call.store.delete(KIND, _key(call, document["id"]))
    return Answer(204)


def _users(call: Call, document: Document) -> list[Document]:
    """Return the models that extend a model or have it as a component."""
    stored = call.store.list(KIND, f"{call.host}/", naming=document["id"])
    return [other for other in stored if document["id"] in other["dependencies"]]


def _key(call: Call, identifier: str) -> str:
    return document_key(call.host, identifier)


def _find(call: Call, identifier: str) -> Document | None:
    return call.store.get(KIND, _key(call, identifier))


def _require(call: Call) -> Document:
    identifier = call.values["id"]
    if not is_dtmi(identifier):
        raise InvalidModelId(id=identifier)
    document = _find(call, identifier)
    if document is None:
        raise ModelNotFound(id=identifier)
    return document


def _document(call: Call, model: dict[str, Any], interface: Interface) -> Document:
    return {
        "id": interface.id,
        "description": _languages(model.get("description")),
        "displayName": _languages(model.get("displayName")),
        "decommissioned": False,
        "uploadTime": stamp(call.clock.now()).replace("Z", "+00:00"),
        "model": model,
        "dependencies": list(interface.dependencies),
    }


def _languages(text: Any) -> dict[str, str]:
    """Return a text as the service shows it: by language, English if the model names none."""
    if text is None:
        return {}
    return text if isinstance(text, dict) else {"en": text}


def _view(document: Document, definition: bool = False) -> dict[str, Any]:
    shown = ("id", "description", "displayName", "decommissioned", "uploadTime", *(("model",) if definition else ()))
    return {key: document[key] for key in shown}


def _flag(call: Call, name: str) -> bool:
    return call.request.parameter(name).lower() == "true"


def _with_dependencies(call: Call, asked: Sequence[str]) -> dict[str, Document]:
    for identifier in asked:
        if not is_dtmi(identifier):
            raise InvalidModelId(id=identifier)
        if _find(call, identifier) is None:
            raise ModelNotFound(id=identifier)
    found: dict[str, Document] = {}
    waiting = list(asked)
    while waiting:
        identifier = waiting.pop()
        if identifier not in found and (document := _find(call, identifier)):
            found[identifier] = document
            waiting += document["dependencies"]
    return found


def _decommissioned(operation: dict[str, Any]) -> bool:
    """Return what a patch operation sets. Texts as recorded for twins; their use for models is modelled."""
    verb, path, value = (operation.get(key) for key in ("op", "path", "value"))
    if not verb:
        raise JsonPatchInvalid(problem="Parameter op must not be empty")
    if verb not in ("replace", "add"):
        raise JsonPatchInvalid(problem=f"Unsupported operation type {verb}")
    if path != "/decommissioned":
        raise JsonPatchInvalid(problem=f"Could not resolve path {path}")
    if not isinstance(value, bool):
        raise JsonPatchInvalid(problem="Value of /decommissioned must be true or false")
    return value
