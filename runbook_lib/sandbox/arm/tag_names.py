"""`/tagNames`: the names and values of tags in a subscription, those in use and those that someone has predefined.

Shapes of the OpenAPI file (resources.json). Modelled: the refusal to delete what's in use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from ..http import Answer
from ..store import Store
from . import errors
from .calls import ArmRoute, Call
from .inventory import Inventory
from .paging import page

KIND = "tag-name"
ACTION = "Microsoft.Resources/subscriptions/tagNames"


class TagNames:
    """Serves the names of tags."""

    def __init__(self, store: Store, inventory: Inventory) -> None:
        self._store = store
        self._inventory = inventory

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        many = "/subscriptions/{subscription}/tagNames"
        name, value = many + "/{name}", many + "/{name}/tagValues/{value}"
        values = f"{ACTION}/tagValues"
        return [
            ArmRoute("GET", many, self.list_all, f"{ACTION}/read"),
            ArmRoute("PUT", name, self.put, f"{ACTION}/write"),
            ArmRoute("DELETE", name, self.delete, f"{ACTION}/delete"),
            ArmRoute("PUT", value, self.put_value, f"{values}/write"),
            ArmRoute("DELETE", value, self.delete_value, f"{values}/delete"),
        ]

    def list_all(self, call: Call) -> Answer:
        """List the names with their values and how often each is used."""
        return page(call, [self._shown(call, name) for name in sorted(self._known(call), key=str.lower)])

    def put(self, call: Call) -> Answer:
        """Predefine a name: 201, or 200 if it's known already."""
        return self._put(call, "")

    def put_value(self, call: Call) -> Answer:
        """Predefine a value of a name."""
        return self._put(call, call.values["value"])

    def delete(self, call: Call) -> Answer:
        """Forget a predefined name: 200, 204 if there's none. Refused while a resource uses it."""
        return self._delete(call, None)

    def delete_value(self, call: Call) -> Answer:
        """Forget a predefined value."""
        return self._delete(call, call.values["value"])

    def _put(self, call: Call, value: str) -> Answer:
        name, known = call.values["name"], self._known(call)
        status = 200 if value in known.get(name, {}) or (not value and name in known) else 201
        found = self._store.get(KIND, self._key(call)) or {"name": name, "values": []}
        found["values"] = sorted({*found["values"], *([value] if value else [])})
        self._store.put(KIND, self._key(call), found)
        shown = self._shown(call, name)
        return Answer(status, next(v for v in shown["values"] if v["tagValue"] == value) if value else shown)

    def _delete(self, call: Call, value: str | None) -> Answer:
        found = self._store.get(KIND, self._key(call))
        if found is None or (value is not None and value not in found["values"]):
            return Answer(204)
        counts = self._known(call)[found["name"]]
        if counts[value] if value is not None else any(counts.values()):
            # Source: azure-cli issue 11761. Modelled: the code.
            subject, tail = f"tag name '{found['name']}'", ""
            if value is not None:
                subject, tail = "tag", f" Tag name '{found['name']}' and tag value '{value}'."
            raise errors.conflict(f"The {subject} cannot be deleted. It is associated to one or more resources.{tail}")
        if value is None:
            self._store.delete(KIND, self._key(call))
        else:
            self._store.put(KIND, self._key(call), found | {"values": [v for v in found["values"] if v != value]})
        return Answer(200)

    def _known(self, call: Call) -> dict[str, Counter[str]]:
        """Return how often each value of each name is used: 0 if it's only predefined."""
        scope = f"/subscriptions/{call.target.subscription.lower()}"
        known: dict[str, Counter[str]] = defaultdict(Counter)
        for document in self._store.list(KIND, f"{scope}/"):
            known[document["name"]].update(dict.fromkeys(document["values"], 0))
        tagged = [*self._inventory.below(scope), *self._store.list("resource-group", f"{scope}/resourcegroups/")]
        for document in tagged:
            for name, value in (document.get("tags") or {}).items():
                known[next((n for n in known if n.lower() == name.lower()), name)][value] += 1
        return known

    def _shown(self, call: Call, name: str) -> dict[str, Any]:
        counts = self._known(call)[name]
        path = f"/subscriptions/{call.target.subscription.lower()}/tagNames/{name}"
        return {
            "id": path,
            "tagName": name,
            "count": {"type": "Total", "value": sum(counts.values())},
            "values": [
                {"id": f"{path}/tagValues/{value}", "tagValue": value, "count": {"type": "Total", "value": number}}
                for value, number in sorted(counts.items())
            ],
        }

    @staticmethod
    def _key(call: Call) -> str:
        return f"/subscriptions/{call.target.subscription.lower()}/tagNames/{call.values['name'].lower()}"
