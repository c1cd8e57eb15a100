"""The Digital Twins Definition Language's words and limits, by version (DTDL v2 and v3 specifications)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEGMENT = "[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_WHOLE = "[1-9][0-9]{0,8}"
DTMI = re.compile(rf"dtmi:{_SEGMENT}(?::{_SEGMENT})*;{_WHOLE}(?:\.[1-9][0-9]{{0,5}})?")
"""An identifier that a modeller may give: `dtmi:` path `;` version; version 3 of the language allows a minor version.

Segments that start with an underscore are the language's own, and so are the prefixes in RESERVED.
"""
RESERVED = ("dtmi:dtdl:", "dtmi:standard:")
NAME = re.compile("[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")
CONTEXT = "dtmi:dtdl:context;"
LANGUAGE = re.compile("[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*")

GEOSPATIAL = ("point", "multiPoint", "lineString", "multiLineString", "polygon", "multiPolygon")
PRIMITIVES = frozenset(
    {"boolean", "date", "dateTime", "double", "duration", "float", "integer", "long", "string", "time", *GEOSPATIAL}
)
COMPLEX = frozenset({"Array", "Enum", "Map", "Object"})
CONTENTS = frozenset({"Property", "Telemetry", "Relationship", "Component", "Command"})
STANDARD_SCHEMA = re.compile(
    rf"dtmi:dtdl:instance:Schema:(?:{'|'.join(sorted(PRIMITIVES))});[23]"
    rf"|dtmi:standard:schema:geospatial:(?:{'|'.join(GEOSPATIAL)});[23]"
)
"""Full names of the schemas that the language brings along."""


@dataclass(frozen=True)
class Limits:
    """What one version of the language allows."""

    contents: int
    """Elements in an interface's contents."""
    name_length: int
    text_length: int
    """Characters of a display name."""
    description_length: int
    extends: int
    """Interfaces that one interface may extend directly."""
    extends_depth: int
    schema_depth: int
    fields: int
    """Fields of an Object, and values of an Enum."""
    array_property: bool
    """Whether a property may hold an Array: telemetry may in every version."""
    free_types: bool
    """Whether an element may have types that no context of the model defines."""
    nested_components: bool
    """Whether an interface that is somebody's component may have components itself."""
    unique_names: bool
    """Whether two contents of one interface must differ in name.

    The service takes models of version 2 in which they do not (azure-sdk-for-net issue 23443, August 2021); its parser
    keeps that leniency out of version 3 (DTDLParser issue 103).
    """


LIMITS = {
    2: Limits(300, 64, 64, 512, 2, 10, 5, 30, False, True, False, False),
    3: Limits(100_000, 512, 512, 512, 1024, 10, 8, 100_000, True, False, True, True),
}
IDENTIFIER_LENGTH = 128
"""Characters of an interface's identifier."""
REFERENCE_LENGTH = 2048
MAX_MULTIPLICITY = 500


def is_dtmi(value: object, length: int = REFERENCE_LENGTH) -> bool:
    """Tell whether a value is an identifier that a modeller may give to an element."""
    return isinstance(value, str) and len(value) <= length and DTMI.fullmatch(value) is not None


def is_reserved(identifier: str) -> bool:
    """Tell whether an identifier belongs to the language itself."""
    return identifier.startswith(RESERVED)
