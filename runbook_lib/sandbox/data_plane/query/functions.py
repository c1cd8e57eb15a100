"""The functions of the query language (reference-query-functions article).

A condition is True, False, or None for undefined: a question about a property that a twin doesn't have. Undefined rows
aren't hits, and the opposite of undefined isn't a hit either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .syntax_tree import Literal, Operand, Path


class Missing:
    """The value of a property that a twin does not have."""


MISSING = Missing()

_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    type(None): "null",
    dict: "object",
    list: "array",
    Missing: "missing",
}


@dataclass(frozen=True)
class Function:
    """A function: its arguments and, if its value depends only on them, how to compute it."""

    accepts: Callable[[Sequence[Operand]], bool]
    work: Callable[..., bool | None] | None = None


def kind_of(value: Any) -> str:
    """Return the type of a value, as the language distinguishes types."""
    return _KINDS[type(value)]


def is_model_test(arguments: Sequence[Operand]) -> bool:
    """Tell whether these are arguments of IS_OF_MODEL: a collection (optional), a model, and `exact` (optional)."""
    rest = list(arguments)
    if rest and isinstance(rest[0], Path) and len(rest[0].names) == 1:
        rest = rest[1:]
    if not rest or not isinstance(rest[0], Literal) or not isinstance(rest[0].value, str):
        return False
    return len(rest) == 1 or (len(rest) == 2 and is_exact(rest[1]))


def is_exact(argument: Operand) -> bool:
    """Tell whether an argument is the word `exact`."""
    return isinstance(argument, Path) and [text.lower() for text in argument.texts] == ["exact"]


def _one_path(arguments: Sequence[Operand]) -> bool:
    return len(arguments) == 1 and isinstance(arguments[0], Path)


def _two(arguments: Sequence[Operand]) -> bool:
    return len(arguments) == 2 and isinstance(arguments[0], Path)


def _is(*kinds: str) -> Function:
    return Function(_one_path, lambda value: kind_of(value) in kinds)


def _on_texts(compare: Callable[[str, str], bool]) -> Function:
    def work(value: Any, part: Any) -> bool | None:
        return compare(value, part) if isinstance(value, str) and isinstance(part, str) else None

    return Function(_two, work)


def _array_contains(value: Any, member: Any) -> bool | None:
    """Search the top level only; members that are objects or arrays are not found (limitations of the article)."""
    if not isinstance(value, list):
        return None
    wanted = kind_of(member)
    return any(kind_of(item) == wanted and item == member for item in value if not isinstance(item, dict | list))


_STARTS, _ENDS = _on_texts(str.startswith), _on_texts(str.endswith)

FUNCTIONS: Mapping[str, Function] = {
    "ARRAY_CONTAINS": Function(_two, _array_contains),
    "CONTAINS": _on_texts(lambda value, part: part in value),
    "ENDSWITH": _ENDS,
    "ENDS_WITH": _ENDS,
    "IS_BOOL": _is("boolean"),
    "IS_DEFINED": _is("boolean", "number", "string", "null", "object", "array"),
    "IS_NULL": _is("null"),
    "IS_NUMBER": _is("number"),
    "IS_OBJECT": _is("object"),
    "IS_OF_MODEL": Function(is_model_test),
    "IS_PRIMITIVE": _is("boolean", "number", "string", "null"),
    "IS_STRING": _is("string"),
    "STARTSWITH": _STARTS,
    "STARTS_WITH": _STARTS,
}
"""By name, in capitals. Both spellings of STARTSWITH and ENDSWITH are documented."""
