"""Reads interfaces of the Digital Twins Definition Language (versions 2 and 3) as the service does on upload.

What is checked follows the language's specifications. Texts for a missing `@context`, a missing `@id` and unresolved
references are recorded; all others are modelled on the parser's style, which is a cause and then a cure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .dtdl_references import Interface, Lookup, batch_problems
from .dtdl_schemas import (
    Element,
    Findings,
    check_name,
    check_schema,
    check_texts,
    check_unique_names,
    define,
    elements,
    types,
)
from .dtdl_terms import CONTENTS, CONTEXT, IDENTIFIER_LENGTH, LIMITS, MAX_MULTIPLICITY, is_dtmi, is_reserved
from .errors import DTDLParserError, ModelVersionNotSupported


def read_interfaces(models: Sequence[Element], stored: Lookup) -> list[Interface]:
    """Read a batch of models that is to be stored together.

    `stored` gives the interfaces that are there already. Raises DTDLParserError or ModelVersionNotSupported.
    """
    interfaces = [read_interface(model) for model in models]
    _refuse(list(batch_problems(interfaces, stored)))
    return interfaces


def read_interface(model: Element) -> Interface:
    """Read one model by itself. Raises DTDLParserError or ModelVersionNotSupported."""
    version, extended = _version(model)
    identifier = _identifier(model)
    findings = Findings(LIMITS[version], extended)
    if "Interface" not in types(model):
        findings.problem(f"{identifier} is not of type Interface.", "Set '@type' to 'Interface'.")
    check_texts(model, identifier, findings)
    extends = _extends(model, identifier, findings)
    for schema in elements(model.get("schemas")):
        if not isinstance(schema, dict) or "@id" not in schema:
            findings.problem(f"{identifier} property 'schemas' has a member without '@id'.", "Add an '@id'.")
        else:
            check_schema(schema, f"{identifier} (schemas)", findings, arrays=True)
    names, components = _contents(model, identifier, findings)
    _refuse(findings.problems)
    return Interface(
        identifier, version, extends, components, names, frozenset(findings.schemas), frozenset(findings.defined)
    )


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        _fail(" ".join(problems))


def _fail(detail: str) -> NoReturn:
    raise DTDLParserError(detail=detail)


def _version(model: Element) -> tuple[int, bool]:
    """Return the language's version, and whether there are further contexts."""
    contexts = elements(model.get("@context"))
    if not contexts:
        _fail(
            "No @context specifier in top-level JSON object. Add a '@context' property whose value is the string"
            " 'dtmi:dtdl:context;2'."
        )
    first = contexts[0]
    if not isinstance(first, str) or not first.startswith(CONTEXT):
        _fail(f"'{first}' is not a DTDL context. Let '@context' be or start with 'dtmi:dtdl:context;2' or ';3'.")
    number = first.removeprefix(CONTEXT)
    if number not in {str(version) for version in LIMITS}:
        raise ModelVersionNotSupported(context=first)
    return int(number), len(contexts) > 1


def _identifier(model: Element) -> str:
    syntax = "that conforms to the DTMI syntax -- see https://github.com/Azure/digital-twin-model-identifier."
    identifier = model.get("@id")
    if identifier is None:
        _fail(
            "Top-level element requires an identifer but none provided. Add an '@id' property whose value is a string"
            f" {syntax}"
        )
    if not isinstance(identifier, str) or not is_dtmi(identifier, IDENTIFIER_LENGTH) or is_reserved(identifier):
        _fail(
            f"Identifier '{identifier}' is invalid. Replace it with a string of at most {IDENTIFIER_LENGTH} characters"
            f" {syntax}"
        )
    return identifier


def _extends(model: Element, where: str, findings: Findings) -> tuple[str, ...]:
    bases = elements(model.get("extends"))
    if len(bases) > findings.limits.extends:
        findings.problem(f"{where} extends more than {findings.limits.extends} interfaces.", "Remove some.")
    if not all(is_dtmi(base) for base in bases):
        # Modelled: the language also knows interfaces defined in place; the service's own models never use them.
        findings.problem(f"{where} property 'extends' has a value that is not a valid DTMI.", "Name an interface.")
        return ()
    return tuple(dict.fromkeys(bases))


