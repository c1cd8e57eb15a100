"""Reads the `$filter` of ARM's lists. Each list's own module says which names it knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """Such as `principalId eq '...'`; field and operator are in lower case."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Function:
    """Such as `atScope()`; the name is in lower case."""

    name: str
    argument: str | None


Part = Comparison | Function


def read_filter(text: str) -> list[Part]:
    """Return the parts that a filter joins by `and`; none for an empty one. Raises ArmError."""
    if not text.strip():
        return []
    from .filter_grammar import split_filter  # here, so that the sandbox starts without lark

    return [_comparison(*words) if kind == "comparison" else _function(*words) for kind, words in split_filter(text)]


def _comparison(field: str, operator: str, value: str) -> Comparison:
    return Comparison(field.lower(), operator.lower(), _unquoted(value))


def _function(name: str, argument: str | None) -> Function:
    return Function(name.lower(), None if argument is None else _unquoted(argument))


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
