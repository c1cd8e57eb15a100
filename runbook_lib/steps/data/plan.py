"""Which parts of the example the instance already has, and what would be created.

The portal shows an instance's data in Azure Digital Twins Explorer. The names of its panels, icons and dialogs are from
the how-to-use-azure-digital-twins-explorer article and Explorer's source code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...azure.clients import Clients
from ...display.cards import Listing
from ...record.change import Change
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Call, Recipe, az
from ..data_plane.access import Entry, Host
from ..data_plane.kinds import MODEL
from . import calls
from .calls import MODELS_FILE
from .example import MODELS, Factory, Relationship, Twin


@dataclass(frozen=True)
class Findings:
    """Where the example goes, and whether the account has access."""

    host: Host
    factory: Factory
    entry: Entry = "closed"


def draw_up(clients: Clients, found: Findings, builder: PlanBuilder) -> None:
    """Add what's missing, in the order in which you have to create it, and what's in the way."""
    host, factory = found.host, found.factory
    new = host.is_planned  # then there's nothing to look at
    models = [one for one in MODELS if new or _model_missing(clients, host, one, builder)]
    twins = [one for one in factory.twins if new or _twin_missing(clients, host, one, builder)]
    links = [one for one in factory.relationships if new or _relationship_missing(clients, host, one, builder)]
    if models:
        builder.changes += [calls.model_change(host, one) for one in models]
        builder.recipes.append(_upload(host, models))
        builder.blocks.append(Listing(f"{MODELS_FILE}, the models in DTDL", models_text(models), folded=True))
    for twin in twins:
        change = calls.twin_change(host, twin)
        builder.add(change, _new_twin(host, twin, calls.creating(host, factory, change)))
    for link in links:
        change = calls.relationship_change(host, link)
        builder.add(change, _new_relationship(host, link, calls.creating(host, factory, change)))
    builder.recipes += queries(host, factory)
    # The first recipe opens the window; the rest happens there.
    builder.recipes[0] = replace(builder.recipes[0], portal=f"{host.explorer} > {builder.recipes[0].portal}")


def models_text(models: Sequence[Mapping[str, Any]]) -> str:
    """Write models as a file: one line for each property and relationship."""
    written = []
    for model in models:
        lines = [f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in model.items() if name != "contents"]
        contents = ",\n".join(f"      {json.dumps(part)}" for part in model["contents"])
        lines.append(f'    "contents": [\n{contents}\n    ]')
        written.append("  {\n" + ",\n".join(lines) + "\n  }")
    return "[\n" + ",\n".join(written) + "\n]"


def queries(host: Host, factory: Factory) -> list[Recipe]:
    """Say how to query the graph: its twins, and its relationships."""
    # Explorer draws the relationships of the twins that it finds; it can't draw relationships alone.
    page = f"QUERY EXPLORER > {factory.twins_query} > Run Query"
    return [
        _query(host, page, factory.twins_query, "twins"),
        _query(host, "", factory.relationships_query, "relationships"),
    ]


def _query(host: Host, page: str, query: str, rows: str) -> Recipe:
    command = az("dt twin query", **host.az_name, query_command=query)
    return Recipe(page, command, (calls.asking(host, query, rows),))


def _upload(host: Host, models: Sequence[Mapping[str, Any]]) -> Recipe:
    command = az("dt model create", **host.az_name, models=MODELS_FILE)
    return Recipe(f"MODELS > Upload a Model > {MODELS_FILE}", command, (calls.uploading(host, models),))


def _new_twin(host: Host, twin: Twin, call: Call) -> Recipe:
    model = next(one["displayName"] for one in MODELS if one["@id"] == twin.model)
    page = f"MODELS > {model} > Create a Twin > New Twin name: {twin.id} > Save"
    values = " > ".join(f"{name}: {value}" for name, value in twin.properties.items())
    page += f" > TWIN GRAPH > {twin.id} > Toggle property inspector > {values} > Patch Twin"
    properties = json.dumps(dict(twin.properties))
    command = az(
        "dt twin create", **host.az_name, dtmi=twin.model, twin_id=twin.id, properties=properties, if_none_match=True
    )
    return Recipe(page, command, (call,))


def _new_relationship(host: Host, link: Relationship, call: Call) -> Recipe:
    page = f"TWIN GRAPH > {link.source}, then with Ctrl {link.target} > right-click > Add relationships"
    page += f" > Relationship: {link.name} > Save"
    command = az(
        "dt twin relationship create",
        **host.az_name,
        relationship_id=link.id,
        relationship=link.name,
        twin_id=link.source,
        target=link.target,
        if_none_match=True,
    )
    return Recipe(page, command, (call,))


def _model_missing(clients: Clients, host: Host, wanted: Mapping[str, Any], builder: PlanBuilder) -> bool:
    there = calls.model(clients, host.name, wanted["@id"])
    if there is None:
        return True
    if there.model and there.model != wanted:
        builder.refuse(
            "",
            f"The instance has a different model {wanted['@id']}.",
            meaning="You can't change a model, only replace it.",
            remedy="Delete it if nobody needs it, or use another instance.",
        )
    elif there.decommissioned:
        builder.refuse(
            "",
            f"The model {wanted['@id']} is decommissioned.",
            meaning="You can't create twins from it.",
            remedy="Recommission it, or use another instance.",
        )
    return False


def _twin_missing(clients: Clients, host: Host, wanted: Twin, builder: PlanBuilder) -> bool:
    there = calls.twin(clients, host.name, wanted.id)
    if there is None:
        return True
    model = there["$metadata"]["$model"]
    if model != wanted.model:
        _taken(builder, f"There already is a twin {wanted.id!r}, of the model {model}.")
    return False


def _relationship_missing(clients: Clients, host: Host, wanted: Relationship, builder: PlanBuilder) -> bool:
    there = calls.relationship(clients, host.name, wanted)
    if there is None:
        return True
    if (there["$relationshipName"], there["$targetId"]) != (wanted.name, wanted.target):
        _taken(builder, f"The twin {wanted.source!r} has a different relationship {wanted.id!r}.")
    return False


def _taken(builder: PlanBuilder, message: str) -> None:
    meaning = "It belongs to others, and this guide doesn't overwrite anything."
    builder.wrong("twin_prefix", message, meaning=meaning, remedy="Choose another twin_prefix.")


def models_of(changes: Sequence[Change]) -> list[Change]:
    """Return the uploads of models, which go together in one request."""
    return [change for change in changes if change.kind == MODEL.name]
