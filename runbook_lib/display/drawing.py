"""Draws a small graph as a table of boxes and arrows, and as a tree in plain text.

It uses neither SVG nor a stylesheet: an untrusted saved notebook loses both, in JupyterLab and on GitHub, and only the
labels would remain. Tables with inline borders stay, and take their colors from the theme.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .cards import escape
from .plain import one_line

_BOX = "display:inline-block;border:1px solid;border-radius:6px;padding:2px 8px;margin:2px 0;white-space:nowrap"
_AGAIN = f"{_BOX};border-style:dashed"
_CELL = "text-align:left;vertical-align:middle;padding:1px 4px;white-space:nowrap;border:0"
_TABLE = "border-collapse:collapse;margin:4px 0"
# JupyterLab stripes table rows, which would cut through boxes that span several.
_ROW = "background-color:transparent"


@dataclass(frozen=True)
class Node:
    """A twin in a drawing."""

    id: str
    kind: str
    """What it is, in one word, for example `Machine`."""


@dataclass(frozen=True)
class Edge:
    """A relationship in a drawing."""

    source: str
    name: str
    target: str


@dataclass(frozen=True)
class _Branch:
    name: str
    target: str
    again: bool
    """True: the target's box is elsewhere."""


@dataclass(frozen=True)
class Drawing:
    """A directed graph. Each node has one box, as near a root as possible. Other arrows to it end in a dashed box."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def text(self) -> str:
        """Render as one tree per root."""
        lines = [f"{one_line(self.title)}:"]
        for root in self._roots:
            lines += [f"  {self._label(root)}", *(f"  {line}" for line in self._tree(root))]
        return "\n".join(lines)

    def html(self) -> str:
        """Render as a figure of boxes and arrows from left to right, with the tree as text alternative."""
        rows = "".join(f'<tr style="{_ROW}">{"".join(row)}</tr>' for root in self._roots for row in self._rows(root))
        table = f'<table role="presentation" style="{_TABLE}"><tbody>{rows}</tbody></table>'
        tree = f'<pre style="margin:4px 0 0;font-family:monospace;line-height:1.4">{escape(self.text())}</pre>'
        alternative = f'<details><summary style="cursor:pointer">The same as text</summary>{tree}</details>'
        again = any(branch.again for branches in self._branches.values() for branch in branches)
        legend = " <small>(dashed: see its own box)</small>" if again else ""
        caption = f'<figcaption style="font-weight:600">{escape(self.title)}{legend}</figcaption>'
        figure = f'<figure role="group" aria-label="{escape(self.title)}" style="margin:8px 0 0;overflow-x:auto">'
        return f"{figure}{caption}{table}{alternative}</figure>"

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {node.id: node.kind for node in self.nodes}

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
                branches[source].append(_Branch(edge.name, edge.target, again))
                if not again:
                    placed.add(edge.target)
                    waiting.append(edge.target)
        return branches

    def _label(self, node: str) -> str:
        return one_line(f"{node} ({self._kinds[node]})" if node in self._kinds else node)

    def _tree(self, source: str) -> Iterator[str]:
        branches = self._branches[source]
        for number, branch in enumerate(branches, 1):
            corner, line = ("└─", "  ") if number == len(branches) else ("├─", "│ ")
            target = f"{one_line(branch.target)} (see there)" if branch.again else self._label(branch.target)
            yield f"{corner} {one_line(branch.name)} → {target}"
            if not branch.again:
                yield from (f"{line} {below}" for below in self._tree(branch.target))

    def _rows(self, node: str) -> list[list[str]]:
        """Return table rows for a node's box, which spans them, and everything that follows it."""
        rows: list[list[str]] = []
        for branch in self._branches[node]:
            below = [[_cell(_box(branch.target, "", _AGAIN))]] if branch.again else self._rows(branch.target)
            below[0].insert(0, _cell(f"{escape(branch.name)} →", len(below)))
            rows += below
        rows = rows or [[]]
        rows[0].insert(0, _cell(_box(node, self._kinds.get(node, ""), _BOX), len(rows)))
        return rows


def _box(name: str, kind: str, style: str) -> str:
    under = f"<br><small>{escape(kind)}</small>" if kind else ""
    return f'<span style="{style}">{escape(name)}{under}</span>'


def _cell(content: str, span: int = 1) -> str:
    spanning = f' rowspan="{span}"' if span > 1 else ""
    return f'<td{spanning} style="{_CELL}">{content}</td>'
