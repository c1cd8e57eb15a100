"""Expressions of templates: `[concat(parameters('name'), '-twins')]` and the like.

The sandbox knows the functions that small templates need. It refuses every other one by name instead of guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Scope = Mapping[str, Callable[..., Any]]
"""Functions that depend on the deployment: `parameters`, `variables`, `resourceGroup`, `subscription`."""


def evaluate(value: Any, scope: Scope) -> Any:
    """Return a value with all expressions in it replaced by their values. Raises ArmError."""
    if isinstance(value, dict):
        # Keys too: Bicep writes the id of a user-assigned identity as an expression.
        return {str(evaluate(name, scope)): evaluate(each, scope) for name, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, scope) for each in value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        if value.startswith("[["):
            return value[1:]
        from .evaluation import evaluate_expression  # here, so that the sandbox starts without lark

        return evaluate_expression(value[1:-1], scope)
    return value
