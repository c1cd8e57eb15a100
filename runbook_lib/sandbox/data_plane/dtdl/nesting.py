"""Schemas in schemas: how deep they can nest, and what a property can't hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .findings import Element
from .terms import LIMITS, SCHEMA_DEPTH


def schema_problems(interface: Element, version: int) -> Iterator[str]:
    """List schemas that nest too deeply or in a circle, and properties with contents that they can't have."""
    known: dict[int, int] = {}
    if any(_depth(schema, known) > SCHEMA_DEPTH for schema in _schemas(interface)):
        yield f"{interface['@id']} has schemas nested deeper than {SCHEMA_DEPTH}. Flatten them."
        return
    if LIMITS[version].array_property:
        return
    for content in _properties(interface):
        if _has_array(content.get("schema")):
            yield (
                f"{interface['@id']} property '{content['name']}' has a schema of type Array, which a property may not"
                " have. Use another schema."
            )


def _depth(schema: Any, known: dict[int, int], level: int = 1) -> int:
    """Return how deeply complex schemas nest; circles, and anything beyond the limit, count as too deep."""
    if not isinstance(schema, dict):
        return 0
    if level > SCHEMA_DEPTH:
        return SCHEMA_DEPTH + 1
    if id(schema) not in known:
        known[id(schema)] = 1 + max(_depth(part, known, level + 1) for part in _parts(schema))
    return known[id(schema)]


def _has_array(schema: Any) -> bool:
    waiting, seen = [schema], set[int]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict) and id(part) not in seen:
            seen.add(id(part))
            if part["@type"] == "Array":
                return True
            waiting += _parts(part)
    return False


def _parts(schema: Element) -> list[Any]:
    """Return the schemas that a complex schema consists of."""
    members = [*schema.get("fields", ()), *([schema["mapValue"]] if "mapValue" in schema else ())]
    return [schema.get("elementSchema"), *(member.get("schema") for member in members)]


def _properties(interface: Element) -> Iterator[Element]:
    for content in interface.get("contents", ()):
        if content["@type"] == "Property":
            yield content
        elif content["@type"] == "Relationship":
            yield from content.get("properties", ())


def _schemas(interface: Element) -> Iterator[Any]:
    yield from interface.get("schemas", ())
    for content in interface.get("contents", ()):
        members = (content, *content.get("properties", ()), content.get("request", {}), content.get("response", {}))
        yield from (member.get("schema") for member in members if content["@type"] != "Component")
