"""The twins and relationships of each instance: durable in the store, and in memory for graph walks and queries.

An instance's graph is kept twice. `now` is what reads by id see. `seen` is what queries see: a write reaches it only
after the query lag ("up to 10 seconds", concepts-query-language article; here always 10 at real pace).

All writes go through `Graphs.write`. If something else wrote (an instance was deleted, or another process reset the
file), everything in memory is dropped, and read again when it's next needed. Modelled: queries then see the latest
state at once, as they do after a restart of the sandbox.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..store import Document
from .keys import document_key

if TYPE_CHECKING:
    from ..clock import Clock, Pace
    from ..store import Store

TWIN, RELATIONSHIP = "twin", "relationship"
QUERY_LAG_SECONDS = 10.0

Edge = tuple[str, str]
"""A relationship's key: the source twin's id and the relationship's own."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write: of a twin or, when `relationship` is given, of one of its relationships."""

    twin: str
    relationship: str | None
    document: Document | None
    """None if it was deleted."""

    @property
    def kind(self) -> str:
        """The kind of the document in the store."""
        return TWIN if self.relationship is None else RELATIONSHIP

    @property
    def ids(self) -> tuple[str, ...]:
        """The parts of the document's key."""
        return (self.twin,) if self.relationship is None else (self.twin, self.relationship)


class TwinGraph:
    """One state of a graph. Documents in it are never changed in place, because two states share them."""

    def __init__(self) -> None:
        self.twins: dict[str, Document] = {}
        self.relationships: dict[Edge, Document] = {}
        self._outgoing: dict[str, dict[str, Document]] = defaultdict(dict)
        self._incoming: dict[str, dict[Edge, Document]] = defaultdict(dict)
        self._ids: list[str] = []
        """The twins' ids in order."""

    def apply(self, change: Change) -> None:
        """Write a change into this state."""
        if change.relationship is None:
            self._apply_twin(change.twin, change.document)
        else:
            self._apply_relationship((change.twin, change.relationship), change.document)

    def outgoing(self, twin: str) -> dict[str, Document]:
        """Return the relationships that lead away from a twin, by id."""
        return self._outgoing.get(twin, {})

    def incoming(self, twin: str) -> dict[Edge, Document]:
        """Return the relationships that lead to a twin."""
        return self._incoming.get(twin, {})

    def ids(self, start: str = "") -> Iterator[str]:
        """Iterate over the ids of all twins in order, from `start` on."""
        for index in range(bisect_left(self._ids, start), len(self._ids)):
            yield self._ids[index]

    def _apply_twin(self, twin: str, document: Document | None) -> None:
        if document is None:
            if self.twins.pop(twin, None) is not None:
                del self._ids[bisect_left(self._ids, twin)]
            return
        if twin not in self.twins:
            insort(self._ids, twin)
        self.twins[twin] = document

    def _apply_relationship(self, edge: Edge, document: Document | None) -> None:
        old = self.relationships.pop(edge, None)
        if old is not None:
            del self._outgoing[edge[0]][edge[1]]
            del self._incoming[old["$targetId"]][edge]
        if document is not None:
            self.relationships[edge] = document
            self._outgoing[edge[0]][edge[1]] = document
            self._incoming[document["$targetId"]][edge] = document


@dataclass
class InstanceGraph:
    """An instance's graph as it is, and as queries see it."""

    now: TwinGraph = field(default_factory=TwinGraph)
    seen: TwinGraph = field(default_factory=TwinGraph)
    pending: deque[tuple[datetime, Change]] = field(default_factory=deque)
    """What queries don't see yet, and from when they will."""


class Graphs:
    """The graphs of all instances."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._lag = pace.scale(QUERY_LAG_SECONDS)
        self._instances: dict[str, InstanceGraph] = {}
        self._revision: tuple[int, ...] = ()

    def current(self, host: str) -> TwinGraph:
        """Return an instance's graph as it is."""
        return self._instance(host).now

    def queryable(self, host: str) -> TwinGraph:
        """Return an instance's graph as queries see it at this moment."""
        instance, now = self._instance(host), self._clock.now()
        while instance.pending and instance.pending[0][0] <= now:
            instance.seen.apply(instance.pending.popleft()[1])
        return instance.seen

    def write(self, host: str, change: Change) -> None:
        """Make a change durable; reads see it at once, queries after the lag."""
        with self._store.transaction():
            instance = self._instance(host)
            key = document_key(host, *change.ids)
            if change.document is None:
                self._store.delete(change.kind, key)
            else:
                self._store.put(change.kind, key, change.document)
            instance.now.apply(change)
            instance.pending.append((self._clock.now() + self._lag, change))
            self._revision = self._store.revision(TWIN, RELATIONSHIP)

    def _instance(self, host: str) -> InstanceGraph:
        revision = self._store.revision(TWIN, RELATIONSHIP)
        if revision != self._revision:
            self._instances.clear()
            self._revision = revision
        if host not in self._instances:
            self._instances[host] = self._read(host)
        return self._instances[host]

    def _read(self, host: str) -> InstanceGraph:
        instance = InstanceGraph()
        for change in self._stored(host):
            instance.now.apply(change)
            instance.seen.apply(change)
        return instance

    def _stored(self, host: str) -> Iterator[Change]:
        for twin in self._store.list(TWIN, f"{host}/"):
            yield Change(twin["$dtId"], None, twin)
        for one in self._store.list(RELATIONSHIP, f"{host}/"):
            yield Change(one["$sourceId"], one["$relationshipId"], one)
