"""Write values as Python code, and make the same values for the call itself.

You can't write an SDK's model object as code from the object alone: every generation of the SDKs hides in its own way
which attributes were set. So calls keep such an object as a `Model`, its class and fields. Both the code and the object
are made from that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from ...display.plain import visible

WIDTH = 100
"""The longest line, in characters, that we don't wrap: it fits in a notebook."""


@dataclass(frozen=True)
class Source:
    """A value that the code computes instead of spelling it out."""

    code: str
    """A Python expression."""
    value: Any
    """What the expression yields."""


@dataclass(frozen=True)
class Model:
    """An object of an SDK's model class, as the class and the fields to make it with."""

    kind: type[Any]
    fields: Mapping[str, Any]

    @property
    def value(self) -> Any:
        """The object itself, a new one each time."""
        return self.kind(**made(self.fields))


def model(kind: type[Any], /, **fields: Any) -> Model:
    """Describe an object of an SDK's model class. A field that is None is left out, as the SDKs do when they send."""
    return Model(kind, {name: value for name, value in fields.items() if value is not None})


def made(value: Any) -> Any:
    """Make what `literal` writes: replace every `Source` and `Model` in a value, at any depth, by its own value."""
    if isinstance(value, Source | Model):
        return value.value
    if isinstance(value, Mapping):
        return {key: made(one) for key, one in value.items()}
    if isinstance(value, list):
        return [made(one) for one in value]
    if isinstance(value, tuple):
        return tuple(made(one) for one in value)
    return value


def literal(value: Any) -> str:
    """Write a value: text, numbers, lists, mappings, members of enumerations, and every `Source` and `Model`.

    Raises TypeError for anything else.
    """
    if isinstance(value, Source):
        return value.code
    if isinstance(value, Model):
        return call(value.kind.__name__, [f"{name}={literal(one)}" for name, one in value.fields.items()])
    if isinstance(value, str):
        # JSON's quotes and escapes are valid Python, and the SDKs' own samples use double quotes.
        return visible(json.dumps(str(getattr(value, "value", value)), ensure_ascii=False))
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Mapping):
        return _wrapped("{", [f"{literal(key)}: {literal(one)}" for key, one in value.items()], "}")
    if isinstance(value, list | tuple):
        return _wrapped("[", [literal(one) for one in value], "]")
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise TypeError(f"can't write a value of type {type(value).__name__} as code")


def call(name: str, arguments: Sequence[str]) -> str:
    """Write a call; its arguments are code already."""
    return _wrapped(f"{name}(", arguments, ")")


def classes_in(value: Any) -> Iterator[tuple[str, str]]:
    """List the classes that a value's code names: for each, its package and name."""
    if isinstance(value, Model):
        yield public_package(value.kind), value.kind.__name__
        yield from classes_in(value.fields)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from classes_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from classes_in(one)
    elif isinstance(value, Enum) and not isinstance(value, str):
        yield public_package(type(value)), type(value).__name__


def public_package(kind: type[Any]) -> str:
    """Return the package that exports a class: the part of its module's path before the first private name.

    Azure's SDKs define their classes in private modules, as in `azure.mgmt.network.models._models`. Raises TypeError
    if that package doesn't export the class.
    """
    package = kind.__module__.partition("._")[0]
    if getattr(import_module(package), kind.__name__, None) is not kind:
        raise TypeError(f"{package} doesn't export the class {kind.__qualname__}")
    return package


def _wrapped(opening: str, parts: Sequence[str], closing: str) -> str:
    line = f"{opening}{', '.join(parts)}{closing}"
    if "\n" not in line and len(line) <= WIDTH:
        return line
    if len(parts) == 1 and parts[0][-1:] in ")}]" and "\n" in parts[0]:
        return f"{opening}{parts[0]}{closing}"
    indented = ("    " + part.replace("\n", "\n    ") for part in parts)
    return "\n".join([opening, *(f"{part}," for part in indented), closing])
