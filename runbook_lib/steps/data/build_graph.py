"""The article's next step, with data: models, twins, relationships and a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from ...display.drawing import Drawing, Edge, Node
from ...parameters import BuildGraphParameters
from ...record.change import Change
from ..core.context import Progress
from ..core.creation import make, settle_rest
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..data_plane import access
from ..data_plane.access import Host
from ..data_plane.kinds import TWIN
from . import calls
from . import plan as data_plan
from .example import MODELS, Factory
from .plan import Findings
from .step import DataStep

QUERY_SECONDS = 10.0
"""The longest time that queries lag behind writes (concepts-query-language article)."""
PATIENCE_SECONDS = 60.0
"""How long the check waits until queries see the new twins."""


class BuildGraph(DataStep[BuildGraphParameters, Findings]):
    """Builds a little factory in the instance: three models, six twins, seven relationships."""

    id: ClassVar[str] = "build-graph"
    title: ClassVar[str] = "Build a graph of twins"
    action_label: ClassVar[str] = "Build"
    parameters_type: ClassVar[type[BuildGraphParameters]] = BuildGraphParameters

    plan_title: ClassVar[str] = "Build a little factory"
    looking: ClassVar[str] = "Looking at what exists"
    checking: ClassVar[str] = "Looking for models, twins and relationships"
    cannot_check: ClassVar[tuple[str, str]] = ("The graph couldn't be checked", "The instance exists")

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        host = access.find_host(self.context.clients, self.parameters, builder)
        builder.choices.append(("Twin prefix", self.parameters.twin_prefix))
        return Findings(host, Factory(self.parameters.twin_prefix)) if host else None

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        clients = self.context.clients
        found = replace(found, entry=access.enter(clients, found.host, access.WRITE, builder))
        if found.entry == "open":
            data_plan.draw_up(clients, found, builder)
        else:
            builder.if_empty = "You'll see what exists once you can read the data."
        return found

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        models = data_plan.models_of(plan.changes)
        self._upload(found, models, progress)
        self._create(found, [change for change in plan.changes if change not in models], progress)
        settled = settle_rest(self.context, self.id)
        return self._outcome(found, plan.changes or settled)

    def _upload(self, found: Findings, models: Sequence[Change], progress: Progress) -> None:
        if not models:
            return
        progress.phase("Uploading the models", 2)
        named = {change.name for change in models}
        wanted, clients = [one for one in MODELS if one["@id"] in named], self.context.clients
        call, is_there = calls.uploading(found.host, wanted), partial(calls.is_uploaded, clients, found.host, wanted)
        make(self.context, self.id, models, "uploading the models", partial(calls.make, clients, call, is_there))

    def _create(self, found: Findings, changes: Iterable[Change], progress: Progress) -> None:
        for change in changes:
            progress.phase("Creating the twins" if change.kind == TWIN.name else "Creating the relationships", 2)
            clients, host, factory = self.context.clients, found.host, found.factory
            call = calls.creating(host, factory, change)
            is_there = partial(calls.is_created, clients, host, factory, change)
            create = partial(calls.make, clients, call, is_there)
            make(self.context, self.id, (change,), f"creating {change.name}", create)

    def _outcome(self, found: Findings, made: tuple[Change, ...]) -> Outcome:
        values = {
            "Host name": found.host.name,
            "Models": str(len(MODELS)),
            "Twins": str(len(found.factory.twins)),
            "Relationships": str(len(found.factory.relationships)),
        }
        notes = ("Queries can take up to 10 seconds to see new twins. Reading by id works at once.",) if made else ()
        title = "The factory is built" if made else "The factory already existed"
        return Outcome(self.id, title, values, made, notes)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        clients, host, factory = self.context.clients, found.host, found.factory
        models = [m["@id"] for m in MODELS if calls.model(clients, host.name, m["@id"])]
        twins = [t.id for t in factory.twins if calls.twin(clients, host.name, t.id)]
        links = [r.id for r in factory.relationships if calls.relationship(clients, host.name, r)]
        checks = [
            _counted("The models exist", models, len(MODELS)),
            _counted("The twins exist, read by id", twins, len(factory.twins)),
            _counted("The relationships exist, read at their source", links, len(factory.relationships)),
        ]
        drawing = self._queried(host, factory, progress) if all(c.status == "passed" for c in checks) else None
        seen = drawing is not None and len(drawing.edges) >= len(factory.relationships)
        checks.append(_query_check(factory, drawing, seen))
        titles = "The factory exists, and queries see it", "The factory isn't complete"
        return Verification.of(self.id, checks, *titles, {"Host name": host.name}, (drawing,) if drawing else ())

    def _queried(self, host: Host, factory: Factory, progress: Progress) -> Drawing:
        """Return what queries see: everything as soon as they do, or what they see when time runs out."""
        progress.phase("Running queries", QUERY_SECONDS)
        seen: list[Drawing] = []

        def complete() -> bool | None:
            seen.append(self._query(host, factory))
            enough = len(seen[-1].nodes) >= len(factory.twins), len(seen[-1].edges) >= len(factory.relationships)
            return all(enough) or None

        self.context.waiting.shown(complete, PATIENCE_SECONDS, first=1)
        return seen[-1]

    def _query(self, host: Host, factory: Factory) -> Drawing:
        clients = self.context.clients
        kinds = {model["@id"]: model["displayName"] for model in MODELS}
        order = [twin.id for twin in factory.twins]
        nodes = [
            Node(row["$dtId"], kinds.get(row["$metadata"]["$model"], row["$metadata"]["$model"]))
            for row in calls.asking(host, factory.twins_query).run(clients)
        ]
        edges = [
            Edge(row["$sourceId"], row["$relationshipName"], row["$targetId"])
            for row in calls.asking(host, factory.relationships_query).run(clients)
        ]
        # Queries don't guarantee an order, so the drawing uses the example's, then the alphabet's.
        place = {name: number for number, name in enumerate(order)}
        nodes.sort(key=lambda node: place.get(node.id, len(place)))
        edges.sort(key=lambda e: (place.get(e.source, len(place)), place.get(e.target, len(place)), e.name, e.target))
        title = f"The graph, as a query sees it: {len(nodes)} twins, {len(edges)} relationships"
        return Drawing(title, tuple(nodes), tuple(edges))


def _counted(name: str, found: Sequence[str], wanted: int) -> Check:
    evidence = f"{len(found)} of {wanted}: {', '.join(found) or 'none'}"
    return Check.of(name, len(found) == wanted, evidence, "Run this step first.")


def _query_check(factory: Factory, drawing: Drawing | None, seen: bool) -> Check:
    name = "A query sees the graph"
    if drawing is None:
        return Check(name, "not tried", "The graph isn't complete yet.")
    found = f"{len(drawing.nodes)} twins, {len(drawing.edges)} relationships: {factory.relationships_query}"
    return Check.of(name, seen, found, "Queries lag behind. Check again in a moment.")
