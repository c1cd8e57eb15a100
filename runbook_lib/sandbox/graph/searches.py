"""The `$search` of directory searches, read into a test for documents."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..store import Document
from .errors import bad_request
from .shapes import ObjectType

Predicate = Callable[[Document], bool]

_SEARCH_CLAUSE = re.compile(r'\s*"([A-Za-z]+):((?:[^"\\]|\\.)+)"\s*')


def parse_search(text: str, kind: ObjectType) -> Predicate:
    """Read a `$search` such as `"displayName:al" OR "mail:al"`. Raises GraphError 400 for anything else.

    As documented, names and descriptions are searched by word, everything else from the start of the value.
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
