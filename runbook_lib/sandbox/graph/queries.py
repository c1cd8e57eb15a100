"""The part of OData that directory searches use: `$filter` and `$search`, read into a test for documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..store import Document
from .errors import bad_request, unsupported_query
from .shapes import ObjectType

Predicate = Callable[[Document], bool]

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][\w.]*|\d+|[():,/])")
_SEARCH_CLAUSE = re.compile(r'\s*"([A-Za-z]+):((?:[^"\\]|\\.)+)"\s*')
_LITERALS = {"true": True, "false": False, "null": None}


def parse_filter(text: str, kind: ObjectType) -> Predicate:
    """Read a `$filter`. Raises GraphError 400 for what Graph does not understand either.

    Understood: `eq`, `in`, `startswith(...)`, `collection/any(x:x eq '...')`, `and`, `or`, parentheses. `ne`, `not`
    and `endswith` belong to Graph's advanced queries and are refused.
    """
    return _Parser(text, kind).parse()


class _Parser:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, text: str, kind: ObjectType) -> None:
        self._kind = kind
        self._text = text
        self._tokens = list(_tokens(text))
        self._variable = ""

    def parse(self) -> Predicate:
        found = self._either()
        if self._tokens:
            raise self._invalid()
        return found

    def _invalid(self) -> Exception:
        return bad_request(f"Invalid filter clause: {self._text}")

    def _next(self, expected: str = "") -> str:
        if not self._tokens or (expected and self._tokens[0].lower() != expected):
            raise self._invalid()
        return self._tokens.pop(0)

    def _at(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0].lower() == word

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._at("or"):
            self._next()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda document: any(part(document) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._clause()]
        while self._at("and"):
            self._next()
            parts.append(self._clause())
        return parts[0] if len(parts) == 1 else lambda document: all(part(document) for part in parts)

    def _clause(self) -> Predicate:
        if self._at("("):
            self._next()
            inner = self._either()
            self._next(")")
            return inner
        if self._at("startswith"):
            return self._starts_with()
        if self._at("not") or self._at("endswith"):
            raise unsupported_query(
                f"Unsupported Query. The operator '{self._next()}' needs advanced query parameters."
            )
        read = self._property()
        if self._at("/"):
            return self._any(read)
        return self._comparison(read)

    def _property(self) -> Callable[[Document], Any]:
        name = self._next()
        if name == self._variable:
            return lambda value: value  # inside any(): the element itself
        known = {found.lower(): found for found in self._kind.properties}
        if name.lower() not in known:
            type_name = self._kind.name[0].upper() + self._kind.name[1:]
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{type_name}'."
            )
        spelled = known[name.lower()]
        return lambda document: document.get(spelled, self._kind.defaults.get(spelled))

    def _comparison(self, read: Callable[[Document], Any]) -> Predicate:
        operator = self._next().lower()
        if operator == "eq":
            wanted = self._literal()
            return lambda document: _fold(read(document)) == wanted
        if operator == "in":
            choices = self._list()
            return lambda document: _fold(read(document)) in choices
        if operator == "ne":
            raise unsupported_query("Unsupported Query. The operator 'ne' needs advanced query parameters.")
        raise self._invalid()

    def _starts_with(self) -> Predicate:
        self._next()
        self._next("(")
        read = self._property()
        self._next(",")
        prefix = str(self._literal())
        self._next(")")
        return lambda document: str(_fold(read(document)) or "").startswith(prefix)

    def _any(self, read: Callable[[Document], Any]) -> Predicate:
        self._next("/")
        self._next("any")
        self._next("(")
        self._variable = self._next()
        self._next(":")
        inner = self._either()
        self._next(")")
        self._variable = ""
        return lambda document: any(inner(element) for element in read(document) or [])

    def _list(self) -> list[Any]:
        self._next("(")
        found = [self._literal()]
        while self._at(","):
            self._next()
            found.append(self._literal())
        self._next(")")
        return found

    def _literal(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'").lower()
        if token.isdigit():
            return int(token)
        if token.lower() in _LITERALS:
            return _LITERALS[token.lower()]
        raise self._invalid()


def _tokens(text: str) -> Iterator[str]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if not found:
            raise bad_request(f"Invalid filter clause: {text}")
        yield found[1]
        position = found.end()


def _fold(value: Any) -> Any:
    """Directory strings compare without regard to case."""
    return value.lower() if isinstance(value, str) else value


def parse_search(text: str, kind: ObjectType) -> Predicate:
    """Read a `$search` such as `"displayName:al" OR "mail:al"`. Raises GraphError 400 for what is none.

    As documented, names and descriptions are searched by word, all else from the start of the value.
    """
    alternatives = [_all_of(part, text, kind) for part in re.split(r"\bOR\b", text)]
    return lambda document: any(matches(document) for matches in alternatives)


def _all_of(text: str, whole: str, kind: ObjectType) -> Predicate:
    clauses = [_search_clause(part, whole, kind) for part in re.split(r"\bAND\b", text)]
    return lambda document: all(matches(document) for matches in clauses)


def _search_clause(text: str, whole: str, kind: ObjectType) -> Predicate:
    found = _SEARCH_CLAUSE.fullmatch(text)
    if not found:
        raise bad_request(f'Syntax error in $search: {whole}. Expected clauses such as "displayName:al".')
    name, term = found[1], found[2].lower()
    if name not in kind.properties:
        raise bad_request(f"The property '{name}' of resource '{kind.name}' cannot be searched.")
    if name in ("displayName", "description"):
        wanted = re.findall(r"\w+", term)
        return lambda document: _has_words(str(document.get(name) or ""), wanted)
    return lambda document: str(document.get(name) or "").lower().startswith(term)


def _has_words(value: str, wanted: list[str]) -> bool:
    words = re.findall(r"\w+", value.lower())
    return all(any(word.startswith(start) for word in words) for start in wanted)
