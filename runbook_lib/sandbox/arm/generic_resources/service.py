"""Serves the resources of a table of types: write, read, list, tag, delete, and wait for the end.

Statuses and operation bodies as recorded for Microsoft.Network (azure-cli, May 2021). Modelled: that clients
follow the operations of every other service under addresses of the same form.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from ...context import Context
from ...http import Answer
from ...regions import normalize
from ...store import Document
from .. import errors
from ..bodies import section, text
from ..calls import ArmRoute, Call
from ..inventory import Inventory
from ..operations import Operations
from ..paging import page
from ..paths import parse, resource_key
from ..tags import checked_tags
from . import errors as refusals
from .generic_type import GenericType

RETRY_SECONDS = 10
WRITE, DELETE = "plain.write", "plain.delete"
"""Outcomes, as operations name them in the store. Existing state files use these names."""
_PLACES = ("{great}", "{grand}", "{parent}")


class GenericResources:
    """Serves the types of a table."""

    def __init__(self, context: Context, inventory: Inventory, kinds: Sequence[GenericType]) -> None:
        self._context = context
        self._inventory = inventory
        self._kinds = kinds
        self._by_type = {kind.type.lower(): kind for kind in kinds}
        for kind in kinds:
            inventory.on_forget(kind.type, kind.forget)
        context.operations.on_finish(WRITE, self._finish_write)
        context.operations.on_finish(DELETE, self._finish_delete)

    def routes(self) -> list[ArmRoute]:
        """Return the route table of all types, and of the addresses where clients wait."""
        rows = [row for kind in self._kinds for row in self._rows(kind)]
        for namespace in dict.fromkeys(kind.type.partition("/")[0] for kind in self._kinds):
            region = f"/subscriptions/{{subscription}}/providers/{namespace}/locations/{{location}}"
            rows.append(ArmRoute("GET", region + "/operations/{name}", self.status))
            rows.append(ArmRoute("GET", region + "/operationResults/{name}", self.result))
        return rows

    def _rows(self, kind: GenericType) -> list[ArmRoute]:
        namespace, *names = kind.type.split("/")
        places = _PLACES[-len(names) + 1 :] if len(names) > 1 else ()
        above = "/".join(f"{name}/{place}" for name, place in zip(names[:-1], places, strict=True))
        low = f"providers/{namespace}/{above}/{names[-1]}".replace("//", "/")
        subscription, group = "/subscriptions/{subscription}", "/subscriptions/{subscription}/resourceGroups/{group}"
        one, action, tracked = f"{group}/{low}/{{name}}", kind.type, len(names) == 1
        rows = [
            ArmRoute("GET", f"{group}/{low}", self._for(self.list_all, kind), f"{action}/read", anywhere=tracked),
            ArmRoute("GET", one, self._for(self.get, kind), f"{action}/read"),
            ArmRoute("PUT", one, self._for(self.put, kind), f"{action}/write", links=kind.links),
            ArmRoute("PATCH", one, self._for(self.patch, kind), f"{action}/write"),
            ArmRoute("DELETE", one, self._for(self.delete, kind), f"{action}/delete"),
        ]
        if tracked:
            everywhere = f"{subscription}/{low}"
            rows.append(ArmRoute("GET", everywhere, self._for(self.list_all, kind), f"{action}/read", anywhere=True))
        if kind.noun:
            check, needed = self._for(self.check_name, kind), f"{namespace}/checknameavailability/read"
            rows.append(ArmRoute("POST", f"{subscription}/providers/{namespace}/checkNameAvailability", check, needed))
        for name in kind.actions:
            rows.append(ArmRoute("POST", f"{one}/{name}", self._for(self.act, kind), f"{action}/{name}/action"))
        return rows

    @staticmethod
    def _for(handler: Callable[[GenericType, Call], Answer], kind: GenericType) -> Callable[[Call], Answer]:
        return lambda call: handler(kind, call)

    def list_all(self, kind: GenericType, call: Call) -> Answer:
        """List the resources of a type in a subscription, a group or a parent that the caller can read."""
        permits = self._context.access.permits
        found = [
            kind.show(resource)
            for resource in self._inventory.below(call.target.scope, kind.type)
            if permits(call.caller, f"{kind.type}/read", resource["id"])
        ]
        return page(call, found)

    def get(self, kind: GenericType, call: Call) -> Answer:
        """Show a resource."""
        return kind.answer(200, self._existing(kind, call))

    def put(self, kind: GenericType, call: Call) -> Answer:
        """Create or replace a resource: at once, or finished later."""
        body, existing = call.body(), self._inventory.get(call.target.scope)
        if kind.conditional:
            _check_conditions(call, existing)
        if not existing:
            self._check_free(kind, call.values["name"])
        resource = self._document(kind, call, body, existing)
        kind.check(call, resource)
        return self._write(kind, call, resource, 200 if existing else kind.created)

    def patch(self, kind: GenericType, call: Call) -> Answer:
        """Replace the tags: a PATCH can't change anything else here."""
        resource, body = self._existing(kind, call), call.body()
        if kind.tracked and body.get("tags") is not None:
            resource["tags"] = checked_tags(body) or {}
        self._inventory.put(resource)
        return kind.answer(200, resource)

    def delete(self, kind: GenericType, call: Call) -> Answer:
        """Delete a resource at once (200) or later (202); 204 if it didn't exist."""
        resource = self._inventory.get(call.target.scope)
        if resource is None:
            return Answer(204)
        kind.check_removable(resource)
        nested = [child["id"] for child in self._inventory.below(resource["id"]) if "location" in child]
        if nested:
            raise errors.cannot_delete_resource(nested)
        if not kind.seconds:
            self._inventory.forget(resource)
            return Answer(200)
        resource["properties"]["provisioningState"] = "Deleting"
        self._inventory.put(resource)
        return Answer(202, None, self._begin(kind, call, resource, DELETE))

    def act(self, kind: GenericType, call: Call) -> Answer:
        """Answer a POST on a resource."""
        wanted = call.request.path.rstrip("/").rpartition("/")[2].lower()
        action = next(action for name, action in kind.actions.items() if name.lower() == wanted)
        resource = self._existing(kind, call)
        answer = action(resource, call.body() if call.request.body.strip() else {})
        self._inventory.put(resource)
        return Answer(200, answer)

    def check_name(self, kind: GenericType, call: Call) -> Answer:
        """Tell whether a name is free; in the words in which the PUT would refuse it."""
        name = str(call.body().get("name") or "")
        taken = {resource["name"].lower() for resource in self._inventory.below("/subscriptions", kind.type)}
        refusal = {}
        if not re.fullmatch(kind.name, name):
            refusal = {"reason": "AccountNameInvalid", "message": kind.name_invalid(name, kind.type).message}
        elif kind.name_taken and name.lower() in taken:
            refusal = {"reason": "AlreadyExists", "message": kind.name_taken(name).message}
        return Answer(200, {"nameAvailable": not refusal, **refusal})

    def status(self, call: Call) -> Answer:
        """Answer a poll of the `Azure-AsyncOperation` address."""
        operation = self._operation(call)
        if operation["status"] == "Running":
            return Answer(200, {"status": "InProgress"}, self._operations.retry_after(RETRY_SECONDS, first=False))
        error = {"error": operation["error"]} if "error" in operation else {}
        return Answer(200, {"status": operation["status"], **error})

    def result(self, call: Call) -> Answer:
        """Answer a poll of the `Location` address: 202 while the work continues, then 200, or 204 after a deletion."""
        operation = self._operation(call)
        if operation["status"] == "Running":
            return Answer(202, None, self._operations.retry_after(RETRY_SECONDS, first=True))
        resource = self._inventory.get(operation["resource"])
        if resource is None:
            return Answer(204)
        return self._by_type[resource["type"].lower()].answer(200, resource)

    @property
    def _operations(self) -> Operations:
        return self._context.operations

    def _operation(self, call: Call) -> Document:
        """Return the operation that a path names. Raises ArmError if it doesn't exist, or is another subscription's."""
        operation = self._operations.get(call.values["name"])
        if operation is None or operation.get("subscription", "").lower() != call.target.subscription.lower():
            # Modelled: code and text.
            raise errors.ArmError(404, "OperationNotFound", f"The operation '{call.values['name']}' was not found.")
        kind = parse(operation["resource"])
        action = f"{kind.namespace}/{kind.type}/read"
        if not self._context.access.permits(call.caller, action, operation["resource"]):
            raise errors.authorization_failed(call.caller.label, call.caller.object_id, action, call.target.scope)
        return operation

    def _check_free(self, kind: GenericType, name: str) -> None:
        """Refuse the name of a new resource that another one has anywhere, if it must be unique. Raises ArmError."""
        for full_type in (kind.type, *kind.name_shared) if kind.name_taken else ():
            taken = self._inventory.below("/subscriptions", full_type)
            if kind.name_taken and any(other["name"].lower() == name.lower() for other in taken):
                raise kind.name_taken(name)

    def _existing(self, kind: GenericType, call: Call) -> Document:
        resource = self._inventory.get(call.target.scope)
        if resource is None:
            name = "/".join(call.target.scope.split("/")[8:])
            raise errors.resource_not_found("/".join(kind.type.split("/")[:2]), name, call.target.group)
        return resource

    def _document(self, kind: GenericType, call: Call, body: dict[str, Any], existing: Document | None) -> Document:
        """Return the resource that a body asks for, with what the service adds."""
        given = body.get("properties")
        given = {} if given is None else given
        if not isinstance(given, dict):
            raise errors.invalid_request_content("Expected an object. Path 'properties'.")
        resource: Document = existing or {"id": self._new_id(kind, call), "name": call.values["name"]}
        before = resource.get("properties", {})
        resource["type"] = kind.type
        if kind.tracked:
            resource["location"] = self._location(kind, call, body, existing)
            resource.pop("tags", None)
            if (tags := checked_tags(body)) is not None:  # recorded: an answer shows no tags if none were given
                resource["tags"] = tags
        for name, default in kind.extras.items():
            resource[name] = _extra(body, name, default) or resource.get(name) or default
        if kind.etag:
            resource["etag"] = f'W/"{uuid.uuid4()}"'
        resource["properties"] = {**given, "provisioningState": "Succeeded"}
        resource["properties"] |= {**kind.defaults(resource), **{k: v for k, v in before.items() if k in _LASTING}}
        return resource

    def _location(self, kind: GenericType, call: Call, body: dict[str, Any], existing: Document | None) -> str:
        location = normalize(str(body.get("location") or ""))
        if existing and existing["location"] != location:
            name, group = existing["name"], call.target.group
            raise errors.resource_in_other_location(name, group, existing["location"], location)
        return location

    def _new_id(self, kind: GenericType, call: Call) -> str:
        """Spell a new resource's id: the type as the service spells it, the rest as in the parents' ids."""
        *above, _type, name = call.target.scope.split("/")
        if len(kind.names) > 1:
            parent = self._inventory.get("/".join(above))
            if parent is None and not kind.implied:
                raise errors.parent_not_found(above[-1])
            return f"{parent['id'] if parent else '/'.join(above)}/{kind.names[-1]}/{name}"
        group = self._context.store.get("resource-group", resource_key(call.target.subscription, call.target.group))
        assert group is not None, "the gateway has looked"
        return f"{group['id']}/providers/{kind.type}/{name}"

    def _write(self, kind: GenericType, call: Call, resource: Document, status: int) -> Answer:
        if kind.seconds:
            resource["properties"]["provisioningState"] = "Updating"
        kind.written(resource)
        self._inventory.put(resource)
        headers = self._begin(kind, call, resource, WRITE) if kind.seconds else {}
        # According to the OpenAPI files, a 202 has no body.
        return Answer(202, None, headers) if status == 202 else kind.answer(status, resource, headers)

    def _begin(self, kind: GenericType, call: Call, resource: Document, outcome: str) -> dict[str, str]:
        target = parse(resource["id"])
        root = self._inventory.get("/".join(resource["id"].split("/")[:9])) or resource
        facts = {"subscription": target.subscription, "location": str(root.get("location") or "global")}
        operation = self._operations.begin(outcome, resource["id"], kind.seconds, **facts)
        region = f"/subscriptions/{target.subscription}/providers/{target.namespace}/locations/{facts['location']}"
        base, query = f"{call.request.base_url}{region}", f"?api-version={call.api_version}"
        headers = {"Azure-AsyncOperation": f"{base}/operations/{operation['name']}{query}"}
        if outcome == DELETE or kind.created == 202:
            headers["Location"] = f"{base}/operationResults/{operation['name']}{query}"
        return headers | self._operations.retry_after(RETRY_SECONDS, first=True)

    def _finish_write(self, operation: Document) -> None:
        resource = self._inventory.get(operation["resource"])
        if resource is not None:
            resource["properties"]["provisioningState"] = "Succeeded"
            self._inventory.put(resource)

    def _finish_delete(self, operation: Document) -> None:
        resource = self._inventory.get(operation["resource"])
        if resource is not None:
            self._inventory.forget(resource)


_LASTING = ("createdAt", "creationTime", "resourceGuid", "internalId")
"""Properties that stay as they were when a resource was made."""


def _check_conditions(call: Call, existing: Document | None) -> None:
    """Refuse a write that its headers rule out. Other values of `If-None-Match` are ignored (privatedns.json)."""
    headers, there = call.request.headers, str(existing["etag"]) if existing else ""
    wanted = headers.get("if-match", "").strip()
    if wanted and wanted not in (there, "*" if there else ""):
        raise refusals.condition_not_satisfied("If-Match", wanted, there)
    if there and headers.get("if-none-match", "").strip() == "*":
        raise refusals.condition_not_satisfied("If-None-Match", "*", there)


def _extra(body: dict[str, Any], name: str, default: Any) -> Any:
    """Return another field than `properties`: a text, or an object whose name and tier are texts. Raises ArmError."""
    if not isinstance(default, dict):
        return text(body, name)
    found = section(body, name)
    return {key: text(found, key, name) if key in ("name", "tier") else value for key, value in found.items()}