def _contents(model: Element, where: str, findings: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Check an interface's contents; return their names and the interfaces of the components among them."""
    contents = elements(model.get("contents"))
    if len(contents) > findings.limits.contents:
        findings.problem(f"{where} has more than {findings.limits.contents} contents.", "Remove some.")
        return (), ()
    names, components = [], []
    for content in contents:
        kind = _kind(content, where, findings)
        if not kind:
            continue
        name = check_name(content, f"{where} {kind}", findings)
        place = f"{where} {kind} '{name}'"
        check_texts(content, place, findings)
        if content.get("@id") is not None:
            define(content["@id"], place, findings)
        CHECKS[kind](content, place, findings)
        names.append(name)
        if kind == "Component" and isinstance(content.get("schema"), str):
            components.append(content["schema"])
    if findings.limits.unique_names:
        check_unique_names([name for name in names if name], where, findings)
    return tuple(filter(None, names)), tuple(components)


def _kind(content: Any, where: str, findings: Findings) -> str:
    found = types(content) if isinstance(content, dict) else []
    kinds = [kind for kind in found if kind in CONTENTS]
    if len(kinds) != 1:
        findings.problem(
            f"{where} has an element in 'contents' whose '@type' is not exactly one of {', '.join(sorted(CONTENTS))}.",
            "Correct '@type'.",
        )
        return ""
    foreign = [kind for kind in found if kind not in CONTENTS]
    if foreign and not (findings.limits.free_types or findings.extended):
        findings.problem(f"{where} uses type '{foreign[0]}', which no context defines.", "Add the context of it.")
    return kinds[0]


def _check_property(content: Element, where: str, findings: Findings) -> None:
    _check_flag(content, "writable", where, findings)
    check_schema(content.get("schema"), where, findings, arrays=findings.limits.array_property)


def _check_telemetry(content: Element, where: str, findings: Findings) -> None:
    check_schema(content.get("schema"), where, findings, arrays=True)


def _check_component(content: Element, where: str, findings: Findings) -> None:
    schema = content.get("schema")
    if schema is None:
        findings.problem(f"{where} requires property 'schema' but none provided.", "Add a 'schema' property.")
    elif not is_dtmi(schema):
        findings.problem(f"{where} property 'schema' is not the DTMI of an interface.", "Name an interface.")


def _check_relationship(content: Element, where: str, findings: Findings) -> None:
    _check_flag(content, "writable", where, findings)
    target = content.get("target")
    if target is not None and not is_dtmi(target):
        findings.problem(f"{where} property 'target' has value '{target}', which is not a valid DTMI.", "Correct it.")
    if content.get("minMultiplicity") not in (None, 0):
        findings.problem(f"{where} property 'minMultiplicity' is not 0.", "Set it to 0 or remove it.")
    most = content.get("maxMultiplicity", 1)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MAX_MULTIPLICITY:
        findings.problem(f"{where} property 'maxMultiplicity' is not from 1 to {MAX_MULTIPLICITY}.", "Correct it.")
    for member in elements(content.get("properties")):
        if _kind(member, where, findings) != "Property":
            findings.problem(f"{where} has a member in 'properties' that is no Property.", "Correct '@type'.")
            continue
        name = check_name(member, f"{where} property", findings)
        _check_property(member, f"{where} property '{name}'", findings)


def _check_command(content: Element, where: str, findings: Findings) -> None:
    """Accept it: the service takes commands and does nothing with them (concepts-models article)."""


def _check_flag(content: Element, key: str, where: str, findings: Findings) -> None:
    if not isinstance(content.get(key, False), bool):
        findings.problem(f"{where} property '{key}' is neither true nor false.", "Correct it.")


CHECKS: dict[str, Callable[[Element, str, Findings], None]] = {
    "Property": _check_property,
    "Telemetry": _check_telemetry,
    "Relationship": _check_relationship,
    "Component": _check_component,
    "Command": _check_command,
}
