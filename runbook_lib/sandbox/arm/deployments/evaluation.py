"""Evaluates expressions of templates, and holds the functions of their language."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from .errors import invalid_template, not_simulated

_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""The namespace of Microsoft's `guid()`, as documented for Bicep users who compute it themselves."""

Scope = Mapping[str, Callable[..., Any]]


def evaluate_expression(text: str, scope: Scope) -> Any:
    """Return the value of an expression, given without its brackets. Raises ArmError."""
    invalid = invalid_template(f"The template language expression '{text}' is not valid.")
    try:
        return _Evaluator(scope).transform(_parser().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, TypeError | LookupError | ValueError):
            raise invalid from error
        raise error.orig_exc from None
    except UnexpectedInput as error:
        raise invalid from error


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open("expressions.lark", rel_to=__file__, parser="lalr", start="value", maybe_placeholders=False)


class _Evaluator(Transformer[Token, Any]):
    """Evaluates an expression from the inside out."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._functions = {name.lower(): function for name, function in {**_FUNCTIONS, **scope}.items()}

    def text(self, words: list[Token]) -> str:
        return _unquoted(words[0]).replace("''", "'")

    def number(self, words: list[Token]) -> int:
        return int(words[0])

    def call(self, words: list[Any]) -> Any:
        name, *arguments = words
        function = self._functions.get(name.lower())
        if function is None:
            raise not_simulated(f"the template function '{name}'")
        return function(*arguments)

    def member(self, words: list[Any]) -> Any:
        value, key = words
        return value[_unquoted(key)]

    def item(self, words: list[Any]) -> Any:
        value, key = words
        return value[key]


def _unquoted(token: Token) -> str:
    return str(token)[1:-1] if token.type == "STRING" else str(token)


def _concat(*parts: Any) -> Any:
    if parts and isinstance(parts[0], list):
        return [each for part in parts for each in part]
    return "".join(str(part) for part in parts)


_FUNCTIONS: Scope = {
    "concat": _concat,
    "toLower": lambda text: str(text).lower(),
    "toUpper": lambda text: str(text).upper(),
    "guid": lambda *parts: str(uuid.uuid5(_NAMESPACE, "-".join(map(str, parts)))),
    "not": lambda value: not value,
    "format": lambda text, *values: re.sub(r"\{(\d+)\}", lambda found: str(values[int(found[1])]), text),
}
