"""Draws a small graph as boxes and arrows, some boxes inside others, and as a tree in plain text.

It uses neither SVG nor a stylesheet: an untrusted saved notebook loses both, in JupyterLab and on GitHub, and only the
labels would remain. Tables with inline borders stay, and take their colors from the theme. So the layout is the
browser's: a layout library (we tried grandalf) computes coordinates, which only SVG could use.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .cards import escape
from .plain import one_line

Mark = Literal["", "new", "changed", "removed", "blocked"]
"""What becomes of something that is drawn."""
SIGNS: Mapping[Mark, str] = {"new": "+ new", "changed": "~ changed", "removed": "− removed", "blocked": "⊘ blocked"}
"""How a mark reads: color alone says nothing to many people."""

_SHAPE = "display:inline-block;border-radius:6px;padding:2px 8px;margin:2px 0;white-space:nowrap"
# Colors that stand out on white and on black alike.
_BORDERS: Mapping[Mark, str] = {
    "": "border:1px solid",
    "new": "border:3px solid #2e7d32",
    "changed": "border:3px dashed #b26a00",
    "removed": "border:3px dotted #e53935",
    "blocked": "border:4px double #e53935",
}
_AGAIN = f"{_SHAPE};border:1px dashed"
_GROUP = "display:inline-block;vertical-align:top;border-radius:8px;padding:4px 12px 8px;margin:6px 8px 0 0"
_BELOW = "margin:0 0 0 20px"
_GONE = "text-decoration:line-through"
_CELL = "text-align:left;vertical-align:top;padding:0 4px;white-space:nowrap;border:0"
_MIDDLE = _CELL.replace("top", "middle")
_LABEL = "text-align:right;vertical-align:top;padding:{}px 4px 0;white-space:nowrap;border:0"
"""Beside the first line of a box; its padding is to be filled in."""
_TABLE = "border-collapse:collapse;margin:0"
# JupyterLab stripes table rows, which would cut through boxes that span several.
_ROW = "background-color:transparent"


@dataclass(frozen=True)
class Node:
    """A box in a drawing: a twin, or a part of a setup."""

    id: str
    kind: str
    """What it is, for example `Machine`."""
    label: str = ""
    """What it's called; the id if empty."""
    mark: Mark = ""
    inside: str = ""
    """Id of the node whose box it's drawn in; empty for none."""
    holds: bool = False
    """Whether other boxes are drawn inside, even if none are."""

    @property
    def name(self) -> str:
        """What its box says."""
        return self.label or self.id


@dataclass(frozen=True)
class Edge:
    """An arrow in a drawing."""

    source: str
    name: str
    target: str
    mark: Mark = ""


@dataclass(frozen=True)
class _Branch:
    name: str
    target: str
    mark: Mark
    again: bool
    """True: the target's box is elsewhere."""

    @property
    def said(self) -> str:
        return _said(self.name, self.mark)


