"""Models, twins and relationships in an instance: finding the existing ones, and creating the missing ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ...azure.clients import Clients
from ...explain.translate import code_of
from ...record.change import Change
from ..core.codegen import Source
from ..core.recipes import Call
from ..data_plane.access import Host
from ..data_plane.kinds import MODEL, RELATIONSHIP, TWIN
from .example import Factory, Relationship, Twin

MODELS_FILE = "factory-models.json"
"""The file for the models, if you upload them by hand."""

_GONE = ("ModelNotFound", "DigitalTwinNotFound", "RelationshipNotFound")

T = TypeVar("T")


def model_change(host: Host, model: Mapping[str, Any]) -> Change:
    """Describe the upload of a model."""
    return Change("create", MODEL.name, model["@id"], f"{host.base}/models/{model['@id']}", model["displayName"])


def twin_change(host: Host, twin: Twin) -> Change:
    """Describe the creation of a twin."""
    return Change("create", TWIN.name, twin.id, f"{host.base}/digitaltwins/{twin.id}", f"of model {twin.model}")


def relationship_change(host: Host, wanted: Relationship) -> Change:
    """Describe the creation of a relationship."""
    place = f"{host.base}/digitaltwins/{wanted.source}/relationships/{wanted.id}"
    return Change("create", RELATIONSHIP.name, wanted.id, place, f"{wanted.source} {wanted.name} {wanted.target}")


def model(clients: Clients, host: str, model_id: str) -> Any:
    """Return a model with its definition, or None if it doesn't exist."""
    return _unless_gone(lambda: clients.data_plane(host).get_model(model_id, include_model_definition=True))


def twin(clients: Clients, host: str, twin_id: str) -> Mapping[str, Any] | None:
    """Return a twin, or None if it doesn't exist."""
    return _unless_gone(lambda: clients.data_plane(host).get_digital_twin(twin_id))


def relationship(clients: Clients, host: str, wanted: Relationship) -> Mapping[str, Any] | None:
    """Return the relationship with that id, or one that says the same; None if neither it nor its source exists.

    If you draw a relationship in Azure Digital Twins Explorer, it chooses the id.
    """
    client = clients.data_plane(host)
    found = _unless_gone(lambda: client.get_relationship(wanted.source, wanted.id))
    if found is not None:
        return found
    others = _unless_gone(lambda: list(client.list_relationships(wanted.source))) or []
    said = (wanted.name, wanted.target)
    return next((one for one in others if (one["$relationshipName"], one["$targetId"]) == said), None)


def uploading(host: Host, models: Sequence[Mapping[str, Any]]) -> Call:
    """Write the call that uploads models in one request, which stores all of them or none."""
    read = Source(f'json.loads(pathlib.Path("{MODELS_FILE}").read_text("utf-8"))', list(models))
    return Call("data_plane", host.name, "create_models", (read,))


def creating(host: Host, factory: Factory, change: Change) -> Call:
    """Write the call that creates the twin or relationship of a change. It doesn't overwrite an existing one."""
    from azure.core import MatchConditions

    only_new = {"match_condition": MatchConditions.IfMissing}
    if change.kind == TWIN.name:
        twin = next(one for one in factory.twins if one.id == change.name)
        return Call("data_plane", host.name, "upsert_digital_twin", (twin.id, twin.body()), only_new)
    link = next(
        one for one in factory.relationships if relationship_change(host, one).resource_id == change.resource_id
    )
    return Call("data_plane", host.name, "upsert_relationship", (link.source, link.id, link.body()), only_new)


def asking(host: Host, query: str, rows: str = "rows") -> Call:
    """Write the call that sends a query; its code keeps the answer in the variable `rows`."""
    return Call("data_plane", host.name, "query_twins", (query,), statement=f"{rows} = list({{}})")


def make(clients: Clients, call: Call, is_made: Callable[[], bool]) -> Any:
    """Make something new, and return the answer: None if that gets lost.

    If the repetition finds it there then, `is_made` says if it's as wanted. Raises what the client raises, also if
    others were faster.
    """
    from azure.core.exceptions import HttpResponseError

    from ...azure.retries import answer_was_lost

    try:
        return call.run(clients)
    except HttpResponseError as error:
        if error.status_code not in (409, 412) or not answer_was_lost(error) or not is_made():
            raise
        return None


def is_uploaded(clients: Clients, host: Host, models: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the instance has these models, with these definitions."""
    found = (model(clients, host.name, one["@id"]) for one in models)
    return all(there is not None and there.model == wanted for there, wanted in zip(found, models, strict=True))


def is_created(clients: Clients, host: Host, factory: Factory, change: Change) -> bool:
    """Tell whether the twin or relationship of a change is there, as it would be created."""
    if change.kind == TWIN.name:
        wanted = next(one for one in factory.twins if one.id == change.name)
        return _says(twin(clients, host.name, wanted.id), wanted.body())
    link = next(
        one for one in factory.relationships if relationship_change(host, one).resource_id == change.resource_id
    )
    return _says(relationship(clients, host.name, link), link.body())


def _says(there: Any, wanted: Any) -> bool:
    """Tell whether an answer of the service has all that was sent; it adds times and versions."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(_says(there.get(name), value) for name, value in wanted.items())
    return bool(there == wanted)


def _unless_gone(read: Callable[[], T]) -> T | None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return read()
    except ResourceNotFoundError as error:
        # A 404 can also mean a wrong tenant or a deleted instance, which doesn't answer the question.
        if code_of(error) not in _GONE:
            raise
        return None
