"""Turns conditions into functions over rows, and works out which twins a condition can match at most.

Modelled where the articles are silent: values of different types are neither equal nor ordered; a missing property
makes a comparison undefined, and the opposite of the comparison too.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ...store import Document
from ..catalog import Catalog
from .functions import FUNCTIONS, MISSING, is_exact, kind_of
from .syntax_tree import AllOf, AnyOf, Call, Comparison, Condition, Literal, Membership, Not, Operand, Path

Row = Mapping[str, Document]
"""A hit: the twins and relationships that were joined, by collection name."""
Test = Callable[[Row], bool | None]
Read = Callable[[Row], Any]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = frozenset({"number", "string", "boolean"})


@dataclass(frozen=True)
class Scope:
    """What the words of a condition can stand for."""

    collections: Collection[str]
    """Names of collections in the rows."""
    root: str | None
    """The collection whose properties need no prefix; None if there isn't one."""
    catalog: Catalog

    def read(self, operand: Operand) -> Read:
        """Return a function that reads an operand's value from a row: MISSING if the row doesn't have it."""
        if isinstance(operand, Literal):
            value = operand.value
            return lambda row: value
        collection, names = self.resolve(operand)
        if collection is None:
            return lambda row: MISSING

        if len(names) == 1:
            (only,) = names
            return lambda row: row[collection].get(only, MISSING) if collection in row else MISSING

        def get(row: Row) -> Any:
            value: Any = row.get(collection, MISSING)
            for name in names:
                if not isinstance(value, dict):
                    return MISSING
                value = value.get(name, MISSING)
            return value

        return get

    def resolve(self, path: Path) -> tuple[str | None, tuple[str, ...]]:
        """Return the collection that a path goes through and the rest of the path; None if it's unknown."""
        first, *rest = path.texts
        return (first, tuple(rest)) if first in self.collections else (self.root, path.texts)


def compiled(node: Condition, scope: Scope) -> Test:
    """Turn a condition into a function."""
    if isinstance(node, AllOf):
        return _all([compiled(part, scope) for part in node.conditions])
    if isinstance(node, AnyOf):
        return _any([compiled(part, scope) for part in node.conditions])
    if isinstance(node, Not):
        return _opposite(compiled(node.condition, scope))
    if isinstance(node, Comparison):
        return _comparison(node.operator, scope.read(node.left), scope.read(node.right))
    if isinstance(node, Membership):
        return _membership(node, scope)
    return _model_test(node, scope) if node.name.text.upper() == "IS_OF_MODEL" else _call(node, scope)


def anchors(node: Condition | None, scope: Scope, field: str) -> dict[str, set[str]]:
    """Return, by collection, the values of `field` (for example `$dtId`) that can meet the condition."""
    if isinstance(node, AllOf):
        found: dict[str, set[str]] = {}
        for part in node.conditions:
            for name, values in anchors(part, scope, field).items():
                found[name] = found[name] & values if name in found else values
        return found
    if isinstance(node, AnyOf):
        parts = [anchors(part, scope, field) for part in node.conditions]
        shared = set.intersection(*(set(part) for part in parts))
        return {name: set[str]().union(*(part[name] for part in parts)) for name in shared}
    operand, wanted = _equals(node)
    if isinstance(operand, Path):
        collection, names = scope.resolve(operand)
        if collection is not None and names == (field,):
            return {collection: {value for value in wanted if isinstance(value, str)}}
    return {}


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are of the same type and equal."""
    return kind_of(left) == kind_of(right) and bool(left == right)


def _equals(node: Condition | None) -> tuple[Operand | None, list[Any]]:
    """Return the operand of a condition that lists all values which it can have, and these values."""
    if isinstance(node, Membership) and not node.negated:
        return node.operand, [literal.value for literal in node.values]
    if isinstance(node, Comparison) and node.operator == "=":
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(other, Literal):
                return one, [other.value]
    return None, []


def _all(tests: list[Test]) -> Test:
    def test(row: Row) -> bool | None:
        undefined = False
        for one in tests:
            verdict = one(row)
            if verdict is False:
                return False
            undefined |= verdict is None
        return None if undefined else True

    return test


def _any(tests: list[Test]) -> Test:
    def test(row: Row) -> bool | None:
        undefined = False
        for one in tests:
            verdict = one(row)
            if verdict:
                return True
            undefined |= verdict is None
        return None if undefined else False

    return test


def _opposite(test: Test) -> Test:
    def opposite(row: Row) -> bool | None:
        verdict = test(row)
        return None if verdict is None else not verdict

    return opposite


def _comparison(sign: str, left: Read, right: Read) -> Test:
    wanted = sign == "="

    def equality(row: Row) -> bool | None:
        one, other = left(row), right(row)
        if one is MISSING or other is MISSING:
            return None
        return equal(one, other) is wanted

    def order(row: Row) -> bool | None:
        one, other = left(row), right(row)
        kind = kind_of(one)
        return _ORDER[sign](one, other) if kind in _ORDERED and kind == kind_of(other) else None

    return order if sign in _ORDER else equality


def _membership(node: Membership, scope: Scope) -> Test:
    read, values, wanted = scope.read(node.operand), [literal.value for literal in node.values], not node.negated

    def test(row: Row) -> bool | None:
        value = read(row)
        return None if value is MISSING else any(equal(value, one) for one in values) == wanted

    return test


def _call(node: Call, scope: Scope) -> Test:
    work = FUNCTIONS[node.name.text.upper()].work
    assert work is not None, "IS_OF_MODEL alone needs more than its arguments"
    reads = [scope.read(argument) for argument in node.arguments]
    if len(reads) == 1:
        (read,) = reads
        return lambda row: work(read(row))
    return lambda row: work(*(one(row) for one in reads))


def _model_test(node: Call, scope: Scope) -> Test:
    exact = is_exact(node.arguments[-1])
    model = next(argument.value for argument in node.arguments if isinstance(argument, Literal))
    first = node.arguments[0]
    collection = first.texts[0] if isinstance(first, Path) else scope.root
    wanted = {model} if exact else scope.catalog.subtypes(str(model))

    def test(row: Row) -> bool | None:
        found = row.get(collection or "", {}).get("$metadata")
        return found["$model"] in wanted if found else None

    return test
