"""Answers queries over a graph in memory: joins rows, tests them, and turns them into columns.

Rows come in the order of the twin (or relationship) that they start from, so that a page can begin where the last one
ended even if the graph has changed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..catalog import Catalog
from ..graph_errors import QueryTimeout
from ..twin_graph import TwinGraph
from .conditions import Row, Scope, anchors, compiled
from .functions import MISSING
from .syntax_tree import Join, Pattern, Query, Step

STEPS = 500_000
"""How many twins and relationships can be read for one page: it stands for the 60 seconds that the service allows."""


class Evaluation:
    """One query over one state of a graph."""

    def __init__(self, query: Query, graph: TwinGraph, catalog: Catalog) -> None:
        self._query = query
        self._graph = graph
        self._root = query.collections[0] if query.pattern is None else None
        scope = Scope(query.collections, self._root, catalog)
        self._test = compiled(query.where, scope) if query.where else None
        self._anchors = anchors(query.where, scope, "$sourceId" if query.of_relationships else "$dtId")
        self._columns = [(projection.label, scope.read(projection.path)) for projection in query.projections]
        self.examined = 0
        """How many twins and relationships were read."""

    def rows(self, start: str = "") -> Iterator[tuple[str, Any]]:
        """Iterate over the answer's items, each with the key that it starts from, from key `start` on.

        Raises QueryTimeout.
        """
        for key, row in self._candidates(start):
            if self._test is None or self._test(row):
                yield key, self._shown(row)

    def count(self) -> int:
        """Return how many items the answer has. Raises QueryTimeout."""
        return sum(1 for _, row in self._candidates("") if self._test is None or self._test(row))

    def _candidates(self, start: str) -> Iterator[tuple[str, Row]]:
        if self._query.of_relationships:
            return self._relationships(start)
        if self._query.pattern is not None:
            return _Matching(self._query.pattern, self._graph, self._anchors, self._look).rows(start)
        return self._twins(start)

    def _twins(self, start: str) -> Iterator[tuple[str, Row]]:
        name, joins = self._query.collections[0], self._query.joins
        for identifier in roots(self._graph, self._anchors.get(name), start):
            self._look()
            row: Row = {name: self._graph.twins[identifier]}
            if not joins:
                yield identifier, row
                continue
            for joined in self._joined(row, joins):
                yield identifier, joined

    def _joined(self, row: Row, joins: tuple[Join, ...]) -> Iterator[Row]:
        if not joins:
            yield row
            return
        join, name, wanted = joins[0], joins[0].relationship.text, self._anchors.get(joins[0].target.text)
        for one in self._graph.outgoing(row[join.source.text]["$dtId"]).values():
            self._look()
            target = one["$targetId"]
            if one["$relationshipName"] != name or (wanted is not None and target not in wanted):
                continue
            if target in self._graph.twins:
                # Microsoft's examples use a relationship's own name if it wasn't given another.
                named = {(join.variable or join.relationship).text: one}
                found = {**named, **row, join.target.text: self._graph.twins[target]}
                yield from self._joined(found, joins[1:])

    def _relationships(self, start: str) -> Iterator[tuple[str, Row]]:
        name = self._query.collections[0]
        for source in roots(self._graph, self._anchors.get(name), start.partition("\n")[0]):
            outgoing = self._graph.outgoing(source)
            for identifier in sorted(outgoing):
                key = f"{source}\n{identifier}"
                if key >= start:
                    self._look()
                    yield key, {name: outgoing[identifier]}

    def _look(self) -> None:
        self.examined += 1
        if self.examined > STEPS:
            raise QueryTimeout

    def _shown(self, row: Row) -> Any:
        if self._columns:
            values = ((label, read(row)) for label, read in self._columns)
            return {label: value for label, value in values if value is not MISSING}
        return row[self._root] if self._root is not None else row


def roots(graph: TwinGraph, wanted: set[str] | None, start: str) -> Iterator[str]:
    """Iterate over the ids of the twins to start at, in order: all, or the existing ones of `wanted`."""
    if wanted is None:
        return graph.ids(start)
    return (identifier for identifier in sorted(wanted) if identifier >= start and identifier in graph.twins)


class _Matching:
    """Finds the places in a graph that a MATCH pattern fits.

    A path uses a relationship once. Modelled: a row for each combination of the twins and relationships that the
    pattern names, however many paths lead there.
    """

    def __init__(
        self, pattern: Pattern, graph: TwinGraph, wanted: dict[str, set[str]], look: Callable[[], None]
    ) -> None:
        self._graph = graph
        self._look = look
        self._wanted = wanted
        self._nodes = [node.text if node else f"\n{index}" for index, node in enumerate(pattern.nodes)]
        self._anchor = next((i for i, node in enumerate(self._nodes) if node in wanted), 0)
        # From the anchor to the right end of the pattern, then from the anchor to its left end.
        right = [(i, i + 1, pattern.steps[i], _AHEAD) for i in range(self._anchor, len(pattern.steps))]
        left = [(i + 1, i, pattern.steps[i], _BACK) for i in reversed(range(self._anchor))]
        self._way = right + left

    def rows(self, start: str) -> Iterator[tuple[str, Row]]:
        """Iterate over the rows, each with the id of the twin that the pattern was anchored at."""
        name = self._nodes[self._anchor]
        for identifier in roots(self._graph, self._wanted.get(name), start):
            self._look()
            seen: set[tuple[tuple[str, int], ...]] = set()
            for row in self._walk({name: self._graph.twins[identifier]}, 0, frozenset()):
                shown = {key: value for key, value in row.items() if not key.startswith("\n")}
                combination = tuple((key, id(value)) for key, value in sorted(shown.items()))
                if combination not in seen:
                    seen.add(combination)
                    yield identifier, shown

    def _walk(self, row: Row, at: int, used: frozenset[tuple[str, str]]) -> Iterator[Row]:
        if at == len(self._way):
            yield row
            return
        begin, end, step, directions = self._way[at]
        name = self._nodes[end]
        origin = row[self._nodes[begin]]["$dtId"]
        for twin, edge, taken in self._hops(origin, step, directions[step.direction], used, 1):
            if (name in row and row[name]["$dtId"] != twin) or twin not in self._wanted.get(name, {twin}):
                continue
            found = {**row, name: self._graph.twins[twin]}
            if step.variable:
                found[step.variable.text] = self._graph.relationships[edge]
            yield from self._walk(found, at + 1, taken)

    def _hops(
        self, origin: str, step: Step, directions: str, used: frozenset[tuple[str, str]], hop: int
    ) -> Iterator[tuple[str, tuple[str, str], frozenset[tuple[str, str]]]]:
        """Iterate over the twins within reach of a step, each with the last relationship and all on the way."""
        for twin, edge in self._neighbours(origin, step, directions):
            if edge in used or twin not in self._graph.twins:
                continue
            taken = used | {edge}
            if hop >= step.fewest:
                yield twin, edge, taken
            if hop < step.most:
                yield from self._hops(twin, step, directions, taken, hop + 1)

    def _neighbours(self, twin: str, step: Step, directions: str) -> Iterator[tuple[str, tuple[str, str]]]:
        if ">" in directions:
            for identifier, one in self._graph.outgoing(twin).items():
                self._look()
                if not step.names or one["$relationshipName"] in step.names:
                    yield one["$targetId"], (twin, identifier)
        if "<" in directions:
            for edge, one in self._graph.incoming(twin).items():
                self._look()
                if not step.names or one["$relationshipName"] in step.names:
                    yield edge[0], edge


_AHEAD = {"right": ">", "left": "<", "either": "<>"}
_BACK = {"right": "<", "left": ">", "either": "<>"}
"""Which relationships a step follows when it's read as written, and when it's read backwards."""
