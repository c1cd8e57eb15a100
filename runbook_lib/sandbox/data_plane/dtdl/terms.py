"""Identifiers, contexts and limits of the language, by version (DTDL v2 and v3 specifications)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEGMENT = "[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_PATH = rf"dtmi:{_SEGMENT}(?::{_SEGMENT})*"
_WHOLE = "[1-9][0-9]{0,8}"
DTMI = {
    2: re.compile(rf"{_PATH};{_WHOLE}"),
    3: re.compile(rf"{_PATH}(?:;{_WHOLE}(?:\.[1-9][0-9]{{0,5}})?)?"),
}
"""Identifiers that a modeller can give. Version 3 of the language also allows no version, or one with a minor part.

Segments that start with an underscore are the language's own, and so are the prefixes in RESERVED.
"""
ANY_DTMI = re.compile(rf"dtmi:_*{_SEGMENT}(?::_*{_SEGMENT})*(?:;{_WHOLE}(?:\.[0-9]{{1,6}})?)?")
RESERVED = ("dtmi:dtdl:", "dtmi:standard:")
NAME = re.compile("[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")
LANGUAGE = re.compile("[a-z]{2,4}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")

CONTEXT = "dtmi:dtdl:context;"
EXTENSION = re.compile(r"dtmi:dtdl:extension:(\w+);([1-9][0-9]*)")
QUANTITATIVE = "quantitativeTypes"
EXTENSIONS = {
    QUANTITATIVE: {1},
    "annotation": {1, 2},
    "historization": {1, 2},
    "overriding": {1, 2},
    "requirement": {1},
    "mqtt": {1},
}
"""Feature extensions of version 3, with their versions. A later version of an extension belongs to a later language."""
CENTRAL = "dtmi:iotcentral:context;2"
"""IoT Central's words, which version 2 knows."""
CENTRAL_SCHEMAS = {"vector": ("x", "y", "z"), "geopoint": ("lat", "lon", "alt")}
"""Its schemas, and the fields of each, which are all double."""

GEOSPATIAL = ("point", "multiPoint", "lineString", "multiLineString", "polygon", "multiPolygon")
NUMERIC = frozenset({"double", "float", "integer", "long"})
PRIMITIVES = frozenset({"boolean", "date", "dateTime", "duration", "string", "time"}) | NUMERIC
SCHEMAS = PRIMITIVES | frozenset(GEOSPATIAL)
"""Schemas that are part of the language, by their short names."""
IDENTIFIER_LENGTH = 128
"""Maximum characters of an interface's identifier."""
REFERENCE_LENGTH = 2048


@dataclass(frozen=True)
class Limits:
    """What one version of the language allows."""

    contents: int
    """Elements in an interface's contents, and properties of a relationship."""
    name_length: int
    display_length: int
    """Characters of a display name."""
    extends: int
    """Interfaces that one interface can extend directly."""
    least: int
    """Fields of an Object, and values of an Enum, at least."""
    fields: int
    enum_values: int
    multiplicity: int
    array_property: bool
    """Whether a property can hold an Array; telemetry can in every version."""
    unique_names: bool
    """Whether the contents of one interface must have different names.

    The service accepts models of version 2 where they don't (azure-sdk-for-net issue 23443, August 2021), as long as
    contents of one name are alike; its parser
    isn't that lenient in version 3 (DTDLParser issue 103).
    """
    undefined: bool
    """Whether words that no context defines are ignored (version 2) or refused (version 3)."""


MANY = 100_000
LIMITS = {
    2: Limits(300, 64, 64, 2, 1, 30, 100, 500, False, False, True),
    3: Limits(MANY, 512, 512, 1024, 0, MANY, MANY, 2**31 - 1, True, True, False),
}
EXTENDS_DEPTH = 10
SCHEMA_DEPTH = 5
TEXT_LENGTH = 512
"""Characters of a description or comment."""


def is_dtmi(value: object, version: int = 3, length: int = REFERENCE_LENGTH) -> bool:
    """Tell whether a value is an identifier that a modeller can give to an element."""
    return isinstance(value, str) and len(value) <= length and DTMI[version].fullmatch(value) is not None


def is_reserved(identifier: str) -> bool:
    """Tell whether an identifier belongs to the language itself."""
    return identifier.startswith(RESERVED)
