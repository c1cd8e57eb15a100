"""What the sandbox knows about a type of resource that it only stores: how it's made and what its answers show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...http import Answer
from ...store import Document
from .. import errors, name_errors
from ..calls import Call, Link, public

Action = Callable[[Document, dict[str, Any]], Any]
"""Takes a resource, which it can change, and the body of a POST on it; returns the body of the answer."""


@dataclass(frozen=True)
class GenericType:
    """One type. Subclasses add what's special; without one, a resource keeps what it was given."""

    type: str
    """Such as `Microsoft.EventHub/namespaces/eventhubs`."""
    tracked: bool = True
    """Whether it has a location and tags."""
    seconds: float = 0.0
    """How long a write takes (modelled, except for networks: recorded as "a few"); 0 finishes it at once."""
    created: int = 201
    """Status of the answer to the PUT of a new one."""
    etag: bool = False
    """Whether it shows an `etag`, as everything of Microsoft.Network does."""
    conditional: bool = False
    """Whether a PUT obeys `If-Match` and `If-None-Match: *`."""
    name: str = r"[A-Za-z0-9][A-Za-z0-9._\-]{0,79}"
    """A regular expression for the names that it can have."""
    noun: str = ""
    """What answers to a name check call one; empty if the service has no name check."""
    name_invalid: Callable[[str, str], errors.ArmError] = name_errors.invalid_resource_name
    """How a name that breaks the rule is refused, by name and type."""
    name_taken: Callable[[str], errors.ArmError] | None = None
    """How a name is refused that any customer has already; None if names are unique below the parent only."""
    name_shared: tuple[str, ...] = ()
    """Other types that can't have the same name either, because they have the same domain."""
    implied: bool = False
    """Whether its parent always exists and isn't itself a resource, like a storage account's `blobServices/default`."""
    defaults: Callable[[Document], Mapping[str, Any]] = lambda _resource: {}
    """Properties that the service adds."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """Other fields than `properties` that are kept, with their defaults: `sku`, `kind`."""
    actions: Mapping[str, Action] = field(default_factory=dict)
    """The operations that it offers with POST."""

    @property
    def names(self) -> list[str]:
        """The parts of the type below its namespace."""
        return self.type.split("/")[1:]

    def links(self, _call: Call) -> Iterable[Link]:
        """Name the linked scopes of a write."""
        return ()

    def check(self, call: Call, resource: Document) -> None:
        """Refuse a new or changed resource that the service wouldn't accept. Raises ArmError."""
        name = resource["name"]
        if not re.fullmatch(self.name, name):
            raise self.name_invalid(name, self.type)

    def written(self, resource: Document) -> None:
        """Do what else a write causes; called before the resource itself is written."""

    def forget(self, resource: Document) -> None:
        """Do what else the deletion of a resource causes."""

    def show(self, resource: Document) -> Document:
        """Return a resource as answers show it."""
        return public(resource)

    def check_removable(self, resource: Document) -> None:
        """Refuse a deletion. Raises ArmError."""

    def answer(self, status: int, resource: Document, headers: dict[str, str] | None = None) -> Answer:
        """Answer with a resource."""
        shown = self.show(resource)
        # Recorded: while an operation is running, only the body has the etag.
        etag = {"ETag": shown["etag"]} if self.etag and not headers else {}
        return Answer(status, shown, {**etag, **(headers or {})})
