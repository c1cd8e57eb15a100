"""Checks schemas of DTDL: what a property, a telemetry, a field or a map's value may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .dtdl_terms import COMPLEX, LANGUAGE, NAME, PRIMITIVES, STANDARD_SCHEMA, Limits, is_dtmi, is_reserved

Element = dict[str, Any]


@dataclass
class Findings:
    """What reading one interface brought to light."""

    limits: Limits
    extended: bool = False
    """Whether the model names further contexts, whose types and words are not known here."""
    problems: list[str] = field(default_factory=list)
    """What is wrong, each as cause and cure, as the service's parser words them."""
    schemas: set[str] = field(default_factory=set)
    """Schemas that are named and must be defined somewhere."""
    defined: set[str] = field(default_factory=set)
    """Identifiers of elements inside the interface."""

    def problem(self, cause: str, cure: str) -> None:
        """Note that something is wrong."""
        self.problems.append(f"{cause} {cure}")


def types(element: Element) -> list[str]:
    """Return an element's types; empty when it has none that can be read."""
    found = element.get("@type")
    listed = [found] if isinstance(found, str) else found
    return [t for t in listed if isinstance(t, str)] if isinstance(listed, list) else []


def elements(value: Any) -> list[Any]:
    """Return the members of a set-valued property, which a model may write without brackets when there is one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def check_texts(element: Element, where: str, findings: Findings) -> None:
    """Check what every element may have: display name, description, comment."""
    lengths = {"displayName": findings.limits.text_length, "description": findings.limits.description_length}
    for key, length in lengths.items():
        value = element.get(key)
        if value is None:
            continue
        texts: dict[str, Any] = value if isinstance(value, dict) else {"en": value}
        if not all(LANGUAGE.fullmatch(language) and isinstance(text, str) for language, text in texts.items()):
            findings.problem(
                f"{where} property '{key}' is no string and no map of languages to strings.", "Correct it."
            )
        elif any(len(text) > length for text in texts.values()):
            findings.problem(f"{where} property '{key}' is longer than {length} characters.", "Shorten it.")
    if not isinstance(element.get("comment", ""), str):
        findings.problem(f"{where} property 'comment' is no string.", "Correct it.")


def check_name(element: Element, where: str, findings: Findings) -> str:
    """Check an element's name and return it, or an empty text when it has none that can be used."""
    name = element.get("name")
    if name is None:
        findings.problem(f"{where} requires property 'name' but none provided.", "Add a 'name' property.")
        return ""
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > findings.limits.name_length:
        findings.problem(
            f"{where} property 'name' has value '{name}', which is not a valid name.",
            "Use letters, digits and underscores only, starting with a letter and not ending with an underscore, in at"
            f" most {findings.limits.name_length} characters.",
        )
        return ""
    return name


def check_schema(schema: Any, where: str, findings: Findings, *, arrays: bool, depth: int = 1) -> None:
    """Check a schema and all that it contains; `arrays` tells whether an Array may occur in it."""
    if schema is None:
        findings.problem(f"{where} requires property 'schema' but none provided.", "Add a 'schema' property.")
    elif isinstance(schema, str):
        _check_named(schema, where, findings)
    elif not isinstance(schema, dict):
        findings.problem(f"{where} property 'schema' is neither a string nor an object.", "Correct it.")
    elif depth > findings.limits.schema_depth:
        findings.problem(f"{where} has schemas nested deeper than {findings.limits.schema_depth}.", "Flatten them.")
    else:
        _check_complex(schema, where, findings, arrays, depth)


def _check_named(schema: str, where: str, findings: Findings) -> None:
    if schema in PRIMITIVES or STANDARD_SCHEMA.fullmatch(schema):
        return
    if is_dtmi(schema):
        findings.schemas.add(schema)
        return
    findings.problem(
        f"{where} property 'schema' has value '{schema}', which is neither a standard schema nor an identifier.",
        f"Use one of {', '.join(sorted(PRIMITIVES))}, or the DTMI of a schema.",
    )