@dataclass(frozen=True)
class Drawing:
    """A directed graph. Each node has one box, as near a root as possible. Other arrows to it end in a dashed box."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def text(self) -> str:
        """Render as one tree per root, indented below the box that it's in."""
        return "\n".join([f"{one_line(self.title)}:", *(f"  {line}" for line in self._lines(""))])

    def html(self) -> str:
        """Render as a figure of boxes and arrows from left to right, with the tree as text alternative."""
        tree = f'<pre style="margin:4px 0 0;font-family:monospace;line-height:1.4">{escape(self.text())}</pre>'
        alternative = f'<details><summary style="cursor:pointer">The same as text</summary>{tree}</details>'
        again = any(branch.again for branches in self._branches.values() for branch in branches)
        legend = " <small>(dashed: see its own box)</small>" if again else ""
        caption = f'<figcaption style="font-weight:600">{escape(self.title)}{legend}</figcaption>'
        figure = f'<figure role="group" aria-label="{escape(self.title)}" style="margin:8px 0 0;overflow-x:auto">'
        return f"{figure}{caption}{self._boxes('')}{alternative}</figure>"

    def _lines(self, outer: str) -> Iterator[str]:
        for root in self._inside(outer):
            if root in self._holders:
                yield self._label(root)
                yield from (f"  {line}" for line in self._lines(root))
            else:
                yield from (self._label(root), *self._tree(root))

    def _boxes(self, outer: str) -> str:
        parts = []
        for root in self._inside(outer):
            if root in self._holders:
                node = self._nodes[root]
                style = f"{_GROUP};{_BORDERS[node.mark]}{'' if node.mark else ' #888888'}"
                parts.append(f'<div style="{style}"><div>{_written(node)}</div>{self._boxes(root)}</div>')
            else:
                parts.append(_table([_cell(self._from(root, root=True))]))
        return "".join(parts)

    def _inside(self, outer: str) -> list[str]:
        """Return the roots that are drawn inside a box, or in none: trees first, then boxes with others inside."""
        there = [root for root in self._roots if self._place(root) == outer]
        return sorted(there, key=lambda root: root in self._holders)

    def _place(self, root: str) -> str:
        node = self._nodes.get(root)
        return node.inside if node and node.inside in self._nodes else ""

    @cached_property
    def _holders(self) -> set[str]:
        return {node.id for node in self.nodes if node.holds} | {node.inside for node in self.nodes if node.inside}

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def _roots(self) -> list[str]:
        """Return the nodes that no arrow leads to, and the first node of each cycle that nothing leads into."""
        targets = {edge.target for edge in self.edges}
        roots = [node.id for node in self.nodes if node.id not in targets]
        reached: set[str] = set()
        for root in roots:
            reached |= self._reach(root, reached)
        for node in self.nodes:
            if node.id not in reached:
                roots.append(node.id)
                reached |= self._reach(node.id, reached)
        return roots

    def _reach(self, root: str, reached: set[str]) -> set[str]:
        found, waiting = {root}, [root]
        while waiting:
            source = waiting.pop()
            following = {e.target for e in self.edges if e.source == source} - found - reached
            found |= following
            waiting += following
        return found

    @cached_property
    def _branches(self) -> dict[str, list[_Branch]]:
        """Return the arrows from each node. Breadth first, so that each box is as near to a root as possible."""
        placed = set(self._roots)
        branches: dict[str, list[_Branch]] = {}
        waiting = deque(self._roots)
        while waiting:
            source = waiting.popleft()
            branches[source] = []
            for edge in (edge for edge in self.edges if edge.source == source):
                again = edge.target in placed
                branches[source].append(_Branch(edge.name, edge.target, edge.mark, again))
                if not again:
                    placed.add(edge.target)
                    waiting.append(edge.target)
        return branches

    def _label(self, node: str) -> str:
        known = self._nodes.get(node)
        if known is None:
            return one_line(node)
        return one_line(_said(f"{known.name} ({known.kind})" if known.kind else known.name, known.mark))

    def _tree(self, source: str) -> Iterator[str]:
        branches = self._branches[source]
        for number, branch in enumerate(branches, 1):
            corner, line = ("└─", "  ") if number == len(branches) else ("├─", "│ ")
            target = (
                f"{one_line(self._name(branch.target))} (see there)" if branch.again else self._label(branch.target)
            )
            yield f"{corner} {one_line(branch.said)} → {target}"
            if not branch.again:
                yield from (f"{line} {below}" for below in self._tree(branch.target))

    def _from(self, node: str, *, root: bool = False) -> str:
        """Return a node's box, and everything that follows it: to the right of a root, below others to save width."""
        shown = self._nodes.get(node, Node(node, ""))
        box = f'<span style="{_SHAPE};{_BORDERS[shown.mark]}">{_written(shown)}</span>'
        following = _table(
            _cell(f"{escape(branch.said)} →", _LABEL.format(4 if branch.again else 12)) + _cell(self._at(branch))
            for branch in self._branches[node]
        )
        if not self._branches[node]:
            return box
        if root:
            return _table([_cell(box, _MIDDLE) + _cell(following)])
        return f'{box}<div style="{_BELOW}">{following}</div>'

    def _at(self, branch: _Branch) -> str:
        if branch.again:
            return f'<span style="{_AGAIN}">{escape(self._name(branch.target))}</span>'
        return self._from(branch.target)

    def _name(self, node: str) -> str:
        return self._nodes[node].name if node in self._nodes else node


def _said(text: str, mark: Mark) -> str:
    return f"{text} {SIGNS[mark]}" if mark else text


def _written(node: Node) -> str:
    """Return what a box says: its name, what it is, and what becomes of it."""
    gone = f' style="{_GONE}"' if node.mark == "removed" else ""
    name = f"<span{gone}>{escape(node.name)}</span>" if gone else escape(node.name)
    sign = f"<strong>{SIGNS[node.mark]}</strong>" if node.mark else ""
    under = " · ".join(filter(None, (sign, escape(node.kind))))
    return f"{name}<br><small>{under}</small>" if under else name


def _table(rows: Iterable[str]) -> str:
    written = "".join(f'<tr style="{_ROW}">{row}</tr>' for row in rows)
    return f'<table role="presentation" style="{_TABLE}"><tbody>{written}</tbody></table>'


def _cell(content: str, style: str = "") -> str:
    return f'<td style="{style or _CELL}">{content}</td>'
