"""The article's next step, with data: models, twins, relationships, and a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from ...display.drawing import Drawing, Edge, Node
from ...explain.translate import explaining
from ...parameters import BuildGraphParameters
from ...record.change import Change
from ..clean_up import undo as clean_up_undo
from ..core.kinds import TWIN
from ..core.plan_builder import Draft, refusal
from ..core.results import Check, Outcome, Plan, Proof, Undone
from ..core.step import Choice, Progress, Silent, Step
from ..data_plane import access
from ..data_plane.access import Host
from ..subscription.existing_instance import offer_instances
from . import calls
from . import plan as data_plan
from .example import MODELS, Factory
from .plan import Findings

QUERY_SECONDS = 10.0
"""How far queries lag behind writes at most (concepts-query-language article)."""
PATIENCE_SECONDS = 60.0
"""How long the proof waits for queries to see what was made."""


class BuildGraph(Step[BuildGraphParameters]):
    """Builds a little factory in the instance: three models, six twins, seven relationships."""

    id: ClassVar[str] = "build-graph"
    title: ClassVar[str] = "Build a graph of twins"
    action_label: ClassVar[str] = "Build"
    parameters_type: ClassVar[type[BuildGraphParameters]] = BuildGraphParameters

    def plan(self) -> Plan:
        """Look what is there, and say what would be made."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Make what is missing: models first, then twins, then relationships."""
        progress.phase("Looking at what is there")
        plan, found = self._look()
        if found and found.entry == "soon":
            access.wait_for_access(self.context, found.host, progress, self.parameters.timeout_minutes * 60)
            plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        self._upload(found, data_plan.models_of(plan.changes), progress)
        self._create(found, [c for c in plan.changes if c not in data_plan.models_of(plan.changes)], progress)
        settled = self._settle(found)
        outcome = self._outcome(found, plan.changes or settled)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check each part by its id, then wait until a query sees the graph, and draw it."""
        progress.phase("Looking for models, twins and relationships")
        draft = Draft(self.id, "")
        with explaining("checking the graph"):
            host = access.find_host(self.context.clients, self.parameters, draft)
            if host is None:
                problem = draft.problems[0]
                check = Check("The instance is there", "failed", problem.message, problem.remedy)
                proof = Proof(self.id, "The graph could not be checked", (check,))
            else:
                proof = self._prove(host, progress)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Delete what this run made: relationships, then twins, then models."""
        return clean_up_undo.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups and instances."""
        return offer_instances(self, field, values)

    def _look(self) -> tuple[Plan, Findings | None]:
        wanted, clients = self.parameters, self.context.clients
        draft, found = Draft(self.id, "Build a little factory"), None
        with explaining("working out the plan"):
            host = access.find_host(clients, wanted, draft)
            draft.choices.append(("Twin prefix", wanted.twin_prefix))
            if host:
                entry = access.enter(clients, host, access.WRITE, draft)
                found = Findings(host, Factory(wanted.twin_prefix), entry)
                if entry == "open":
                    data_plan.draw_up(clients, found, draft)
                else:
                    draft.if_empty = "What is there shows once you may read the data."
        return draft.finish(), found

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
            calls.uploading(found.host, wanted).run(self.context.clients)

    def _create(self, found: Findings, changes: Iterable[Change], progress: Progress) -> None:
        for change in changes:
            progress.phase("Creating the twins" if change.kind == TWIN else "Creating the relationships", 2)
            with self.context.journal.doing(self.id, change), explaining(f"creating {change.name}"):
                calls.creating(found.host, found.factory, change).run(self.context.clients)

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

    def _prove(self, host: Host, progress: Progress) -> Proof:
        clients, factory = self.context.clients, Factory(self.parameters.twin_prefix)
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
        return Proof(self.id, title, tuple(checks), {"Host name": host.name}, (drawing,) if drawing else ())

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
    good = len(found) == wanted
    return Check(name, "passed" if good else "failed", evidence, "" if good else "Run this step first.")


def _query_check(factory: Factory, drawing: Drawing | None, seen: bool) -> Check:
    name = "A query sees the graph"
    if drawing is None:
        return Check(name, "not tried", "There is nothing complete to ask for.")
    found = f"{len(drawing.nodes)} twins, {len(drawing.edges)} relationships: {factory.relationships_query}"
    remedy = "" if seen else "Queries lag behind; check again in a moment."
    return Check(name, "passed" if seen else "failed", found, remedy)