def _check_complex(schema: Element, where: str, findings: Findings, arrays: bool, depth: int) -> None:
    kinds = [kind for kind in types(schema) if kind in COMPLEX]
    if len(kinds) != 1:
        findings.problem(f"{where} has a schema whose '@type' is none of Array, Enum, Map, Object.", "Correct '@type'.")
        return
    check_texts(schema, where, findings)
    identifier = schema.get("@id")
    if identifier is not None:
        define(identifier, where, findings)
    kind = kinds[0]
    if kind == "Array":
        if not arrays:
            findings.problem(
                f"{where} has a schema of type Array, which a property may not have.", "Use another schema."
            )
        check_schema(schema.get("elementSchema"), f"{where} (elementSchema)", findings, arrays=arrays, depth=depth + 1)
    elif kind == "Enum":
        _check_enum(schema, where, findings)
    elif kind == "Map":
        _check_map(schema, where, findings, arrays, depth)
    else:
        _check_object(schema, where, findings, arrays, depth)


def define(identifier: Any, where: str, findings: Findings) -> None:
    """Note that an element inside the interface has an identifier of its own."""
    if not is_dtmi(identifier) or is_reserved(identifier):
        findings.problem(f"{where} has '@id' value '{identifier}', which is not a valid DTMI.", "Correct '@id'.")
    elif identifier in findings.defined:
        findings.problem(f"{identifier} is defined more than once.", "Remove all but one of the definitions.")
    else:
        findings.defined.add(identifier)


def _check_enum(schema: Element, where: str, findings: Findings) -> None:
    value_types: dict[str, type[int | str]] = {"integer": int, "string": str}
    value_type = value_types.get(str(schema.get("valueSchema")))
    if value_type is None:
        findings.problem(f"{where} has an Enum whose 'valueSchema' is neither integer nor string.", "Correct it.")
        return
    seen: dict[str, list[int | str]] = {"name": [], "enumValue": []}
    for value in _members(schema, "enumValues", f"{where} (Enum)", findings):
        seen["name"].append(check_name(value, f"{where} (enumValues)", findings))
        given = value.get("enumValue")
        if isinstance(given, value_type) and not isinstance(given, bool):
            seen["enumValue"].append(given)
        else:
            findings.problem(f"{where} has an Enum with a value that is no {schema['valueSchema']}.", "Correct it.")
    for key, values in seen.items():
        _check_unique([value for value in values if value != ""], f"{where} (enumValues)", key, findings)


def _check_map(schema: Element, where: str, findings: Findings, arrays: bool, depth: int) -> None:
    for part in ("mapKey", "mapValue"):
        element = schema.get(part)
        if not isinstance(element, dict):
            findings.problem(f"{where} has a Map without a proper '{part}'.", f"Add a '{part}' with name and schema.")
            continue
        check_name(element, f"{where} ({part})", findings)
        if part == "mapKey" and element.get("schema") != "string":
            findings.problem(f"{where} has a Map whose key's schema is not string.", "Use string.")
        elif part == "mapValue":
            check_schema(element.get("schema"), f"{where} (mapValue)", findings, arrays=arrays, depth=depth + 1)


def _check_object(schema: Element, where: str, findings: Findings, arrays: bool, depth: int) -> None:
    names = []
    for member in _members(schema, "fields", f"{where} (Object)", findings):
        name = check_name(member, f"{where} (fields)", findings)
        names.append(name)
        check_texts(member, f"{where} field '{name}'", findings)
        check_schema(member.get("schema"), f"{where} field '{name}'", findings, arrays=arrays, depth=depth + 1)
    _check_unique([name for name in names if name], f"{where} (fields)", "name", findings)


def _members(schema: Element, key: str, where: str, findings: Findings) -> list[Element]:
    listed = elements(schema.get(key))
    if len(listed) > findings.limits.fields:
        findings.problem(f"{where} has more than {findings.limits.fields} {key}.", "Remove some.")
        return []
    if not all(isinstance(member, dict) for member in listed):
        findings.problem(f"{where} property '{key}' has a member that is no object.", "Correct it.")
    return [member for member in listed if isinstance(member, dict)]


def _check_unique(values: Sequence[int | str], where: str, key: str, findings: Findings) -> None:
    for value, times in Counter(values).items():
        if times > 1:
            findings.problem(
                f"{where} contains more than one element whose property '{key}' has value '{value}'.",
                f"Change the value of property '{key}' to one that is unique.",
            )


def check_unique_names(names: list[str], where: str, findings: Findings) -> None:
    """Check that no two contents of an interface share a name."""
    _check_unique(names, f"{where}'s property 'contents'", "name", findings)
