"""Twin graphs made by hand, for tests of queries that need no sandbox around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runbook_lib.sandbox.data_plane.catalog import Catalog
from runbook_lib.sandbox.data_plane.query.evaluation import Evaluation
from runbook_lib.sandbox.data_plane.query.parsing import parse
from runbook_lib.sandbox.data_plane.twin_graph import Change, TwinGraph
from tests.sandbox.finished_instance import model

BUILDING, FLOOR, ROOM, SUITE = (f"dtmi:example:{name};1" for name in ("Building", "Floor", "Room", "Suite"))
MODELS = {BUILDING: None, FLOOR: None, ROOM: None, SUITE: ROOM}


def catalog() -> Catalog:
    """The models of these graphs: a suite is a room."""
    models = (model(name, **({"extends": base} if base else {})) for name, base in MODELS.items())
    return Catalog({one["@id"]: {"id": one["@id"], "decommissioned": False, "model": one} for one in models})


def graph(twins: Mapping[str, tuple[str, dict[str, Any]]], *edges: tuple[str, str, str, dict[str, Any]]) -> TwinGraph:
    """A graph of twins by id, each with its model and properties, and of relationships (source, name, target)."""
    """A graph of twins by id, each with its model and properties, and of relationships (source, name, target)."""
    made = TwinGraph()
    for name, (kind, properties) in twins.items():
        twin = {"$dtId": name, "$etag": f"t-{name}", "$metadata": {"$model": kind}, **properties}
        made.apply(Change(name, None, twin))
    for number, (source, label, target, properties) in enumerate(edges):
        identifier = f"e{number}"
        made.apply(
            Change(
                source,
                identifier,
                {
                    "$relationshipId": identifier,
                    "$etag": f"r-{number}",
                    "$sourceId": source,
                    "$relationshipName": label,
                    "$targetId": target,
                    **properties,
                },
            )
        )
    return made


def ask(text: str, over: TwinGraph) -> list[Any]:
    """The answer to a query."""
    return [item for _, item in Evaluation(parse(text), over, catalog()).rows()]
