"""How models, twins and relationships are removed, and who has built on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ...azure.answers import ask
from ...azure.resource_ids import name_of, names
from ...record.change import Change
from ..core.recipes import Call, az
from ..core.removal import CLOCK_DIFFERENCE, Removal, Remover, removes, time_of
from ..subscription import resources
from .kinds import MODEL, RELATIONSHIP, TWIN

if TYPE_CHECKING:
    from azure.digitaltwins.core import DigitalTwinsClient
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

# An instance's resource id, or its address when nothing else is known of it; then the path in the data plane.
_PLACE = re.compile(r"(?P<instance>https://[^/]+|(?:/[^/]+){8})/(?P<path>(?:models|digitaltwins)/.+)")


@dataclass(frozen=True)
class _Names:
    """What the SDK, the CLI and the portal's Explorer call a kind of thing in an instance."""

    sdk: str
    cli: str
    options: tuple[str, ...]
    page: str


_NAMES: Mapping[str, _Names] = {
    MODEL.name: _Names("model", "model", ("dtmi",), "MODELS > {} > Delete Model"),
    TWIN.name: _Names("digital_twin", "twin", ("twin_id",), "TWIN GRAPH > {} > right-click > Delete twin(s)"),
    RELATIONSHIP.name: _Names(
        "relationship",
        "twin relationship",
        ("twin_id", "relationship_id"),
        "TWIN GRAPH > {} > right-click > Delete relationship(s)",
    ),
}


@removes(MODEL, TWIN, RELATIONSHIP)
class Data(Remover):
    """A model, twin or relationship."""

    locks = False
    at_once = True

    def scope(self, removal: Removal) -> str:
        """Return the resource id of the instance; empty when it cannot be seen."""
        found = _instance(removal)
        return str(found.id) if found else ""

    def exists(self, removal: Removal) -> bool:
        """Look for it in the instance; without the instance there is nothing.

        Somebody who may only use the data does not see the instance; its host is asked then. On Azure the host name of
        an instance that is gone leads nowhere.
        """
        from azure.core.exceptions import ServiceRequestError

        if not _host(removal):
            return False
        try:
            return ask(lambda: bool(self._get(removal)), {404: False})
        except ServiceRequestError:
            if _looked_up(removal):
                raise
            return False

    def stamp(self, removal: Removal) -> str:
        """Return when a model was uploaded, or the etag of a twin or relationship: written again, it has another."""
        return _stamp_of(self._get(removal))

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether it appeared after the run had begun to make it: the service doesn't keep who has made it.

        A relationship has no time of its own; its source has.
        """
        if removal.change.kind == RELATIONSHIP.name:
            source = removal.id.rpartition("/relationships/")[0]
            return bool(removal.context.journal.stamp(source) or removal.context.journal.begun_at(source))
        found, begun = self._get(removal), removal.context.journal.begun_at(removal.id)
        if removal.change.kind == MODEL.name:
            return begun is not None and found.upload_time >= begun - CLOCK_DIFFERENCE
        return begun is not None and time_of(found["$metadata"]["$lastUpdateTime"]) >= begun - CLOCK_DIFFERENCE

    def other_maker(self, removal: Removal) -> str:
        """Return nothing: the service doesn't keep who has put something in."""
        return ""

    def is_another(self, removal: Removal, answer: object) -> bool:
        """Tell whether it has another stamp than the one in the answer to what made it. A lost answer tells nothing."""
        made = next((one for one in _items(answer) if _id_of(one) == removal.change.name), None)
        return made is not None and _stamp_of(made) != self.stamp(removal)

    def has_failed(self, removal: Removal) -> bool:
        """Return false: it is there or isn't."""
        return False

    def blocker(self, removal: Removal) -> str:
        """Name what others have built on it: relationships of a twin, twins of a model."""
        users = {TWIN.name: _relationships, MODEL.name: _twins}.get(removal.change.kind)
        if users is None:
            return ""
        found, address = _instance(removal), instance_of(removal.change).lower()
        known = _names_of(found) if found else (address,)
        paths = users(_client(removal), removal.change.name)
        foreign = [name_of(path) for path in paths if not _is_among(known, path, removal.ours)]
        return f"others have built on it: {', '.join(foreign)}" if foreign else ""

    def call(self, removal: Removal) -> Call:
        """Delete it."""
        return self._calling("delete", removal)

    def page(self, change: Change) -> str:
        """Say where it is done: data has no page in the portal, but a tool that the instance's page opens."""
        opened = f"{_label(change)} > Overview > Open Azure Digital Twins Explorer (preview)"
        return f"{opened} > {_NAMES[change.kind].page.format(change.name)}"

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        named = _NAMES[change.kind]
        options = dict(zip(named.options, _names(change), strict=True))
        return az(f"dt {named.cli} delete", dt_name=_label(change), **options)

    def _get(self, removal: Removal) -> Any:
        return removal.read(removal.id, lambda: self._calling("get", removal).run(removal.clients))

    def _calling(self, verb: str, removal: Removal) -> Call:
        operation = f"{verb}_{_NAMES[removal.change.kind].sdk}"
        return Call("data_plane", _host(removal), operation, tuple(_names(removal.change)))


