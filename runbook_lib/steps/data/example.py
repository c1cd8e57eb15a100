"""The example that the guide builds: three models, and the twins and relationships of a small factory.

A factory has two halls: hall 1 with a mixer and a press, hall 2 with an oven. The mixer feeds the press, and the press
feeds the oven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_BASE = "dtmi:com:contoso:factory"
FACTORY, HALL, MACHINE = (f"{_BASE}:{name};1" for name in ("Factory", "Hall", "Machine"))


def _interface(model_id: str, name: str, *contents: Mapping[str, Any]) -> dict[str, Any]:
    head = {"@id": model_id, "@type": "Interface", "@context": "dtmi:dtdl:context;2", "displayName": name}
    return {**head, "contents": list(contents)}


def _property(name: str, schema: str) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema}


def _relationship(name: str, target: str) -> dict[str, Any]:
    return {"@type": "Relationship", "name": name, "target": target}


MODELS: tuple[dict[str, Any], ...] = (
    _interface(FACTORY, "Factory", _property("city", "string"), _relationship("hasHall", HALL)),
    _interface(HALL, "Hall", _property("temperature", "double"), _relationship("hasMachine", MACHINE)),
    _interface(MACHINE, "Machine", _property("status", "string"), _relationship("feeds", MACHINE)),
)
"""The models, in an order in which you can also upload them one by one.

They use version 2 of DTDL: they don't need a newer one, and Azure Digital Twins Explorer doesn't support it
(how-to-manage-model article).
"""


@dataclass(frozen=True)
class Twin:
    """A digital twin that should exist."""

    id: str
    model: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return it as the service takes it."""
        return {"$metadata": {"$model": self.model}, **self.properties}


@dataclass(frozen=True)
class Relationship:
    """A relationship that should exist."""

    source: str
    name: str
    target: str

    @property
    def id(self) -> str:
        """Its id, which has to be unique only at its source."""
        return f"{self.name}-{self.target}"

    def body(self) -> dict[str, Any]:
        """Return it as the service takes it."""
        return {
            "$relationshipId": self.id,
            "$sourceId": self.source,
            "$relationshipName": self.name,
            "$targetId": self.target,
        }


@dataclass(frozen=True)
class Factory:
    """The example's twins and relationships, whose ids begin with `prefix`."""

    prefix: str

    @property
    def twins(self) -> tuple[Twin, ...]:
        """The twins: the whole first, then its parts."""
        name = self._name
        return (
            Twin(self.prefix, FACTORY, {"city": "Utrecht"}),
            Twin(name("hall-1"), HALL, {"temperature": 19.5}),
            Twin(name("hall-2"), HALL, {"temperature": 21.0}),
            Twin(name("mixer"), MACHINE, {"status": "running"}),
            Twin(name("press"), MACHINE, {"status": "running"}),
            Twin(name("oven"), MACHINE, {"status": "idle"}),
        )

    @property
    def relationships(self) -> tuple[Relationship, ...]:
        """The relationships, which connect twins of the example."""
        lines = (
            (self.prefix, "hasHall", "hall-1"),
            (self.prefix, "hasHall", "hall-2"),
            (self._name("hall-1"), "hasMachine", "mixer"),
            (self._name("hall-1"), "hasMachine", "press"),
            (self._name("hall-2"), "hasMachine", "oven"),
            (self._name("mixer"), "feeds", "press"),
            (self._name("press"), "feeds", "oven"),
        )
        return tuple(Relationship(source, name, self._name(target)) for source, name, target in lines)

    @property
    def twins_query(self) -> str:
        """The query that finds the twins."""
        return f"SELECT * FROM DIGITALTWINS WHERE $dtId IN [{self._listed}]"  # noqa: S608  # ids are checked

    @property
    def relationships_query(self) -> str:
        """The query that finds the relationships."""
        return f"SELECT * FROM RELATIONSHIPS WHERE $sourceId IN [{self._listed}]"  # noqa: S608  # as above

    @property
    def _listed(self) -> str:
        return ", ".join(f"'{twin.id}'" for twin in self.twins)

    def _name(self, part: str) -> str:
        return f"{self.prefix}-{part}"
