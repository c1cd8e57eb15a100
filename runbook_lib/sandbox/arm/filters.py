"""Reads the `$filter` of ARM's lists. Which names a list knows is for its own module to say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from . import errors


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
    """Return what a filter joins by `and`; nothing for an empty one. Raises ArmError."""
    if not text.strip():
        return []
    try:
        parts: list[Part] = _Builder().transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise errors.invalid_filter(text) from error
    return parts


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open("filter.lark", rel_to=__file__, parser="lalr", start="filter", maybe_placeholders=True)


class _Builder(Transformer[Token, list[Part]]):
    def filter(self, parts: list[Part]) -> list[Part]:
        return parts

    def comparison(self, words: list[Any]) -> Comparison:
        field, operator, value = words
        return Comparison(str(field).lower(), str(operator).lower(), value)

    def function(self, words: list[Any]) -> Function:
        name, argument = words
        return Function(str(name).lower(), argument)

    def string(self, token: Token) -> str:
        return str(token)[1:-1].replace("''", "'")

    STRING = string  # lark calls it by the terminal's name
