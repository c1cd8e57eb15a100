"""A picture of a setup: what exists, and what becomes of it when a plan is carried out.

A step draws what it has found anyway, so a picture costs no request. Boxes and lines have Azure's resource ids, which
changes name too: that's how they get their marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ...azure.resource_ids import lies_in
from ...display.drawing import Drawing, Edge, Mark, Node
from ...record.change import Change
from .kinds import kind_named

FEW = 3
"""Up to so many changes of a kind that nobody has drawn get a box each; more share one."""
AT_THE_INSTANCE = " at the instance"
"""How the details of a change end that gives someone a role."""
_MARKS: dict[str, Mark] = {"update": "changed", "delete": "removed"}


@dataclass
class _Line:
    source: str
    name: str
    target: str
    key: str
    there: bool
    mark: Mark = ""


@dataclass
class _Box:
    node: Node
    there: bool
    comes_with: str


@dataclass
class Picture:
    """Collects boxes and lines. What isn't there yet is only shown if a change makes it."""

    blocked: bool = False
    """Whether nothing of what's planned can be done."""
    _boxes: dict[str, _Box] = field(default_factory=dict)
    _lines: list[_Line] = field(default_factory=list)
    _marked: set[str] = field(default_factory=set)

    def box(
        self,
        key: str,
        label: str,
        kind: str,
        *,
        inside: str = "",
        holds: bool = False,
        there: bool = True,
        mark: Mark = "",
        comes_with: str = "",
    ) -> None:
        """Draw a box, unless it's drawn already.

        `comes_with` is the id of a box whose change also makes this one, without a change of its own.
        """
        node = Node(key.lower(), kind, label, mark, inside.lower(), holds)
        self._boxes.setdefault(node.id, _Box(node, there or bool(mark), comes_with.lower()))

    def line(self, source: str, name: str, target: str, *, key: str = "", there: bool = True) -> None:
        """Draw an arrow between two boxes, unless there is one; with a `key` if it's a thing of its own, as a link is.

        A key is a resource id, as those of boxes are.
        """
        ends = source.lower(), target.lower()
        if ends not in [(line.source, line.target) for line in self._lines]:
            self._lines.append(_Line(ends[0], name, ends[1], key.lower(), there or not key))

    def apply(self, changes: Iterable[Change]) -> None:
        """Mark what the changes make, change and remove. What nobody has drawn is drawn below what contains it."""
        unknown = [change for change in changes if not self._mark(change)]
        for (kind, action), alike in groupby(unknown, lambda change: (change.kind, change.action)):
            self._add(kind, action, list(alike))
        for box in self._boxes.values():
            if box.comes_with in self._marked and not box.there:
                box.node, box.there = replace(box.node, mark=self._as("new")), True

    def add(self, thing: Change, mark: Mark = "") -> None:
        """Draw something that exists, given by the change that made it, below what contains it."""
        label, what = thing.name, thing.kind
        if thing.details.endswith(AT_THE_INSTANCE):  # of a role, it matters who has it
            label, what = thing.details.removeprefix("to ").removesuffix(AT_THE_INSTANCE), thing.name
        self._hang(thing.resource_id, thing.resource_id, label, what, thing.kind, mark)

    def drawing(self, title: str) -> Drawing | None:
        """Return the picture; None if nothing is in it."""
        boxes = {key: box.node for key, box in self._boxes.items() if box.there}
        lines = [line for line in self._lines if line.there and {line.source, line.target} <= boxes.keys()]
        edges = tuple(Edge(line.source, line.name, line.target, line.mark) for line in lines)
        return Drawing(title, tuple(boxes.values()), edges) if boxes else None

    def _as(self, mark: Mark) -> Mark:
        return "blocked" if self.blocked else mark

    def _mark(self, change: Change) -> bool:
        """Mark what a change is about; False if it isn't drawn."""
        key, mark = change.resource_id.lower(), self._as(_MARKS.get(change.action, "new"))
        if box := self._boxes.get(key):
            kind = f"{box.node.kind}: {change.details}" if change.action == "update" else box.node.kind
            box.node, box.there = replace(box.node, mark=mark, kind=kind), True
            self._marked.add(key)
            return True
        lines = [line for line in self._lines if line.key == key]
        for line in lines:
            line.mark, line.there = mark, True
        return bool(lines)

    def _add(self, kind: str, action: str, changes: Sequence[Change]) -> None:
        mark = self._as(_MARKS.get(action, "new"))
        if len(changes) > FEW:
            first = changes[0].resource_id
            self._hang(f"{first}#{len(changes)}", first, f"{len(changes)} × {kind}", "", kind, mark)
            return
        for change in changes:
            self.add(change, mark)

    def _hang(self, key: str, where: str, label: str, what: str, kind: str, mark: Mark) -> None:
        """Draw a box at the narrowest one that contains it."""
        owner = where.partition("#")[0]
        around = [one for one, box in self._boxes.items() if box.there and lies_in(owner, one) and one != key.lower()]
        outer = max(around, key=len, default="")
        held = bool(outer) and self._boxes[outer].node.holds
        self.box(key, label, what, inside=outer if held else "", holds=kind in _HOLDERS, mark=mark)
        if outer and not held:
            known = kind_named(kind)
            self.line(outer, known.line if known else "has", key)


_HOLDERS = ("Resource group",)
"""Kinds whose boxes have others inside."""
