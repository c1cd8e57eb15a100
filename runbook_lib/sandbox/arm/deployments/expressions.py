"""Expressions of templates: `[concat(parameters('name'), '-twins')]` and the like, anywhere in a template's values.

The sandbox knows the functions that templates for Azure Digital Twins need. It refuses every other one by name, instead
of guessing, before anything is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .functions import Scope


def evaluate(value: Any, scope: Scope) -> Any:
    """Return a value with all expressions in it replaced by their values. Raises ArmError."""
    if isinstance(value, dict):
        return _object(value, scope)
    if isinstance(value, list):
        return [evaluate(each, scope) for each in value]
    if not isinstance(value, str) or not is_expression(value):
        return value[1:] if isinstance(value, str) and value.startswith("[[") else value
    from .evaluation import evaluate_expression  # here, so that the sandbox starts without lark

    return evaluate_expression(value[1:-1], scope)


def is_expression(text: str) -> bool:
    """Tell whether a string is an expression: in brackets, unless the first one is doubled."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def expressions(value: Any) -> Iterator[str]:
    """Yield every expression in a value, without its brackets."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from expressions(name)
            yield from expressions(each)
    elif isinstance(value, list):
        for each in value:
            yield from expressions(each)
    elif isinstance(value, str) and is_expression(value):
        yield value[1:-1]


def _object(value: dict[str, Any], scope: Scope) -> dict[str, Any]:
    # Keys too: Bicep writes the id of a user-assigned identity as an expression.
    found = {str(evaluate(name, scope)): evaluate(each, scope) for name, each in value.items() if name != "copy"}
    loops = value.get("copy", [])
    if not _are_loops(loops):
        return found | {"copy": evaluate(loops, scope)} if "copy" in value else found
    for loop in loops:
        count = evaluate(loop["count"], scope)
        # Property loops are known by name: `copyIndex('rules')`.
        found[loop["name"]] = [
            evaluate(loop["input"], with_index(scope, loop["name"], number)) for number in range(count)
        ]
    return found


def _are_loops(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and each.keys() >= {"name", "count", "input"} for each in value
    )


def with_index(scope: Scope, loop: str, number: int) -> Scope:
    """Return a scope in which `copyIndex()` and `copyIndex('loop')` know the number of the current round."""
    outer = scope.get("copyIndex")

    def copy_index(*arguments: Any) -> int:
        named = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        if named and named.lower() != loop.lower() and outer:
            return int(outer(*arguments))
        return number + sum(each for each in arguments if isinstance(each, int))

    return {**scope, "copyIndex": copy_index}
