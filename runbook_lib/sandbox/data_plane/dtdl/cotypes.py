"""Types beside an element's class: semantic types with their units, feature extensions, and unknown types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .contexts import Context
from .findings import Element, Findings
from .metamodel import metamodel
from .quantities import semantic_types
from .terms import ANY_DTMI, CENTRAL, GEOSPATIAL, NUMERIC, SCHEMAS

SEMANTIC_CLASSES = {
    2: frozenset({"Property", "Telemetry"}),
    3: frozenset({"Property", "Telemetry", "Field", "MapValue", "CommandRequest", "CommandResponse"}),
}
"""Elements that can have a semantic type."""


@dataclass(frozen=True)
class Adjunct:
    """A type of a feature extension."""

    extension: str
    classes: frozenset[str]
    """The elements that can have it."""
    needed: Mapping[str, type] = field(default_factory=dict)
    """Properties that it requires."""
    optional: frozenset[str] = frozenset()


_VALUES = frozenset({"Property", "Telemetry"})
ADJUNCTS = {
    "ValueAnnotation": Adjunct("annotation", _VALUES, {"annotates": str}),
    "Historized": Adjunct("historization", _VALUES),
    "Override": Adjunct("overriding", frozenset({"Property"}), {"overrides": str}),
    "Required": Adjunct("requirement", frozenset({"Field"})),
    "Mqtt": Adjunct(
        "mqtt", frozenset({"Interface"}), {"payloadFormat": str}, frozenset({"commandTopic", "telemetryTopic"})
    ),
    "Idempotent": Adjunct("mqtt", frozenset({"Command"})),
    "Cacheable": Adjunct("mqtt", frozenset({"Command"}), {"ttl": str}),
    "Indexed": Adjunct("mqtt", frozenset({"EnumValue", "Field", "Telemetry"}), {"index": int}),
}
"""Types of the other feature extensions (their specifications)."""
CENTRAL_TYPES = {
    "State": frozenset({"Enum"}),
    "Event": NUMERIC | {"string"},
    "Location": frozenset({*GEOSPATIAL, "geopoint"}),
    "VelocityVector": frozenset({"vector"}),
    "AccelerationVector": frozenset({"vector"}),
}
"""Types of IoT Central, and the schemas that each can have. Properties that they don't have are ignored."""
WORDS: frozenset[str] = frozenset({*SCHEMAS, *metamodel(2).classes}).union(*metamodel(2).classes.values())
"""Reserved words of the language."""
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def check_cotypes(node: Element, element: Element, where: str, context: Context, findings: Findings) -> None:
    """Check each type of an element other than its class."""
    kind, known = element["@type"], semantic_types(context.version) if context.quantitative else {}
    for word in types_of(node):
        name = context.semantic(word)
        if name in known:
            _check_quantity(node, element, name, known[name], where, context, findings)
        elif _is_adjunct(name, context):
            _check_adjunct(node, kind, _last(name), where, findings)
        elif name in CENTRAL_TYPES and CENTRAL in context.extensions:
            _check_central(node, kind, name, where, context, findings)
        elif context.own(word) != kind and not _is_foreign(word, kind, context):
            findings.problem(f"{where} uses type '{word}', which no context defines.", "Add its context.")


def check_unknown(name: str, kind: str, node: Element, where: str, context: Context, findings: Findings) -> None:
    """Check a property that the class doesn't have: one of the element's types can add it."""
    types = types_of(node)
    names, short = {context.semantic(word) for word in types}, _last(name)
    if short == "unit" and context.quantitative and names & semantic_types(context.version).keys():
        return
    if any(short in {*ADJUNCTS[w].needed, *ADJUNCTS[w].optional} for w in map(_last, names) if w in ADJUNCTS):
        return
    if name.startswith("@") and name != "@graph" and context.version == 2:
        return
    # An element with an unknown type can have unknown properties.
    central = CENTRAL in context.extensions and not names.isdisjoint(CENTRAL_TYPES)
    foreign = central or any(_is_foreign(word, kind, context) for word in types)
    is_word = _TERM.fullmatch(name) or ANY_DTMI.fullmatch(name)
    if not foreign or not (context.version == 2 or is_word):
        findings.problem(f"{where} has property '{name}', which {kind} does not have.", "Remove it.")


def types_of(node: Element) -> list[str]:
    """Return an element's types as they were given."""
    given = node.get("@type")
    return [given] if isinstance(given, str) else given or []


def _check_quantity(
    node: Element, element: Element, name: str, units: frozenset[str], where: str, context: Context, findings: Findings
) -> None:
    if element["@type"] not in SEMANTIC_CLASSES[context.version]:
        findings.problem(f"{where} cannot be of type {name}.", f"Remove type {name}.")
        return
    schema = element.get("schema", "double")
    if not isinstance(schema, str) or schema not in NUMERIC:
        findings.problem(f"{where} is of type {name}, so its schema must be numeric.", "Use double.")
    given = next((value for key, value in node.items() if _last(key) == "unit"), None)
    value = given[0] if isinstance(given, list) and len(given) == 1 else given
    if not isinstance(value, str) or context.semantic(value) not in units:
        findings.problem(
            f"{where} is of type {name}, but its property 'unit' has value '{value}'.",
            f"Use one of {', '.join(sorted(units))}.",
        )


def _check_adjunct(node: Element, kind: str, name: str, where: str, findings: Findings) -> None:
    adjunct = ADJUNCTS[name]
    if kind not in adjunct.classes:
        findings.problem(f"{where} cannot be of type {name}.", f"Remove type {name}.")
    for needed, kind_of_value in adjunct.needed.items():
        if not any(_last(key) == needed and type(value) is kind_of_value for key, value in node.items()):
            findings.problem(f"{where} requires property '{needed}' but none provided.", f"Add '{needed}'.")


def _check_central(node: Element, kind: str, name: str, where: str, context: Context, findings: Findings) -> None:
    if kind not in _VALUES:
        findings.problem(f"{where} cannot be of type {name}.", f"Remove type {name}.")
    schema = node.get("schema")
    named = schema.get("@type") if isinstance(schema, dict) else _last(context.instance(str(schema), "Schema"))
    if named not in CENTRAL_TYPES[name] and not (isinstance(schema, str) and name == "State" and schema[:5] == "dtmi:"):
        findings.problem(
            f"{where} is of type {name}, but its property 'schema' is something else than that type permits.",
            f"Use one of {', '.join(sorted(CENTRAL_TYPES[name]))}.",
        )


def _last(word: str) -> str:
    """Return the last part of a word, which can be a full name."""
    return word.rpartition(":")[2].partition(";")[0] if word.startswith("dtmi:") else word


def _is_adjunct(name: str, context: Context) -> bool:
    return _last(name) in ADJUNCTS and ADJUNCTS[_last(name)].extension in context.extensions


def _is_foreign(word: str, kind: str, context: Context) -> bool:
    """Tell whether a type is unknown, and can be ignored for that."""
    name = context.semantic(word)
    known = context.quantitative and name in semantic_types(context.version)
    central = CENTRAL in context.extensions and name in CENTRAL_TYPES
    if known or central or _is_adjunct(name, context) or context.own(word) == kind:
        return False
    if word.startswith("dtmi:"):
        return ANY_DTMI.fullmatch(word) is not None and context.foreign
    if context.version == 2:
        return context.foreign or word not in WORDS
    return context.foreign and _TERM.fullmatch(word) is not None
