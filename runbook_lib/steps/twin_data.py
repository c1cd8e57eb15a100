"""Models, twins and relationships in an instance: what is there, and making what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ..clients import Clients
from ..explain import code_of
from ..needs import MODEL, RELATIONSHIP, TWIN
from .data_access import Host
from .factory import MODELS, Factory, Relationship, Twin
from .results import Change

_GONE = ("ModelNotFound", "DigitalTwinNotFound", "RelationshipNotFound")

T = TypeVar("T")


def model_change(host: Host, model: Mapping[str, Any]) -> Change:
    """Describe the upload of a model."""
    return Change("create", MODEL, model["@id"], f"{host.base}/models/{model['@id']}", model["displayName"])


def twin_change(host: Host, twin: Twin) -> Change:
    """Describe the creation of a twin."""
    return Change("create", TWIN, twin.id, f"{host.base}/digitaltwins/{twin.id}", f"of model {twin.model}")


def relationship_change(host: Host, wanted: Relationship) -> Change:
    """Describe the creation of a relationship."""
    place = f"{host.base}/digitaltwins/{wanted.source}/relationships/{wanted.id}"
    return Change("create", RELATIONSHIP, wanted.id, place, f"{wanted.source} {wanted.name} {wanted.target}")


def model(clients: Clients, host: str, model_id: str) -> Any:
    """Return a model with its definition, or None when there is none."""
    return _unless_gone(lambda: clients.data_plane(host).get_model(model_id, include_model_definition=True))


def twin(clients: Clients, host: str, twin_id: str) -> Mapping[str, Any] | None:
    """Return a twin, or None when there is none."""
    return _unless_gone(lambda: clients.data_plane(host).get_digital_twin(twin_id))


def relationship(clients: Clients, host: str, source: str, relationship_id: str) -> Mapping[str, Any] | None:
    """Return a relationship, or None when there is none, or no such source."""
    return _unless_gone(lambda: clients.data_plane(host).get_relationship(source, relationship_id))


def upload(clients: Clients, host: Host, model_ids: Sequence[str]) -> None:
    """Upload those of the example's models, all in one request: all of them are stored, or none."""
    clients.data_plane(host.name).create_models([one for one in MODELS if one["@id"] in model_ids])


def create(clients: Clients, host: Host, factory: Factory, change: Change) -> None:
    """Create the twin or relationship that a change describes. One that has come in between is not overwritten."""
    from azure.core import MatchConditions

    client, only_new = clients.data_plane(host.name), MatchConditions.IfMissing
    if change.kind == TWIN:
        found = next(one for one in factory.twins if one.id == change.name)
        client.upsert_digital_twin(found.id, found.body(), match_condition=only_new)
        return
    wanted = next(o for o in factory.relationships if relationship_change(host, o).resource_id == change.resource_id)
    client.upsert_relationship(wanted.source, wanted.id, wanted.body(), match_condition=only_new)


def _unless_gone(read: Callable[[], T]) -> T | None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return read()
    except ResourceNotFoundError as error:
        # A 404 can also mean a wrong tenant, or an instance that is gone: that is no answer to the question.
        if code_of(error) not in _GONE:
            raise
        return None