def _items(answer: object) -> Sequence[Any]:
    """Return what was made, by the answer to it: several models, or one twin or relationship."""
    return answer if isinstance(answer, list) else [answer] if isinstance(answer, Mapping) else []


def _id_of(found: Any) -> str:
    return str(found.get("$relationshipId") or found["$dtId"] if isinstance(found, Mapping) else found.id)


def _stamp_of(found: Any) -> str:
    return str(found["$etag"] if isinstance(found, Mapping) else found.upload_time)


def instance_of(change: Change) -> str:
    """Return what names the instance that something lies in, its id or its address; empty for anything else."""
    found = _PLACE.fullmatch(change.resource_id)
    return found["instance"] if found else ""


def is_in(change: Change, instance: DigitalTwinsDescription) -> bool:
    """Tell whether something is part of an instance's data."""
    return instance_of(change).lower() in _names_of(instance)


def is_ours(instance: DigitalTwinsDescription, path: str, ours: frozenset[str]) -> bool:
    """Tell whether what lies at a path of an instance's data is among `ours`, lower-cased ids."""
    return _is_among(_names_of(instance), path, ours)


def _is_among(names: Iterable[str], path: str, ours: frozenset[str]) -> bool:
    return any(f"{name}/{path}".lower() in ours for name in names)


def _names_of(instance: DigitalTwinsDescription) -> tuple[str, str]:
    return str(instance.id).lower(), f"https://{instance.host_name}".lower()


def _names(change: Change) -> list[str]:
    found = _PLACE.fullmatch(change.resource_id)
    return found["path"].split("/")[1::2] if found else []


def _label(change: Change) -> str:
    """Return the instance's name, or its host name when nothing else is known of it: the CLI takes either."""
    return name_of(instance_of(change))


def _instance(removal: Removal) -> DigitalTwinsDescription | None:
    """Return the instance that something lies in, as it was when first asked for: its id and address stay the same."""
    where = instance_of(removal.change).lower()
    if where not in removal.places and (found := _looked_up(removal)):
        removal.places[where] = found
    return cast("DigitalTwinsDescription | None", removal.places.get(where))


def _looked_up(removal: Removal) -> DigitalTwinsDescription | None:
    where = instance_of(removal.change)
    if where.startswith("https:"):
        return resources.instance_at(removal.clients, where.removeprefix("https://"))
    return resources.instance(removal.clients, *names(where))


def _host(removal: Removal) -> str:
    """Return the host name; empty when the instance is gone, or cannot be seen and is known by its id only."""
    found = _instance(removal)
    if found:
        return str(found.host_name or "")
    where = instance_of(removal.change)
    return where.removeprefix("https://") if where.startswith("https:") else ""


def _client(removal: Removal) -> DigitalTwinsClient:
    return removal.clients.data_plane(_host(removal))


def _relationships(client: DigitalTwinsClient, twin: str) -> list[str]:
    """Return the paths of the relationships that a twin is in: Azure refuses to delete it while there are any."""
    out = [(twin, one["$relationshipId"]) for one in client.list_relationships(twin)]
    into = [(one.source_id, one.relationship_id) for one in client.list_incoming_relationships(twin)]
    return [f"digitaltwins/{source}/relationships/{name}" for source, name in (*out, *into)]


def _twins(client: DigitalTwinsClient, model: str) -> list[str]:
    """Return the paths of a model's twins: deleting it would leave them without one.

    A query still sees for some seconds what is gone, so each twin is looked at; one that is newer can be missed.
    """
    query = f"SELECT * FROM digitaltwins WHERE IS_OF_MODEL('{model}')"  # noqa: S608  # a DTMI holds no quote
    named = [str(one["$dtId"]) for one in client.query_twins(query)]
    return [f"digitaltwins/{twin}" for twin in named if _twin_exists(client, twin)]


def _twin_exists(client: DigitalTwinsClient, twin: str) -> bool:
    return ask(lambda: bool(client.get_digital_twin(twin)), {404: False})
