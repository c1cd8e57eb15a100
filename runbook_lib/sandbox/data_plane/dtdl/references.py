"""How interfaces fit together: references, inheritance, components, schemas in schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from .findings import Element, Reference
from .nesting import schema_problems
from .terms import EXTENDS_DEPTH


@dataclass(frozen=True)
class Interface:
    """An interface that is valid by itself; whether what it refers to exists is another question."""

    version: int
    """Of the language."""
    element: Element
    """Its contents, in one form."""
    references: tuple[Reference, ...] = ()
    """Those that lead out of it."""
    defined: frozenset[str] = frozenset()
    """Identifiers of elements inside it."""
    inner: tuple[tuple[Element, int], ...] = ()
    """Interfaces inside it, and their versions."""

    @property
    def id(self) -> str:
        """Its identifier."""
        return str(self.element["@id"])

    @cached_property
    def extends(self) -> tuple[str, ...]:
        """Interfaces that it extends."""
        return tuple(dict.fromkeys(_identifier(base) for base in self.element.get("extends", ())))

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Interfaces that its components use as their schema."""
        contents = self.element.get("contents", ())
        return tuple(_identifier(c["schema"]) for c in contents if c["@type"] == "Component" and "schema" in c)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of its own contents."""
        return tuple(content["name"] for content in self.element.get("contents", ()))

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Interfaces that cannot be deleted while this one exists. A relationship's target is not one of them."""
        return tuple(dict.fromkeys(self.extends + self.components))


Stored = Callable[[str], Interface | None]
"""Finds an interface that is already stored."""


def nothing_stored(_identifier: str) -> Interface | None:
    """Find nothing."""
    return None


def batch_problems(interfaces: Sequence[Interface], stored: Stored) -> Iterator[str]:
    """List what's wrong with interfaces to be stored together, given those that are already stored.

    The later checks are made only when the earlier ones find nothing: they could not make sense of the batch.
    """
    times = Counter(identifier for i in interfaces for identifier in (i.id, *i.defined))
    twice = [identifier for identifier, number in times.items() if number > 1]
    if twice:
        yield from (f"{i} is defined more than once. Remove all but one of the definitions." for i in twice)
        return
    world = _World(interfaces, stored)
    missing = world.unresolved(interfaces)
    if missing:
        # Recorded in 2020. An answer of 2022 (RealEstateCore issue 154) says DtmiResolverAsync, and counts the places.
        yield f"DtmiResolver failed to resolve requisite references to element(s): {', '.join(missing)}"
        return
    unfit = [problem for interface in interfaces for problem in world.unfit(interface)]
    yield from unfit
    if unfit:
        return
    hierarchy = _Hierarchy(world)
    for interface in chain(interfaces, world.inner(interfaces)):
        yield from hierarchy.problems(interface)
        yield from schema_problems(interface.element, interface.version)


class _World:
    """All interfaces that a batch reaches: its own, and the stored ones that they depend on."""

    def __init__(self, interfaces: Sequence[Interface], stored: Stored) -> None:
        self._stored = stored
        self._known: dict[str, Interface | None] = {i.id: i for i in (*interfaces, *self.inner(interfaces))}

    def interface(self, identifier: str) -> Interface | None:
        """Return an interface of the batch, or one that is stored."""
        if identifier not in self._known:
            self._known[identifier] = self._stored(identifier)
        return self._known[identifier]

    def inner(self, interfaces: Sequence[Interface]) -> list[Interface]:
        """Return the interfaces that are written inside others."""
        return [Interface(version, element) for outer in interfaces for element, version in outer.inner]

    def unresolved(self, interfaces: Sequence[Interface]) -> list[str]:
        """List references to missing elements: schemas of other interfaces count as missing."""
        wanted = (reference.id for interface in interfaces for reference in interface.references)
        return [identifier for identifier in dict.fromkeys(wanted) if self.interface(identifier) is None]

    def unfit(self, interface: Interface) -> Iterator[str]:
        """List references to interfaces where something else is required, or of the wrong version of the language."""
        for reference in interface.references:
            version = getattr(self.interface(reference.id), "version", 0)
            if "Interface" not in reference.classes:
                yield f"{reference.where} refers to {reference.id}, which is an interface. Refer to something else."
            elif version not in reference.versions:
                yield f"{reference.where} refers to {reference.id}, which is of version {version}. Use one version."


