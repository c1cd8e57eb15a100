"""`Microsoft.Resources/tags/default`: the tags of a subscription, group or resource as a resource of their own.

Shapes of the OpenAPI file (resources.json). With this, you can write tags without permission to write the resource.
"""

from __future__ import annotations

from ..http import Answer
from ..store import Document, Store
from . import errors
from .calls import ArmRoute, Call
from .paths import parse
from .tags import checked_tags

ACTION = "Microsoft.Resources/tags"
MAXIMUM = 50
"""Tags that a resource, group or subscription can have (documented)."""


class TagResources:
    """Serves `tags/default` at every scope that has tags."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        path = "{scope*}/providers/Microsoft.Resources/tags/default"
        return [
            ArmRoute("GET", path, self.get, f"{ACTION}/read"),
            ArmRoute("PUT", path, self.put, f"{ACTION}/write"),
            ArmRoute("PATCH", path, self.patch, f"{ACTION}/write"),
            ArmRoute("DELETE", path, self.delete, f"{ACTION}/delete"),
        ]

    def get(self, call: Call) -> Answer:
        """Show the tags."""
        return self._answer(call, self._tagged(call)[2].get("tags") or {})

    def put(self, call: Call) -> Answer:
        """Replace all tags."""
        return self._write(call, _given(call))

    def patch(self, call: Call) -> Answer:
        """Merge tags into the existing ones, replace those, or delete the named ones."""
        given, before = _given(call), self._tagged(call)[2].get("tags") or {}
        match str(call.body().get("operation")).lower():
            case "merge":
                names = {name.lower() for name in given}
                return self._write(call, {n: v for n, v in before.items() if n.lower() not in names} | given)
            case "replace":
                return self._write(call, given)
            case "delete":
                gone = {(name.lower(), value) for name, value in given.items()}
                return self._write(call, {n: v for n, v in before.items() if (n.lower(), v) not in gone})
            case other:
                raise errors.invalid_request_content(f"Error converting value '{other}'. Path 'operation'.")

    def delete(self, call: Call) -> Answer:
        """Remove all tags: 200 without a body."""
        kind, key, document = self._tagged(call)
        document["tags"] = {}
        self._store.put(kind, key, document)
        return Answer(200)

    def _tagged(self, call: Call) -> tuple[str, str, Document]:
        """Return kind, key and document of what the path names. Raises ArmError if it doesn't exist."""
        scope = "/" + call.values["scope"].strip("/")
        target = parse(scope)
        kind, key = "subscription", target.subscription
        if target.type or target.group:
            kind, key = ("resource", scope) if target.type else ("resource-group", scope)
        document = self._store.get(kind, key)
        if document is None or (target.type and "location" not in document):
            name = "/".join(scope.split("/")[8:])
            raise errors.resource_not_found(f"{target.namespace}/{target.type.partition('/')[0]}", name, target.group)
        return kind, key, document

    def _write(self, call: Call, tags: dict[str, str]) -> Answer:
        if len(tags) > MAXIMUM:
            raise errors.too_many_tags(len(tags), MAXIMUM)
        kind, key, document = self._tagged(call)
        document["tags"] = tags
        self._store.put(kind, key, document)
        return self._answer(call, tags)

    @staticmethod
    def _answer(call: Call, tags: dict[str, str]) -> Answer:
        scope = "/" + call.values["scope"].strip("/")
        resource_id = f"{scope}/providers/Microsoft.Resources/tags/default"
        return Answer(200, {"id": resource_id, "name": "default", "type": ACTION, "properties": {"tags": tags}})


def _given(call: Call) -> dict[str, str]:
    properties = call.body().get("properties")
    if not isinstance(properties, dict):
        raise errors.invalid_request_content("Required property 'properties' not found in JSON. Path ''.")
    return checked_tags(properties) or {}
