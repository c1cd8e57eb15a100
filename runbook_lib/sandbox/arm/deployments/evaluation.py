"""Evaluates expressions of templates, from the outside in: what an `if` doesn't choose is never evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from .errors import invalid_template, not_simulated
from .functions import FUNCTIONS, LATER, Later, Scope

_NAMES = """
copyindex deployment environment extensionresourceid if lambda lambdavariables listkeys managementgroupresourceid
parameters reference resourcegroup resourceid resourceinfo subscription subscriptionresourceid tenant tenantresourceid
newguid utcnow variables
"""
DEPLOYMENT_FUNCTIONS = frozenset(_NAMES.split())
"""Functions that need the deployment, or that the evaluator has itself."""


def evaluate_expression(text: str, scope: Scope) -> Any:
    """Return the value of an expression, given without its brackets. Raises ArmError."""
    invalid = invalid_template(f"The template language expression '{text}' is not valid.")
    try:
        return _Evaluator(scope).value(_parsed(text))
    except (UnexpectedInput, TypeError, LookupError, ValueError, ZeroDivisionError, RecursionError) as error:
        raise invalid from error


def unknown_function(texts: Iterable[str], own: frozenset[str]) -> str:
    """Return the name of the first function in expressions that the sandbox doesn't know; empty if it knows all.

    `own` are the functions that the template defines, in lower case. Expressions that aren't valid are passed over.
    """
    known = {name.lower() for name in FUNCTIONS} | DEPLOYMENT_FUNCTIONS | own
    for text in texts:
        try:
            names = [str(call.children[0]) for call in _parsed(text).find_data("call")]
        except UnexpectedInput:
            continue
        for name in names:
            if name.lower() not in known:
                return name
    return ""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open("expressions.lark", rel_to=__file__, parser="lalr", start="value", maybe_placeholders=False)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Tree[Token]:
    return _parser().parse(text)


class _Evaluator:
    """Evaluates one expression."""

    def __init__(self, scope: Scope) -> None:
        self._functions = {name.lower(): function for name, function in {**FUNCTIONS, **scope}.items()}
        self._variables: dict[str, Any] = {}

    def value(self, node: Any) -> Any:
        """Return the value of a part of the expression."""
        match node.data:
            case "text":
                return _unquoted(node.children[0]).replace("''", "'")
            case "number":
                return int(node.children[0])
            case "call":
                return self._call(str(node.children[0]), node.children[1:])
            case "member":
                return _member(self.value(node.children[0]), _unquoted(node.children[1]))
            case _:
                return _item(self.value(node.children[0]), self.value(node.children[1]))

    def _call(self, name: str, arguments: list[Any]) -> Any:
        match name.lower():
            case "if":
                condition = self.value(arguments[0])
                return LATER if condition is LATER else self.value(arguments[1 if condition else 2])
            case "lambda":
                return self._lambda([self.value(each) for each in arguments[:-1]], arguments[-1])
            case "lambdavariables":
                return self._variables[self.value(arguments[0]).lower()]
        function = self._functions.get(name.lower())
        if function is None:
            raise not_simulated(f"the template function '{name}'")
        values = [self.value(each) for each in arguments]
        return LATER if any(isinstance(each, Later) for each in values) else function(*values)

    def _lambda(self, names: list[str], body: Any) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            before = dict(self._variables)
            self._variables |= {name.lower(): each for name, each in zip(names, values, strict=False)}
            try:
                return self.value(body)
            finally:
                self._variables = before

        return call


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Later):
        return LATER
    if isinstance(value, list):
        return value[int(name)]
    return value[name] if name in value else {key.lower(): each for key, each in value.items()}[name.lower()]


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, Later) or isinstance(key, Later):
        return LATER
    return value[key] if isinstance(key, int) else _member(value, key)


def _unquoted(token: Any) -> str:
    return str(token)[1:-1] if token.type == "STRING" else str(token)
