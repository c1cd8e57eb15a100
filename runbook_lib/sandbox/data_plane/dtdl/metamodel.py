"""The language as a table: its elements, and the properties that each can have (DTDL specifications)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from .terms import LIMITS, PRIMITIVES, SCHEMAS, TEXT_LENGTH, Limits

CONTENTS = ("Command", "Component", "Property", "Relationship", "Telemetry")
COMPLEX = ("Array", "Enum", "Map", "Object")


@dataclass(frozen=True)
class Text:
    """A string; `name` says whether it must be a valid name."""

    length: int
    required: bool = False
    name: bool = False


@dataclass(frozen=True)
class Texts:
    """A string, or one for each language."""

    length: int
    required: bool = False


@dataclass(frozen=True)
class Flag:
    """True or false."""

    required: bool = False


@dataclass(frozen=True)
class Number:
    """A whole number."""

    least: int
    most: int
    required: bool = False


@dataclass(frozen=True)
class EnumConstant:
    """A whole number or a string, depending on the enum's value schema."""

    required: bool = True


@dataclass(frozen=True)
class Target:
    """The identifier of an interface, which doesn't have to exist."""

    required: bool = False


@dataclass(frozen=True)
class Word:
    """One of the language's own instances."""

    family: str
    """`Schema` or `CommandType`: a part of the word's full name."""
    values: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class Child:
    """Another element, written in place or named by its identifier."""

    classes: tuple[str, ...]
    required: bool = False
    plural: bool = False
    least: int = 0
    most: int = 1
    typed: bool = True
    """Whether an element written in place must name its class."""
    identified: bool = False
    """Whether an element written in place must have an identifier."""
    older: bool = False
    """Whether the element can be of an older version of the language."""
    words: frozenset[str] = frozenset()
    """Instances of the language that are also accepted."""
    unique: tuple[str, ...] = ()
    """What no two of the elements can have in common."""
    alike: bool = False
    """Whether elements of one name must have the same class and schema."""


Slot = Text | Texts | Flag | Number | EnumConstant | Target | Word | Child
ElementClass = dict[str, Slot]


@dataclass(frozen=True)
class Metamodel:
    """One version of the language."""

    version: int
    limits: Limits
    classes: dict[str, ElementClass] = field(default_factory=dict)


@cache
def metamodel(version: int) -> Metamodel:
    """Return the table of a version, 2 or 3."""
    limits = LIMITS[version]
    plain: ElementClass = {
        "comment": Text(TEXT_LENGTH),
        "description": Texts(TEXT_LENGTH),
        "displayName": Texts(limits.display_length),
    }
    named = plain | {"name": Text(limits.name_length, required=True, name=True)}
    holder = named | {"schema": Child(COMPLEX, required=True, older=True, words=SCHEMAS)}
    payloads = ("CommandPayload",) if version == 2 else ("CommandRequest", "CommandResponse")
    classes = _contents(version, limits, named, holder) | _schemas(limits, plain, named, holder)
    classes["Interface"] = plain | {
        "contents": Child(
            CONTENTS,
            plural=True,
            most=limits.contents,
            older=True,
            unique=("name",) if limits.unique_names else (),
            alike=not limits.unique_names,
        ),
        "extends": Child(("Interface",), plural=True, most=limits.extends, identified=True, older=True),
        "schemas": Child(COMPLEX, plural=True, most=limits.contents, identified=True),
    }
    return Metamodel(version, limits, classes | dict.fromkeys(payloads, holder))


def _contents(version: int, limits: Limits, named: ElementClass, holder: ElementClass) -> dict[str, ElementClass]:
    # Geospatial schemas contain arrays.
    words = SCHEMAS if limits.array_property else PRIMITIVES
    schema = Child(COMPLEX, required=True, older=True, words=words)
    property_class: ElementClass = named | {"schema": schema, "writable": Flag()}
    request, response = ("CommandPayload",) * 2 if version == 2 else ("CommandRequest", "CommandResponse")
    return {
        "Property": property_class,
        "Telemetry": holder,
        "Component": named | {"schema": Child(("Interface",), required=True, identified=True, older=True)},
        "Relationship": named
        | {
            "minMultiplicity": Number(0, 0),
            "maxMultiplicity": Number(1, limits.multiplicity),
            "target": Target(),
            "properties": Child(("Property",), plural=True, most=limits.contents, older=True, unique=("name",)),
            "writable": Flag(),
        },
        "Command": named
        | {
            "commandType": Word("CommandType", ("asynchronous", "synchronous")),
            "request": Child((request,), typed=False),
            "response": Child((response,), typed=False),
        },
    }


def _schemas(limits: Limits, plain: ElementClass, named: ElementClass, holder: ElementClass) -> dict[str, ElementClass]:
    return {
        "Array": plain | {"elementSchema": holder["schema"]},
        "Enum": plain
        | {
            "valueSchema": Word("Schema", ("integer", "string"), required=True),
            "enumValues": Child(
                ("EnumValue",),
                plural=True,
                least=limits.least,
                most=limits.enum_values,
                typed=False,
                unique=("name", "enumValue"),
            ),
        },
        "EnumValue": named | {"enumValue": EnumConstant()},
        "Map": plain
        | {
            "mapKey": Child(("MapKey",), required=True, typed=False),
            "mapValue": Child(("MapValue",), required=True, typed=False),
        },
        "MapKey": named | {"schema": Word("Schema", ("string",), required=True)},
        "MapValue": holder,
        "Object": plain
        | {
            "fields": Child(
                ("Field",), plural=True, least=limits.least, most=limits.fields, typed=False, unique=("name",)
            ),
        },
        "Field": holder,
    }
