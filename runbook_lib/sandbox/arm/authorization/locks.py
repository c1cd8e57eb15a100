"""Locks: what nobody can delete or change, not even an owner. The gateway enforces them.

Shapes and statuses as recorded (azure-cli, api-version 2016-09-01). Modelled: the texts of the refusals.
"""

from __future__ import annotations

import re
from typing import Any

from ...http import Answer
from ...rbac import normalize_scope
from ...store import Store
from .. import errors
from ..bodies import sections, text
from ..calls import ArmRoute, Call, collection_routes
from ..inventory import LOCK
from . import errors as refusals
from .scopes import AUTHORIZATION, SCOPES, existing_scope, key_of, scope_of

ACTION = "Microsoft.Authorization/locks"
LEVELS = ("CanNotDelete", "ReadOnly")
NAME = re.compile(r"[A-Za-z0-9._\-()]{0,89}[A-Za-z0-9_\-()]")


class Locks:
    """Serves `locks` at every scope."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        paths = [f"{scope}{AUTHORIZATION}/locks" for scope in SCOPES]
        return [row for path in paths for row in collection_routes(path, ACTION, self)]

    def list_all(self, call: Call) -> Answer:
        """List the locks at the scope and below it; with `atScope()` only those at the scope."""
        text = call.request.parameter("$filter").strip()
        if text.lower() not in ("", "atscope()"):
            raise errors.invalid_filter(text)
        base = normalize_scope(call.target.scope)
        prefix = f"{base}{AUTHORIZATION}/locks/" if text else f"{base}/"
        return Answer(200, {"value": self._store.list(LOCK, prefix)})

    def get(self, call: Call) -> Answer:
        """Show a lock."""
        found = self._store.get(LOCK, key_of(call, "locks"))
        if found is None:
            raise refusals.lock_not_found(call.values["name"])
        return Answer(200, found)

    def put(self, call: Call) -> Answer:
        """Lock something (201), or change a lock (200)."""
        name = call.values["name"]
        if not NAME.fullmatch(name):
            raise refusals.invalid_lock_name(name)
        scope = existing_scope(self._store, scope_of(call))
        existing = self._store.get(LOCK, key_of(call, "locks"))
        lock = existing or {"id": f"{scope.rstrip('/')}{AUTHORIZATION}/locks/{name}", "name": name}
        lock = {"properties": _properties(call.body()), "id": lock["id"], "type": ACTION, "name": lock["name"]}
        self._store.put(LOCK, lock["id"], lock)
        return Answer(200 if existing else 201, lock)

    def delete(self, call: Call) -> Answer:
        """Remove a lock: 200 without a body, 204 when there was none."""
        return Answer(200 if self._store.delete(LOCK, key_of(call, "locks")) else 204)


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("properties")
    if not isinstance(given, dict):
        raise errors.invalid_request_content("Required property 'properties' not found in JSON. Path ''.")
    level = next((each for each in LEVELS if each.lower() == str(given.get("level")).lower()), None)
    if level is None:
        raise errors.invalid_request_content(f"Error converting value '{given.get('level')}'. Path 'properties.level'.")
    notes, owners = text(given, "notes", "properties"), sections(given, "owners", "properties")
    return {"level": level, **({"notes": notes} if notes else {}), **({"owners": owners} if owners else {})}
