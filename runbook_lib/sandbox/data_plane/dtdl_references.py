"""Interfaces that are right in themselves, and how they hang together: references, inheritance, components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .dtdl_terms import LIMITS


@dataclass(frozen=True)
class Interface:
    """An interface that is right in itself; whether what it refers to exists is another question."""

    id: str
    version: int
    """Of the language."""
    extends: tuple[str, ...]
    components: tuple[str, ...]
    """Interfaces that its components have as schema."""
    names: tuple[str, ...]
    """Of its own contents."""
    schemas: frozenset[str]
    """Schemas that it names."""
    defined: frozenset[str]
    """Identifiers of elements inside it."""

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Interfaces that cannot go while this one is there. A relationship's target is none of them."""
        return tuple(dict.fromkeys(self.extends + self.components))


Lookup = Callable[[str], Interface | None]


def batch_problems(interfaces: Sequence[Interface], stored: Lookup) -> Iterator[str]:
    """List what is wrong with interfaces that are to be stored together, beside those that are stored already.

    The later checks are made only when the earlier ones find nothing: they could not make sense of the batch.
    """
    times = Counter(identifier for i in interfaces for identifier in (i.id, *i.defined))
    twice = [identifier for identifier, number in times.items() if number > 1]
    if twice:
        yield from (f"{i} is defined more than once. Remove all but one of the definitions." for i in twice)
        return
    batch = {interface.id: interface for interface in interfaces}

    def lookup(identifier: str) -> Interface | None:
        return batch.get(identifier) or stored(identifier)

    missing = _unresolved(interfaces, lookup)
    if missing:
        # Recorded in 2020. An answer of 2022 (RealEstateCore issue 154) says DtmiResolverAsync, and counts places.
        yield f"DtmiResolver failed to resolve requisite references to element(s): {', '.join(missing)}"
        return
    hierarchy = _Hierarchy(lookup)
    for interface in interfaces:
        yield from hierarchy.problems(interface)


def _unresolved(interfaces: Sequence[Interface], lookup: Lookup) -> list[str]:
    """List what is referred to and is nowhere. Modelled: a schema counts when its interface is in the same batch."""
    defined = {identifier for interface in interfaces for identifier in interface.defined}
    missing: dict[str, None] = {}
    for interface in interfaces:
        missing |= dict.fromkeys(d for d in interface.dependencies if lookup(d) is None)
        missing |= dict.fromkeys(s for s in sorted(interface.schemas) if s not in defined)
    return list(missing)


class _Circle(Exception):
    """An interface that is reached from itself."""


class _Hierarchy:
    """Follows what interfaces extend and consist of; remembers what it has followed."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._heights: dict[tuple[str, str], int] = {}

    def problems(self, interface: Interface) -> Iterator[str]:
        """List what is wrong with an interface's place among the others."""
        limits = LIMITS[interface.version]
        try:
            levels = self._height(interface.id, "extends", ())
            self._height(interface.id, "components", ())
        except _Circle as circle:
            yield f"{interface.id} leads back to itself through '{circle}'. Remove one of the references."
            return
        if levels > limits.extends_depth:
            yield f"{interface.id} extends more than {limits.extends_depth} levels of interfaces. Flatten them."
        inherited = self._inherited(interface)
        for name in interface.names:
            if name in inherited:
                yield (
                    f"{interface.id} has a content named '{name}', and so has {inherited[name]}, which it extends."
                    " Change one of the names."
                )
        if not limits.nested_components:
            yield from self._nested(interface)

    def _height(self, identifier: str, way: str, trail: tuple[str, ...]) -> int:
        """Return the length of the longest path along `way`. Raises _Circle when there is no end."""
        if identifier in trail:
            raise _Circle(way)
        known = self._heights.get((identifier, way))
        if known is not None:
            return known
        interface = self._lookup(identifier)
        further: tuple[str, ...] = getattr(interface, way) if interface else ()
        height = max((1 + self._height(other, way, (*trail, identifier)) for other in further), default=0)
        self._heights[identifier, way] = height
        return height

    def _inherited(self, interface: Interface) -> dict[str, str]:
        """Return the names of everything that is extended, and of whom they come."""
        names: dict[str, str] = {}
        waiting, seen = list(interface.extends), set[str]()
        while waiting:
            identifier = waiting.pop()
            base = self._lookup(identifier)
            if base and identifier not in seen:
                seen.add(identifier)
                names |= dict.fromkeys(base.names, base.id)
                waiting += base.extends
        return names

    def _nested(self, interface: Interface) -> Iterator[str]:
        """Check that no component has components itself (version 2)."""
        for identifier in interface.components:
            component = self._lookup(identifier)
            if component and component.components:
                yield f"{interface.id} has component {identifier}, which has components itself. Remove a level."
