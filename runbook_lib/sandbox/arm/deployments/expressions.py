"""Expressions of templates: `[concat(parameters('name'), '-twins')]` and the like.

Of the language's functions the sandbox knows those that templates of a few resources need; for every other one it says
so instead of guessing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from ..errors import ArmError, gateway

_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""What Microsoft's `guid()` derives from, as documented for Bicep users who recompute it."""

Scope = Mapping[str, Callable[..., Any]]
"""Functions that depend on the deployment: `parameters`, `variables`, `resourceGroup`, `subscription`."""


def not_simulated(what: str) -> ArmError:
    """Refuse: Azure can do this, the sandbox cannot."""
    return ArmError(400, "SandboxNotSimulated", f"The sandbox does not simulate {what}. Azure does.")


def invalid_template(problem: str) -> ArmError:
    """Refuse: the template breaks the language's rules. The code is documented, the sentence's end is ours."""
    return gateway(400, "InvalidTemplate", f"Deployment template validation failed: '{problem}'.")


def evaluate(value: Any, scope: Scope) -> Any:
    """Return a value with all expressions in it replaced by what they mean. Raises ArmError."""
    if isinstance(value, dict):
        return {name: evaluate(each, scope) for name, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, scope) for each in value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return value[1:] if value.startswith("[[") else _evaluate(value[1:-1], scope)
    return value


def _evaluate(text: str, scope: Scope) -> Any:
    invalid = invalid_template(f"The template language expression '{text}' is not valid.")
    try:
        return _Evaluator(scope).transform(_parser().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, ArmError):
            raise error.orig_exc from None
        raise invalid from error
    except UnexpectedInput as error:
        raise invalid from error


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open("expressions.lark", rel_to=__file__, parser="lalr", start="value", maybe_placeholders=False)


class _Evaluator(Transformer[Token, Any]):
    """Works an expression out from the inside to the outside."""

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
    "format": lambda text, *values: re.sub(r"\{(\d+)\}", lambda found: str(values[int(found[1])]), text),
}
