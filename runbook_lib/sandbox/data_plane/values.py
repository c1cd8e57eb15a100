"""Checks values against schemas: whether a property can have a value.

The message about a wrong type is recorded ("Expected value of type string for ComponentProp1 on Component1."), and so
is the one about an unknown name; the others are modelled on them. The language defines what each schema accepts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from ..store import Document
from .dtdl.terms import GEOSPATIAL

STRING_BYTES = 4 * 1024
"""Maximum length of a string value (service limits)."""
NAME_BYTES = 1024
"""Maximum length of a property's name, or a map's key (service limits)."""
SINGLE_PRECISION = 3.4028235677973366e38

_DURATION = re.compile(
    r"-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)
_TIME = re.compile(r"\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Place:
    """Where a value is, as messages say it."""

    name: str
    owner: str
    """`Twin`, or the name of the component or relationship."""

    def inner(self, name: str) -> Place:
        """Return the place of a member."""
        return replace(self, name=f"{self.name}.{name}")

    def expected(self, kind: str) -> str:
        """Write the recorded message about a wrong type."""
        return f"Expected value of type {kind} for {self.name} on {self.owner}."


def value_problems(value: Any, schema: str | Document, place: Place) -> Iterator[str]:
    """List what's wrong with a value; a schema is a short name of the language, or a complex schema as it was read."""
    if not isinstance(schema, str):
        yield from _complex_problems(value, schema, place)
    elif not PRIMITIVE_CHECKS[schema](value):
        yield place.expected(schema)
    elif isinstance(value, str) and len(value.encode()) > STRING_BYTES:
        yield f"The value of {place.name} on {place.owner} exceeds the supported size of 4 KB."


def is_moment(value: Any) -> bool:
    """Tell whether a value is a date and time as ISO 8601 writes it; more than six fractional digits are fine."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    return found is not None and _parses(datetime.fromisoformat, f"{found[1]}T{found[2]}")


def _complex_problems(value: Any, schema: Document, place: Place) -> Iterator[str]:
    kind = schema["@type"]
    if kind == "Enum":
        values = [member["enumValue"] for member in schema.get("enumValues", ())]
        if type(value) not in (int, str) or value not in values:
            yield f"{place.expected('enum')} The values are {', '.join(map(str, values))}."
    elif kind == "Array":
        if not isinstance(value, list):
            yield place.expected("array")
            return
        for index, member in enumerate(value):
            yield from value_problems(member, schema["elementSchema"], place.inner(str(index)))
    elif not isinstance(value, dict):
        yield place.expected(kind.lower())
    elif kind == "Map":
        yield from _map_problems(value, schema, place)
    else:
        yield from _object_problems(value, schema, place)


def _map_problems(value: dict[str, Any], schema: Document, place: Place) -> Iterator[str]:
    for key, member in value.items():
        if not key or key.startswith("$") or len(key.encode()) > NAME_BYTES:
            yield f"'{key[:64]}' is not a valid key for {place.name} on {place.owner}."
        else:
            yield from value_problems(member, schema["mapValue"]["schema"], place.inner(key))


def _object_problems(value: dict[str, Any], schema: Document, place: Place) -> Iterator[str]:
    fields = {member["name"]: member["schema"] for member in schema.get("fields", ())}
    for name, member in value.items():
        if name not in fields:
            yield f"{place.inner(name).name} does not appear on the DTDL for {place.owner}."
        else:
            yield from value_problems(member, fields[name], place.inner(name))


def _whole(bits: int) -> Callable[[Any], bool]:
    limit = 2 ** (bits - 1)
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def _number(largest: float) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and -largest <= value <= largest

    return check


def _text(expression: re.Pattern[str], read: Callable[[str], Any] | None = None) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, str) or not expression.fullmatch(value):
            return False
        return read is None or _parses(read, value)

    return check


def _parses(read: Callable[[str], Any], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _geometry(kind: str) -> Callable[[Any], bool]:
    name = kind[0].upper() + kind[1:]
    return lambda value: (
        isinstance(value, dict) and value.get("type") == name and isinstance(value.get("coordinates"), list)
    )


PRIMITIVE_CHECKS: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "integer": _whole(32),
    "long": _whole(64),
    "float": _number(SINGLE_PRECISION),
    "double": _number(float("inf")),
    "string": lambda value: isinstance(value, str),
    "date": _text(_DATE, date.fromisoformat),
    "dateTime": is_moment,
    "time": _text(_TIME, lambda value: time.fromisoformat(value[:8])),
    "duration": _text(_DURATION),
} | {kind: _geometry(kind) for kind in GEOSPATIAL}
