"""Conditions of role assignments (Azure ABAC): whether one has a say about an action.

Format: the conditions format article. Of its expressions only `ActionMatches` can be worked out in advance; the
attributes and sub-operations of a request are known to Azure alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .actions import matches

_ACTION = r"ActionMatches\s*\{\s*'(?P<action>[^']*)'\s*\}"
_TOKEN = re.compile(
    rf"\s*(?:{_ACTION}|(?P<mark>\(|\)|!|&&|\|\||(?:AND|OR|NOT)\b)|(?P<other>(?:\[[^\]]*\]|\{{[^}}]*\}}|'[^']*'|[^\s()!&|])+))",
    re.IGNORECASE,
)
_SIGNS = {"&&": "AND", "||": "OR", "!": "NOT"}


def lets_through(condition: str, action: str) -> bool:
    """Tell whether a condition lets every request of an action through, whatever its attributes.

    False also for what can't be read.
    """
    reader = _Reader(_tokens(condition), action)
    try:
        return reader.either() is True and not reader.tokens
    except IndexError:  # it ends too early
        return False


def _tokens(condition: str) -> list[tuple[str, str]]:
    """Split a condition into pairs of kind and text, the last one first."""
    found = [(str(one.lastgroup), one[str(one.lastgroup)]) for one in _TOKEN.finditer(condition.strip())]
    return [(kind, _SIGNS.get(text, text.upper()) if kind == "mark" else text) for kind, text in reversed(found)]


@dataclass
class _Reader:
    """Works a condition out with three values: true, false, and None for what only the request can tell."""

    tokens: list[tuple[str, str]]
    action: str

    def either(self) -> bool | None:
        value = self.both()
        while self._next("OR"):
            other = self.both()
            value = True if value or other else False if value is other is False else None
        return value

    def both(self) -> bool | None:
        value = self.single()
        while self._next("AND"):
            other = self.single()
            value = False if value is False or other is False else True if value and other else None
        return value

    def single(self) -> bool | None:
        if self._next("NOT"):
            value = self.single()
            return None if value is None else not value
        if self._next("("):
            value = self.either()
            if not self._next(")"):
                raise IndexError
            return value
        kind, text = self.tokens.pop()
        if kind == "action":
            return matches(text, self.action)
        if kind == "mark":
            raise IndexError
        while self.tokens and self.tokens[-1][0] == "other":
            self.tokens.pop()
        return None

    def _next(self, mark: str) -> bool:
        if self.tokens and self.tokens[-1] == ("mark", mark):
            self.tokens.pop()
            return True
        return False