def put_in_place(element: Element, defined: Mapping[str, Element]) -> None:
    """Replace each reference to an element of the same interface with that element itself."""
    waiting, seen = [element], set[int]()
    while waiting:
        holder = waiting.pop()
        if id(holder) in seen:
            continue
        seen.add(id(holder))
        for name, value in holder.items():
            if name == "target" or name.startswith("@"):
                continue
            if isinstance(value, list):
                value[:] = [_there(member, defined) for member in value]
            else:
                holder[name] = _there(value, defined)
            members = holder[name] if isinstance(value, list) else [holder[name]]
            waiting += (member for member in members if isinstance(member, dict) and "@type" in member)


def _there(value: Any, defined: Mapping[str, Element]) -> Any:
    found = defined.get(value) if isinstance(value, str) else None
    return value if found is None or found["@type"] == "Interface" else found


def _identifier(value: Any) -> str:
    return value if isinstance(value, str) else str(value.get("@id"))


class _Circle(Exception):
    """An interface that reaches itself."""


class _Hierarchy:
    """Follows what interfaces extend and consist of; remembers what it has followed."""

    def __init__(self, world: _World) -> None:
        self._world = world
        self._heights: dict[tuple[str, str], int] = {}

    def problems(self, interface: Interface) -> Iterator[str]:
        """List what is wrong with an interface's place among the others."""
        try:
            levels = self._height(interface.id, "extends", ())
            self._height(interface.id, "components", ())
        except _Circle as circle:
            yield f"{interface.id} leads back to itself through '{circle}'. Remove one of the references."
            return
        if levels > EXTENDS_DEPTH:
            yield f"{interface.id} extends more than {EXTENDS_DEPTH} levels of interfaces. Flatten them."
        inherited = self._inherited(interface)
        for name in interface.names:
            if name in inherited:
                yield (
                    f"{interface.id} has a content named '{name}', and so has {inherited[name]}, which it extends."
                    " Change one of the names."
                )
        yield from self._nested(interface)

    def _height(self, identifier: str, way: str, trail: tuple[str, ...]) -> int:
        """Return the length of the longest path along `way`. Raises _Circle when the path does not end."""
        if identifier in trail:
            raise _Circle(way)
        known = self._heights.get((identifier, way))
        if known is not None:
            return known
        interface = self._world.interface(identifier)
        further: tuple[str, ...] = getattr(interface, way) if interface else ()
        height = max((1 + self._height(other, way, (*trail, identifier)) for other in further), default=0)
        self._heights[identifier, way] = height
        return height

    def _inherited(self, interface: Interface) -> dict[str, str]:
        """Return the names of all inherited contents, and where they come from."""
        names: dict[str, str] = {}
        for base in self._bases(interface):
            names |= dict.fromkeys(base.names, base.id)
        return names

    def _bases(self, interface: Interface) -> Iterator[Interface]:
        waiting, seen = list(interface.extends), set[str]()
        while waiting:
            identifier = waiting.pop()
            base = self._world.interface(identifier)
            if base and identifier not in seen:
                seen.add(identifier)
                yield base
                waiting += base.extends

    def _nested(self, interface: Interface) -> Iterator[str]:
        """Check that no component has components, either its own or inherited ones."""
        for identifier in interface.components:
            component = self._world.interface(identifier)
            if component and any(part.components for part in (component, *self._bases(component))):
                yield f"{interface.id} has component {identifier}, which has components itself. Remove a level."
