"""The article's next step, with data: models, twins, relationships, and a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import ClassVar

from ...display.drawing import Drawing, Edge, Node
from ...explain.translate import explaining
from ...parameters import BuildGraphParameters
from ...record.change import Change
from ..core.context import Progress
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..data_plane import access
from ..data_plane.access import Host
from ..data_plane.kinds import TWIN
from ..subscription.step import SubscriptionStep
from . import calls
from . import plan as data_plan
from .example import MODELS, Factory
from .plan import Findings

QUERY_SECONDS = 10.0
"""How far queries lag behind writes at most (concepts-query-language article)."""
PATIENCE_SECONDS = 60.0
"""How long the check waits for queries to see what was made."""


class BuildGraph(SubscriptionStep[BuildGraphParameters, Findings]):
    """Builds a little factory in the instance: three models, six twins, seven relationships."""

    id: ClassVar[str] = "build-graph"
    title: ClassVar[str] = "Build a graph of twins"
    action_label: ClassVar[str] = "Build"
    parameters_type: ClassVar[type[BuildGraphParameters]] = BuildGraphParameters

    plan_title: ClassVar[str] = "Build a little factory"
    looking: ClassVar[str] = "Looking at what is there"
    checking: ClassVar[str] = "Looking for models, twins and relationships"
    cannot_check: ClassVar[tuple[str, str]] = ("The graph could not be checked", "The instance is there")

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
            builder.if_empty = "What is there shows once you can read the data."
        return found

    def _wait_before(self, found: Findings, progress: Progress) -> bool:
        if found.entry == "soon":
            access.wait_for_access(self.context, found.host, progress, self.seconds)
        return found.entry == "soon"

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        models = data_plan.models_of(plan.changes)
        self._upload(found, models, progress)
        self._create(found, [change for change in plan.changes if change not in models], progress)
        settled = self._settle(found)
        return self._outcome(found, plan.changes or settled)

    def _upload(self, found: Findings, models: Sequence[Change], progress: Progress) -> None:
        if not models:
            return
        progress.phase("Uploading the models", 2)
        with ExitStack() as stack:
            for change in models:
                stack.enter_context(self.context.journal.doing(self.id, change))
            stack.enter_context(explaining("uploading the models"))
            named = {change.name for change in models}
            wanted = [one for one in MODELS if one["@id"] in named]
            clients = self.context.clients
            call = calls.uploading(found.host, wanted)
            calls.make(clients, call, lambda: calls.is_uploaded(clients, found.host, wanted))

    def _create(self, found: Findings, changes: Iterable[Change], progress: Progress) -> None:
        for change in changes:
            progress.phase("Creating the twins" if change.kind == TWIN.name else "Creating the relationships", 2)
            with self.context.journal.doing(self.id, change), explaining(f"creating {change.name}"):
                self._create_one(found, change)

    def _create_one(self, found: Findings, change: Change) -> None:
        clients, host, factory = self.context.clients, found.host, found.factory
        call = calls.creating(host, factory, change)
        calls.make(clients, call, lambda: calls.is_created(clients, host, factory, change))

    def _settle(self, found: Findings) -> tuple[Change, ...]:
        """Close what an interrupted run had begun, and is there now."""
        return tuple(c for id_ in _everything(found) for c in self.context.journal.settle(self.id, id_))

    def _outcome(self, found: Findings, made: tuple[Change, ...]) -> Outcome:
        values = {
            "Host name": found.host.name,
            "Models": str(len(MODELS)),
            "Twins": str(len(found.factory.twins)),
            "Relationships": str(len(found.factory.relationships)),
        }
        notes = ("A query sees new twins up to 10 seconds later; reading by id is immediate.",) if made else ()
        title = "The factory is built" if made else "The factory was there already"
        return Outcome(self.id, title, values, made, notes)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        clients, host, factory = self.context.clients, found.host, found.factory
        models = [m["@id"] for m in MODELS if calls.model(clients, host.name, m["@id"])]
        twins = [t.id for t in factory.twins if calls.twin(clients, host.name, t.id)]
        links = [r.id for r in factory.relationships if calls.relationship(clients, host.name, r)]
        checks = [
            _counted("The models are there", models, len(MODELS)),
            _counted("The twins are there, read by id", twins, len(factory.twins)),
            _counted("The relationships are there, read at their source", links, len(factory.relationships)),
        ]
        drawing = self._queried(host, factory, progress) if all(c.status == "passed" for c in checks) else None
        seen = drawing is not None and len(drawing.edges) >= len(factory.relationships)
        checks.append(_query_check(factory, drawing, seen))
        passed = all(check.status == "passed" for check in checks)
        title = "The factory is there, and queries see it" if passed else "The factory is not complete"
        return Verification(self.id, title, tuple(checks), {"Host name": host.name}, (drawing,) if drawing else ())

    def _queried(self, host: Host, factory: Factory, progress: Progress) -> Drawing:
        """Return what queries see: all of it as soon as they do, or what they see when the time is over."""
        progress.phase("Asking by query", QUERY_SECONDS)
        seen: list[Drawing] = []

        def complete() -> bool | None:
            seen.append(self._query(host, factory))
            enough = len(seen[-1].nodes) >= len(factory.twins), len(seen[-1].edges) >= len(factory.relationships)
            return all(enough) or None

        self.context.waiting.until(complete, PATIENCE_SECONDS, first=1)
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
        # A query promises no order; the drawing has the example's, and then the alphabet's.
        place = {name: number for number, name in enumerate(order)}
        nodes.sort(key=lambda node: place.get(node.id, len(place)))
        edges.sort(key=lambda e: (place.get(e.source, len(place)), place.get(e.target, len(place)), e.name, e.target))
        title = f"The graph, as a query sees it: {len(nodes)} twins, {len(edges)} relationships"
        return Drawing(title, tuple(nodes), tuple(edges))


def _everything(found: Findings) -> list[str]:
    host, factory = found.host, found.factory
    return [
        *(calls.model_change(host, one).resource_id for one in MODELS),
        *(calls.twin_change(host, one).resource_id for one in factory.twins),
        *(calls.relationship_change(host, one).resource_id for one in factory.relationships),
    ]


def _counted(name: str, found: Sequence[str], wanted: int) -> Check:
    evidence = f"{len(found)} of {wanted}: {', '.join(found) or 'none'}"
    return Check.of(name, len(found) == wanted, evidence, "Run this step first.")


def _query_check(factory: Factory, drawing: Drawing | None, seen: bool) -> Check:
    name = "A query sees the graph"
    if drawing is None:
        return Check(name, "not tried", "There is nothing complete to ask for.")
    found = f"{len(drawing.nodes)} twins, {len(drawing.edges)} relationships: {factory.relationships_query}"
    return Check.of(name, seen, found, "Queries lag behind; check again in a moment.")
