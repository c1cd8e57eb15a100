"""An instance's models as twins see them: inheritance applied, components and schemas resolved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..store import Document
from .keys import document_key

if TYPE_CHECKING:
    from ..store import Store
    from .dtdl.references import Interface

MODEL = "model"


@dataclass(frozen=True)
class Relationship:
    """A relationship as a model defines it. The service doesn't enforce how many there are (concepts-models)."""

    target: str | None
    """The model that a target must have or extend; None for any."""
    properties: dict[str, Any]
    """Schemas by name."""


@dataclass
class TwinModel:
    """A model with everything that it inherits."""

    id: str
    lineage: set[str] = field(default_factory=set)
    """The model and all that it extends."""
    properties: dict[str, Any] = field(default_factory=dict)
    """Schemas by name."""
    components: dict[str, str] = field(default_factory=dict)
    """Models by name."""
    relationships: dict[str, Relationship] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    """Telemetry and commands: not parts of a twin, but known by name. Values are `Telemetry` and `Command`."""

    def add(self, interface: Interface) -> None:
        """Take over what an interface defines."""
        self.lineage.add(interface.id)
        for content in interface.element.get("contents", ()):
            kind, name = content["@type"], content["name"]
            if kind == "Property":
                self.properties[name] = content["schema"]
            elif kind == "Component":
                self.components[name] = content["schema"]
            elif kind == "Relationship":
                properties = {one["name"]: one["schema"] for one in content.get("properties", ())}
                self.relationships[name] = Relationship(content.get("target"), properties)
            else:
                self.others[name] = kind


class Catalog:
    """The models of one instance, as stored at one moment."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        """Use documents by id."""
        self._documents = documents
        self._interfaces: dict[str, Interface] = {}
        self._models: dict[str, TwinModel | None] = {}

    def interface(self, identifier: str) -> Interface | None:
        """Return an interface as it was read; None if it doesn't exist."""
        from .dtdl.parser import read_interface  # imported here, so that the sandbox starts without it

        if identifier not in self._interfaces and identifier in self._documents:
            self._interfaces[identifier] = read_interface(self._documents[identifier]["model"])
        return self._interfaces.get(identifier)

    def decommissioned(self, identifier: str) -> bool:
        """Tell whether a model is decommissioned."""
        return identifier in self._documents and bool(self._documents[identifier]["decommissioned"])

    def find(self, identifier: str) -> TwinModel | None:
        """Return a model; None if it, or a model that it depends on, doesn't exist."""
        if identifier not in self._models:
            self._models[identifier] = self._resolve(identifier)
        return self._models[identifier]

    def subtypes(self, identifier: str) -> set[str]:
        """Return a model and all that extend it, directly or not. It need not exist: twins outlive their model."""
        found: set[str] = set()
        waiting = [identifier]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._extended_by.get(name, ())
        return found

    def _resolve(self, identifier: str) -> TwinModel | None:
        model = TwinModel(identifier)
        waiting = [identifier]
        while waiting:
            name = waiting.pop()
            interface = self.interface(name)
            if interface is None:
                return None
            if name not in model.lineage:
                model.add(interface)
                waiting += interface.extends
        known = all(self.find(component) for component in model.components.values())
        return model if known else None

    @cached_property
    def _extended_by(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for identifier in self._documents:
            interface = self.interface(identifier)
            for base in interface.extends if interface else ():
                found[base].append(identifier)
        return dict(found)


class StoredModels(Mapping[str, "Document"]):
    """The models of an instance by id, each read when it's needed: an upload needs few of many thousands."""

    def __init__(self, store: Store, host: str) -> None:
        self._store = store
        self._host = host
        self._read: dict[str, Document] = {}
        self._whole = False

    def __getitem__(self, identifier: str) -> Document:
        if identifier not in self._read:
            found = None if self._whole else self._store.get(MODEL, document_key(self._host, identifier))
            if found is None:
                raise KeyError(identifier)
            self._read[identifier] = found
        return self._read[identifier]

    def __iter__(self) -> Iterator[str]:
        if not self._whole:
            self._read = {document["id"]: document for document in self._store.list(MODEL, f"{self._host}/")}
            self._whole = True
        return iter(self._read)

    def __len__(self) -> int:
        return self._store.count(MODEL, f"{self._host}/")


class Catalogs:
    """The catalogs of all instances, read again when a model has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision: tuple[int, ...] = ()
        self._catalogs: dict[str, Catalog] = {}

    def of(self, host: str) -> Catalog:
        """Return the models of the instance that answers under a host name."""
        revision = self._store.revision(MODEL)
        if revision != self._revision:
            self._catalogs.clear()
            self._revision = revision
        if host not in self._catalogs:
            self._catalogs[host] = Catalog(StoredModels(self._store, host))
        return self._catalogs[host]
