"""What the sandbox knows about a type of resources that it only keeps: how it is made and what its answers show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...http import Answer
from ...store import Document
from .. import errors
from ..calls import Call, Link, public

Action = Callable[[Document], Any]
"""Takes a resource and returns the body that a POST on it answers with."""


@dataclass(frozen=True)
class GenericType:
    """One type. Subclasses say what is special; without them a resource keeps what it was given."""

    type: str
    """Such as `Microsoft.EventHub/namespaces/eventhubs`."""
    tracked: bool = True
    """Has a location and tags."""
    seconds: float = 0.0
    """How long writing takes (all modelled but those of networks, recorded as "a few"); 0 finishes it at once."""
    created: int = 201
    """Status of the answer to the PUT of a new one."""
    etag: bool = False
    """Shows an `etag`, as everything of Microsoft.Network does."""
    name: str = r"[A-Za-z0-9][A-Za-z0-9._\-]{0,79}"
    """Expression of the names that it may have."""
    noun: str = ""
    """The word for one in answers to a name check; empty when the service has no name check."""
    implied: bool = False
    """Its parent is always there and no resource of its own, as a storage account's `blobServices/default`."""
    defaults: Callable[[Document], Mapping[str, Any]] = lambda _resource: {}
    """Properties that the service adds."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """Fields beside `properties` that are kept, with their defaults: `sku`, `kind`."""
    actions: Mapping[str, Action] = field(default_factory=dict)
    """What can be asked of one with POST."""

    @property
    def names(self) -> list[str]:
        """The parts of the type below its namespace."""
        return self.type.split("/")[1:]

    def links(self, _call: Call) -> Iterable[Link]:
        """Name the linked scopes of a write."""
        return ()

    def check(self, call: Call, resource: Document) -> None:
        """Refuse a new or changed resource that is not as the service wants it. Raises ArmError."""
        name = resource["name"]
        if not re.fullmatch(self.name, name):
            raise errors.invalid_resource_name(name, self.type)

    def written(self, resource: Document) -> None:
        """Do what else a write brings about; called before the resource itself is written."""

    def forget(self, resource: Document) -> None:
        """Do what else the disappearance of a resource brings about."""

    def show(self, resource: Document) -> Document:
        """Return a resource as answers show it."""
        return public(resource)

    def check_removable(self, resource: Document) -> None:
        """Refuse a deletion. Raises ArmError."""

    def answer(self, status: int, resource: Document, headers: dict[str, str] | None = None) -> Answer:
        """Answer with a resource."""
        shown = self.show(resource)
        # Recorded: while an operation goes on, the etag is in the body alone.
        etag = {"ETag": shown["etag"]} if self.etag and not headers else {}
        return Answer(status, shown, {**etag, **(headers or {})})
