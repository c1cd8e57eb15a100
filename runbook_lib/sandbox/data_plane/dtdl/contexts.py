"""Contexts: which terms an element can use."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ModelVersionNotSupported
from .findings import Element, Findings, fail
from .terms import ANY_DTMI, CENTRAL, CENTRAL_SCHEMAS, CONTEXT, EXTENSION, EXTENSIONS, LIMITS, QUANTITATIVE

_OWN_NAME = re.compile(r"dtmi:dtdl:(?:class|property):(\w+);([0-9]+)")
_INSTANCE = re.compile(r"dtmi:dtdl:instance:(\w+):(\w+);([0-9]+)|dtmi:(standard):schema:geospatial:(\w+);([0-9]+)")
_SEMANTIC = re.compile(
    r"dtmi:(?:standard:(?:class|unit)|iotcentral:class):(\w+);2|dtmi:dtdl:extension:quantitativeTypes:v1:\w+:(\w+)"
)
_CENTRAL_SCHEMA = re.compile(r"dtmi:iotcentral:schema:(\w+);2")


@dataclass(frozen=True)
class Context:
    """The terms that are known at an element."""

    version: int
    extensions: frozenset[str] = frozenset()
    lenient: bool = False
    """Whether unknown contexts are accepted."""
    foreign: bool = False
    """Whether there is one, so that a term can come from it."""

    @property
    def quantitative(self) -> bool:
        """Whether semantic types are known here: version 2 of the language has them built in."""
        return self.version == 2 or QUANTITATIVE in self.extensions

    def own(self, word: str) -> str:
        """Return the short name of a class or property; any other word as it is."""
        found = _OWN_NAME.fullmatch(word)
        return found[1] if found and int(found[2]) == self.version else word

    def semantic(self, word: str) -> str:
        """Return the short name of a semantic type or unit; any other word as it is."""
        found = _SEMANTIC.fullmatch(word)
        return (found[1] or found[2]) if found else word

    def central_schema(self, word: str) -> Element | None:
        """Return the object that a schema of IoT Central stands for; None for any other word.

        Its context has the short names, and the language's versions all know the full ones (its specification).
        """
        found = _CENTRAL_SCHEMA.fullmatch(word)
        name = found[1] if found else word if CENTRAL in self.extensions else ""
        if name not in CENTRAL_SCHEMAS:
            return None
        fields = [{"@type": "Field", "name": each, "schema": "double"} for each in CENTRAL_SCHEMAS[name]]
        return {"@type": "Object", "fields": fields}

    def instance(self, word: str, family: str) -> str:
        """Return the short name of one of the language's own instances; any other word as it is."""
        found = _INSTANCE.fullmatch(word)
        if not found or int(found[3] or found[6]) not in {2, self.version}:
            return word
        return (found[2] or found[5]) if (found[1] or "Schema") == family else word


def top_context(model: Element, findings: Findings, lenient: bool | None) -> Context:
    """Read the model's `@context`. Raises DTDLParserError and ModelVersionNotSupported.

    `lenient` says whether unknown contexts are accepted; None leaves it to the version of the language.
    """
    named = _listed(model.get("@context"))
    if "@context" not in model or named == []:
        fail(
            "No @context specifier in top-level JSON object. Add a '@context' property whose value is the string"
            " 'dtmi:dtdl:context;2'."
        )
    first = named[0] if named else model["@context"]
    own = [name for name in named or [] if name.startswith(CONTEXT)]
    # Version 2 of the language permits other contexts before its own one; version 3 doesn't.
    if not own or (first != own[0] and _version(own[-1]) > 2):
        fail(f"'{first}' is not a DTDL context. Let '@context' be or start with 'dtmi:dtdl:context;2' or ';3'.")
    version = _version(own[-1])  # the parser accepts several, though nobody should write them
    undefined = LIMITS[version].undefined if lenient is None else lenient
    return _extended(Context(version, lenient=undefined), named or [], findings, "@context", own=True)


def inner_context(node: Element, context: Context, findings: Findings, where: str) -> Context:
    """Return the terms that are known inside an element, which can have its own `@context`."""
    if "@context" not in node:
        return context
    named = _listed(node["@context"])
    if named and isinstance(named[0], str) and named[0].startswith(CONTEXT):
        number = named[0].removeprefix(CONTEXT)
        if number not in {str(version) for version in LIMITS if version <= context.version}:
            findings.problem(f"{where} has '@context' '{named[0]}', which cannot be used here.", "Remove it.")
            return context
        context, named = replace(context, version=int(number)), named[1:]
    return _extended(context, named, findings, where)


def _extended(context: Context, named: list[str] | None, findings: Findings, where: str, own: bool = False) -> Context:
    """Add the terms of further contexts; `own` says whether the language's own contexts have already been read."""
    if named is None:
        findings.problem(f"{where} has '@context', which is neither a string nor an array of strings.", "Correct it.")
        return context
    for name in named:
        if own and name.startswith(CONTEXT):
            continue
        found = EXTENSION.fullmatch(name)
        if found and context.version > 2 and int(found[2]) in EXTENSIONS.get(found[1], ()):
            context = replace(context, extensions=context.extensions | {found[1]})
        elif name == CENTRAL and context.version == 2:
            context = replace(context, extensions=context.extensions | {CENTRAL})
        elif found is None and _is_foreign(name) and context.lenient:
            context = replace(context, foreign=True)
        else:
            findings.problem(f"{where} has '@context' '{name}', which is not a known context.", "Remove or correct it.")
    return context


def _is_foreign(name: str) -> bool:
    return not name.startswith(CONTEXT) and ANY_DTMI.fullmatch(name) is not None and ";" in name


def _version(context: str) -> int:
    number = context.removeprefix(CONTEXT)
    if number not in {str(version) for version in LIMITS}:
        raise ModelVersionNotSupported(context=context)
    return int(number)


def _listed(value: Any) -> list[str] | None:
    """Return the named contexts; None if the value is neither a string nor an array of strings."""
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) and all(isinstance(name, str) for name in value) else None
