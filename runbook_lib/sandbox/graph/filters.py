"""The part of OData's `$filter` that directory searches use, read into a test for documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, Tree
from lark.exceptions import UnexpectedInput

from ..store import Document
from .errors import GraphError, bad_request, unsupported_query
from .shapes import ObjectType

Predicate = Callable[[Document], bool]

MOST_ALTERNATIVES = 15
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TOKENS = re.compile(r"(?:\s*+(?>'(?:[^']|'')*'|[A-Za-z_][\w.]*|\d+|[():,/]))++\s*+")
"""A sequence of tokens. Text that contains anything else is refused first."""


def parse_filter(text: str, kind: ObjectType) -> Predicate:
    """Read a `$filter`. Raises GraphError 400 for what Graph doesn't understand either.

    Understood: `eq`, `in`, `startswith(...)`, `collection/any(x:x eq '...')`, `and`, `or`, parentheses. `ne`, `not`
    and `endswith` belong to Graph's advanced queries and are refused.
    """
    if not _TOKENS.fullmatch(text):
        raise _invalid(text)
    check = _Check(kind)
    parser: Any = _parser().parse_interactive(text)
    try:
        # Each token is checked before it's parsed, so the first of several mistakes counts.
        for token in parser.iter_parse():
            check(token)
        tree: Tree[Token] = parser.resume_parse()
    except UnexpectedInput as error:
        raise _invalid(text) from error
    found: Predicate = _Compiler(kind).transform(tree)
    return found


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open("filter.lark", rel_to=__file__, parser="lalr", start="filter")


def _invalid(text: str) -> GraphError:
    return bad_request(f"Invalid filter clause: {text}")


class _Check:
    """Refuses the words that Graph knows but doesn't accept here, and tells properties from any()'s variable."""

    def __init__(self, kind: ObjectType) -> None:
        self._kind = kind
        self._known = {found.lower() for found in kind.properties}
        self._variable = ""
        self._before = ""
        self._opened_by: list[str] = []
        self._property = ""
        self._ors = 0

    def __call__(self, token: Token) -> None:
        if token.type == "PROPERTY":
            self._check_property(token)
        elif token.type in ("UNSUPPORTED", "NE"):
            name = token if token.type == "UNSUPPORTED" else "ne"
            raise unsupported_query(f"Unsupported Query. The operator '{name}' needs advanced query parameters.")
        elif token.type == "STRING":
            self._check_guid(token)
        elif token.type in ("_OR", "_COMMA"):
            self._count_alternatives()
        elif token.type == "VARIABLE":
            self._variable = str(token)
        elif token.type == "_LPAR":
            self._opened_by.append(self._before)
        elif token.type == "_RPAR" and self._opened_by and self._opened_by.pop() == "_ANY":
            self._variable = ""
        self._before = token.type

    def _count_alternatives(self) -> None:
        """Refuse more than 15 alternatives (quoted by users)."""
        self._ors += 1
        if self._ors >= MOST_ALTERNATIVES:
            raise unsupported_query(
                "Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{self._ors + 1}. Max allowed: {MOST_ALTERNATIVES}."
            )

    def _check_guid(self, token: Token) -> None:
        """Refuse a text where Graph wants a GUID. Quoted by users, without saying for which properties."""
        if self._property in ("id", "appid") and not _GUID.fullmatch(token[1:-1]):
            type_name = self._kind.name[0].upper() + self._kind.name[1:]
            raise bad_request(f"Invalid value specified for property '{self._property}' of resource '{type_name}'.")

    def _check_property(self, token: Token) -> None:
        self._property = token.lower()
        if token == self._variable:
            token.type = "ELEMENT"
        elif token.lower() not in self._known:
            type_name = self._kind.name[0].upper() + self._kind.name[1:]
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{token}'"
                f" of resource '{type_name}'."
            )


class _Compiler(Transformer[Token, Predicate]):
    """Turns the tree of a filter into a test for documents."""

    def __init__(self, kind: ObjectType) -> None:
        super().__init__()
        self._defaults = kind.defaults
        self._spelling = {found.lower(): found for found in kind.properties}

    def any_of(self, parts: list[Predicate]) -> Predicate:
        return lambda document: any(part(document) for part in parts)

    def all_of(self, parts: list[Predicate]) -> Predicate:
        return lambda document: all(part(document) for part in parts)

    def equals(self, words: list[Any]) -> Predicate:
        read, wanted = words
        return lambda document: _fold(read(document)) == wanted

    def one_of(self, words: list[Any]) -> Predicate:
        read, *choices = words
        return lambda document: _fold(read(document)) in choices

    def starts_with(self, words: list[Any]) -> Predicate:
        read, prefix = words
        return lambda document: str(_fold(read(document)) or "").startswith(str(prefix))

    def some(self, words: list[Any]) -> Predicate:
        read, _variable, inner = words
        return lambda document: any(inner(element) for element in read(document) or [])

    def known(self, token: Token) -> Callable[[Document], Any]:
        spelled = self._spelling[token.lower()]
        return lambda document: document.get(spelled, self._defaults.get(spelled))

    def element(self, _token: Token) -> Callable[[Any], Any]:
        return lambda value: value

    def string(self, token: Token) -> str:
        return str(token)[1:-1].replace("''", "'").lower()

    def number(self, token: Token) -> int:
        return int(token)

    def constant(self, token: Token) -> Any:
        return {"true": True, "false": False, "null": None}[token.lower()]

    # lark finds these by the terminals' names
    PROPERTY, ELEMENT, STRING, INT, CONSTANT = known, element, string, number, constant


def _fold(value: Any) -> Any:
    """Directory strings are compared without regard to case."""
    return value.lower() if isinstance(value, str) else value
