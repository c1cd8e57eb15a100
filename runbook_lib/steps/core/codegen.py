"""Values as the Python code that makes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

WIDTH = 100
"""Characters of a line before it is broken: what fits between a notebook's margins."""


@dataclass(frozen=True)
class Source:
    """A value that code gets in another way than by spelling it out."""

    code: str
    """A Python expression."""
    value: Any
    """What it yields."""


def literal(value: Any) -> str:
    """Write a value: text, numbers, lists, mappings, members of enumerations, and the management clients' models."""
    if isinstance(value, Source):
        return value.code
    if isinstance(value, str):
        # JSON's quotes and escapes are Python's too, and double quotes are what the SDKs' own samples use.
        return json.dumps(str(getattr(value, "value", value)), ensure_ascii=False)
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Mapping):
        return _wrapped("{", [f"{literal(key)}: {literal(one)}" for key, one in value.items()], "}")
    if isinstance(value, list | tuple):
        return _wrapped("[", [literal(one) for one in value], "]")
    if _is_model(value):
        return call(type(value).__name__, [f"{name}={literal(one)}" for name, one in _attributes(value)])
    return repr(value)


def call(name: str, arguments: Sequence[str]) -> str:
    """Write a call, its arguments already written."""
    return _wrapped(f"{name}(", arguments, ")")


def classes_in(value: Any) -> Iterator[tuple[str, str]]:
    """List the classes that a value's code names: the package to import each from, and its name."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from classes_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from classes_in(one)
    elif _is_model(value) or (isinstance(value, Enum) and not isinstance(value, str)):
        # The classes live in a private module of the package that offers them.
        yield type(value).__module__.partition("._")[0], type(value).__name__
        for _, one in _attributes(value):
            yield from classes_in(one)


def _is_model(value: Any) -> bool:
    return hasattr(type(value), "_attribute_map")


def _attributes(model: Any) -> Iterator[tuple[str, Any]]:
    """List what somebody has set, which leaves out what only the service sets."""
    for name in getattr(type(model), "_attribute_map", ()):
        value = getattr(model, name, None)
        if value is not None and not type(model)._validation.get(name, {}).get("readonly"):
            yield name, value


def _wrapped(opening: str, parts: Sequence[str], closing: str) -> str:
    line = f"{opening}{', '.join(parts)}{closing}"
    if "\n" not in line and len(line) <= WIDTH:
        return line
    if len(parts) == 1 and parts[0][-1:] in ")}]" and "\n" in parts[0]:
        return f"{opening}{parts[0]}{closing}"
    indented = ("    " + part.replace("\n", "\n    ") for part in parts)
    return "\n".join([opening, *(f"{part}," for part in indented), closing])
