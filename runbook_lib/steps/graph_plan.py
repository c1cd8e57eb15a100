"""What the instance holds of the example already, and what would be made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cards import Listing
from ..clients import Clients
from ..needs import MODEL
from . import twin_data
from .data_access import Entry, Host
from .draft import Draft, az
from .factory import MODELS, Factory, Relationship, Twin
from .results import Change

MODELS_FILE = "factory-models.json"


@dataclass(frozen=True)
class Findings:
    """Where the example goes, and whether the account is let in."""

    host: Host
    factory: Factory
    entry: Entry


def draw_up(clients: Clients, found: Findings, draft: Draft) -> None:
    """Write down what is missing, in the order in which it has to be made, and what stands in the way of it."""
    host, factory = found.host, found.factory
    models = [twin_data.model_change(host, one) for one in MODELS if _model_missing(clients, host, one, draft)]
    twins = [one for one in factory.twins if _twin_missing(clients, host, one, draft)]
    links = [one for one in factory.relationships if _relationship_missing(clients, host, one, draft)]
    draft.changes += models
    draft.changes += [twin_data.twin_change(host, one) for one in twins]
    draft.changes += [twin_data.relationship_change(host, one) for one in links]
    draft.commands += _commands(host, models, twins, links)
    draft.commands.append(az("dt twin query", **host.az_name, query_command="SELECT * FROM RELATIONSHIPS"))
    draft.blocks.append(Listing(f"{MODELS_FILE}, the models in DTDL", models_text(), folded=True))
    draft.blocks.append(Listing("The same with the Python SDK, one of each", sdk_text(factory), folded=True))


def models_text() -> str:
    """Write the models as a file: one line for each property and relationship."""
    models = []
    for model in MODELS:
        lines = [f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in model.items() if name != "contents"]
        contents = ",\n".join(f"      {json.dumps(part)}" for part in model["contents"])
        lines.append(f'    "contents": [\n{contents}\n    ]')
        models.append("  {\n" + ",\n".join(lines) + "\n  }")
    return "[\n" + ",\n".join(models) + "\n]"


def sdk_text(factory: Factory) -> str:
    """Write the calls that make the models, a twin and a relationship; `client` is a DigitalTwinsClient."""
    twin, link = factory.twins[0], factory.relationships[0]
    others = {name: value for name, value in link.body().items() if name in ("$relationshipName", "$targetId")}
    lines = [
        f'client.create_models(json.load(open("{MODELS_FILE}")))',
        f"client.upsert_digital_twin({json.dumps(twin.id)}, {json.dumps(twin.body())})",
        f"client.upsert_relationship({json.dumps(link.source)}, {json.dumps(link.id)}, {json.dumps(others)})",
        'rows = list(client.query_twins("SELECT * FROM RELATIONSHIPS"))',
    ]
    return "\n".join(lines)


def _model_missing(clients: Clients, host: Host, wanted: Mapping[str, Any], draft: Draft) -> bool:
    there = twin_data.model(clients, host.name, wanted["@id"])
    if there is None:
        return True
    if there.model and there.model != wanted:
        draft.refuse(
            "", f"The instance has another model {wanted['@id']}.", meaning="A model cannot be changed, only replaced.",
            remedy="Delete it if nobody needs it, or take another instance.",
        )  # fmt: skip
    elif there.decommissioned:
        draft.refuse(
            "", f"The model {wanted['@id']} is decommissioned.", meaning="No new twins can be made of it.",
            remedy="Take the decommissioning back, or take another instance.",
        )  # fmt: skip
    return False


def _twin_missing(clients: Clients, host: Host, wanted: Twin, draft: Draft) -> bool:
    there = twin_data.twin(clients, host.name, wanted.id)
    if there is None:
        return True
    model = there["$metadata"]["$model"]
    if model != wanted.model:
        meaning = "It is somebody else's; this guide overwrites nothing."
        remedy = "Choose another twin_prefix."
        draft.wrong("twin_prefix", f"A twin {wanted.id!r} of model {model} is there.", meaning=meaning, remedy=remedy)
    return False


def _relationship_missing(clients: Clients, host: Host, wanted: Relationship, draft: Draft) -> bool:
    there = twin_data.relationship(clients, host.name, wanted.source, wanted.id)
    if there is None:
        return True
    if (there["$relationshipName"], there["$targetId"]) != (wanted.name, wanted.target):
        draft.wrong(
            "twin_prefix", f"The twin {wanted.source!r} has another relationship {wanted.id!r}.",
            meaning="It is somebody else's; this guide overwrites nothing.", remedy="Choose another twin_prefix.",
        )  # fmt: skip
    return False


def _commands(host: Host, models: Sequence[Change], twins: Sequence[Twin], links: Sequence[Relationship]) -> list[str]:
    commands = [az("dt model create", **host.az_name, models=MODELS_FILE)] if models else []
    for twin in twins:
        properties = json.dumps(dict(twin.properties))
        commands.append(az("dt twin create", **host.az_name, dtmi=twin.model, twin_id=twin.id, properties=properties))
    for link in links:
        options = {"relationship_id": link.id, "relationship": link.name, "twin_id": link.source, "target": link.target}
        commands.append(az("dt twin relationship create", **host.az_name, **options))
    return commands


def models_of(changes: Sequence[Change]) -> list[Change]:
    """Return the uploads of models: they go together, in one request."""
    return [change for change in changes if change.kind == MODEL]
