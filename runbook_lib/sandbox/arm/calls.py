"""An admitted call, and the rows of ARM's route tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..http import Answer, Request, Route
from ..store import Document
from ..tokens import Caller
from . import errors
from .paths import Target


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the gateway let through, with what it learned on the way."""

    request: Request
    caller: Caller
    target: Target
    values: Mapping[str, str]
    """The values of the route's `{names}` in this path."""

    @property
    def api_version(self) -> str:
        """The request's `api-version`."""
        return self.request.parameter("api-version")

    def body(self) -> dict[str, Any]:
        """Return the body as a JSON object. Raises ArmError InvalidRequestContent if it isn't one."""
        return json_object(self.request)


ArmHandler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Link:
    """Another resource that a call touches: the action that its caller also needs there, and the scope."""

    action: str
    scope: str
    name: str = ""
    """What a refusal calls the action, if not by its full name: ARM's older names for private endpoints."""

    @property
    def shown(self) -> str:
        """The action as a refusal spells it."""
        return self.name or self.action


Links = Callable[[Call], Iterable[Link]]
Attributes = Callable[[Call], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ArmRoute(Route[ArmHandler]):
    """A row of a route table. Without an `action`, everyone who's signed in can call it."""

    anywhere: bool = False
    """A role anywhere in the subscription is enough: such lists show only what the caller can read."""
    needs_group: bool = True
    """The gateway refuses the call if the path's resource group is missing or being deleted."""
    links: Links | None = None
    """Names the linked scopes of a call; the gateway checks them after the call's own action."""
    attributes: Attributes | None = None
    """Returns what conditions of role assignments look at, by name in lower case."""


class Collection(Protocol):
    """A handler of a collection of resources of one type, and of its members."""

    def list_all(self, call: Call) -> Answer:
        """List the members."""
        ...

    def get(self, call: Call) -> Answer:
        """Show one member."""
        ...

    def put(self, call: Call) -> Answer:
        """Create or change a member."""
        ...

    def delete(self, call: Call) -> Answer:
        """Delete a member."""
        ...


def collection_routes(path: str, action: str, served: Collection) -> list[ArmRoute]:
    """Return the rows that every collection has; a member is at `{name}` below the collection's path."""
    member = path + "/{name}"
    return [
        ArmRoute("GET", path, served.list_all, f"{action}/read"),
        ArmRoute("GET", member, served.get, f"{action}/read"),
        ArmRoute("PUT", member, served.put, f"{action}/write"),
        ArmRoute("DELETE", member, served.delete, f"{action}/delete"),
    ]


def json_object(request: Request) -> dict[str, Any]:
    """Return a request's body as a JSON object. Raises ArmError InvalidRequestContent if it isn't one."""
    try:
        body = request.json()
    except ValueError as error:
        # Modelled: Json.NET's text for the most common mistake.
        raise errors.invalid_request_content(f"Unexpected content. Path '', {error}.") from error
    if not isinstance(body, dict):
        raise errors.invalid_request_content("Expected a JSON object. Path ''.")
    return body


def public(document: Document) -> Document:
    """Return a document as clients see it: without the sandbox's private fields."""
    return {name: value for name, value in document.items() if not name.startswith("_")}
