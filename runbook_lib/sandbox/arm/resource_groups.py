"""Resource groups, what is in them, and their deletion with everything in them.

Shapes as recorded with api-version 2022-09-01 (behaviour notes, section 1.9).
"""

from __future__ import annotations

import re
from typing import Any

from ..context import Context
from ..http import Answer
from ..regions import all_locations, normalize
from ..store import Document
from . import errors, name_errors
from .bodies import text
from .calls import ArmRoute, Call, public
from .deployments.service import DEPLOYMENT
from .inventory import SCOPED, Inventory
from .operations import decode_token, encode_token
from .paging import page
from .paths import parse, resource_key
from .resource_filters import resource_filter
from .tags import checked_tags

ACTION = "Microsoft.Resources/subscriptions/resourceGroups"
KIND = "resource-group"
NAME = re.compile(r"[\w()\-.]{0,89}[\w()\-]")
DELETE_SECONDS = 15
"""Deletion of an empty group. Modelled."""
DELETE_CONTENT_SECONDS = 120
"""Extra time for a group with resources: with one Digital Twins instance, 2 min 15 s in total were measured."""
RETRY_SECONDS = 15


class ResourceGroups:
    """Serves resource groups and the generic list of resources."""

    def __init__(self, context: Context, inventory: Inventory) -> None:
        self._context = context
        self._inventory = inventory
        context.operations.on_finish("group.delete", self._finish_delete)

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        groups = "/subscriptions/{subscription}/resourcegroups"
        group = groups + "/{group}"
        listing = "Microsoft.Resources/subscriptions/resources/read"
        return [
            ArmRoute("GET", groups, self.list_all, f"{ACTION}/read", anywhere=True),
            ArmRoute("PUT", group, self.put, f"{ACTION}/write", needs_group=False),
            ArmRoute("GET", group, self.get, f"{ACTION}/read"),
            ArmRoute("HEAD", group, self.exists, f"{ACTION}/read"),
            ArmRoute("PATCH", group, self.patch, f"{ACTION}/write"),
            ArmRoute("DELETE", group, self.delete, f"{ACTION}/delete", needs_group=False),
            ArmRoute("GET", f"{group}/resources", self.resources, listing, anywhere=True),
            ArmRoute("GET", "/subscriptions/{subscription}/resources", self.resources, listing, anywhere=True),
            ArmRoute("POST", f"{group}/moveResources", self.refuse_move, f"{ACTION}/moveResources/action"),
            ArmRoute("POST", f"{group}/validateMoveResources", self.refuse_move, f"{ACTION}/moveResources/action"),
            # Anyone with the address can poll it: it only says "not yet" or "done".
            ArmRoute("GET", "/subscriptions/{subscription}/operationresults/{token}", self.deletion),
        ]

    def list_all(self, call: Call) -> Answer:
        """List the subscription's groups that the caller can read."""
        groups = self._context.store.list(KIND, f"/subscriptions/{call.target.subscription}/resourcegroups/")
        wanted, permits = resource_filter(call.request.parameter("$filter")), self._context.access.permits
        found = [public(g) for g in groups if wanted(g) and permits(call.caller, f"{ACTION}/read", g["id"])]
        return page(call, found)

    def put(self, call: Call) -> Answer:
        """Create a group, or replace its tags."""
        name, body = call.target.group, call.body()
        if not NAME.fullmatch(name):
            raise name_errors.invalid_group_name(name)
        location = _location(body)
        group_id = resource_key(call.target.subscription.lower(), name)
        existing = self._context.store.get(KIND, group_id)
        if existing:
            _check_replacement(existing, location)
        optional = {"managedBy": text(body, "managedBy")} if body.get("managedBy") is not None else {}
        tags = checked_tags(body)
        group = {
            "id": existing["id"] if existing else group_id,
            "name": existing["name"] if existing else name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": location,
            **optional,
            **({} if tags is None else {"tags": tags}),
            "properties": {"provisioningState": "Succeeded"},
        }
        self._context.store.put(KIND, group_id, group)
        return Answer(200 if existing else 201, group)

    def get(self, call: Call) -> Answer:
        """Show a group."""
        return Answer(200, public(self._group(call)))

    def exists(self, _call: Call) -> Answer:
        """Answer 204; the gateway has already sent 404 for a missing group."""
        return Answer(204)

    def patch(self, call: Call) -> Answer:
        """Replace the tags."""
        group, body = self._group(call), call.body()
        if "tags" in body:
            group["tags"] = checked_tags(body) or {}
        self._context.store.put(KIND, group["id"], group)
        return Answer(200, public(group))

    def delete(self, call: Call) -> Answer:
        """Start to delete the group; repeating that while it continues gives the same address to poll."""
        group = self._group(call)
        operation = self._context.operations.latest(group["id"])
        if not operation or group["properties"]["provisioningState"] != "Deleting":
            full = bool(self._inventory.below(group["id"]))
            seconds = DELETE_SECONDS + (DELETE_CONTENT_SECONDS if full else 0)
            operation = self._context.operations.begin("group.delete", group["id"], seconds)
            group["properties"]["provisioningState"] = "Deleting"
            self._context.store.put(KIND, group["id"], group)
        token = encode_token(
            {"jobId": f"RESOURCEGROUPDELETIONJOB-{operation['name']}", "jobLocation": group["location"]}
        )
        path = f"/subscriptions/{call.target.subscription.lower()}/operationresults/{token}"
        location = f"{call.request.base_url}{path}?api-version={call.api_version}"
        return Answer(
            202, None, {"Location": location, **self._context.operations.retry_after(RETRY_SECONDS, first=True)}
        )

    def deletion(self, call: Call) -> Answer:
        """Answer a poll of a group deletion: 202 while it continues, then 200 without a body."""
        job = str(decode_token(call.values["token"]).get("jobId", ""))
        operation = self._context.operations.get(job.partition("-")[2])
        if operation is None:
            raise errors.missing_subscription()
        if "error" in operation:
            raise errors.conflict(operation["error"]["message"])  # modelled: no recording shows a deletion that fails
        if operation["status"] != "Running":
            return Answer(200)
        location = f"{call.request.base_url}{call.request.path}?api-version={call.api_version}"
        return Answer(
            202, None, {"Location": location, **self._context.operations.retry_after(RETRY_SECONDS, first=True)}
        )

    def resources(self, call: Call) -> Answer:
        """List the resources of all types in a group or a subscription that the caller can read."""
        wanted = resource_filter(call.request.parameter("$filter"))
        permits, expand = self._context.access.permits, call.request.parameter("$expand")
        found = [
            _generic(resource, expand)
            for resource in self._inventory.below(call.target.scope)
            if "location" in resource
            and wanted(resource)
            and permits(call.caller, f"{resource['type']}/read", resource["id"])
        ]
        return page(call, found)

    def refuse_move(self, call: Call) -> Answer:
        """Refuse to move resources. Azure Digital Twins doesn't support it, and the sandbox does it for no type."""
        named = call.body().get("resources")
        if not isinstance(named, list) or not named:
            raise errors.invalid_request_content("Required property 'resources' not found in JSON. Path ''.")
        targets = [parse(str(resource_id)) for resource_id in named]
        raise errors.move_not_supported(sorted({f"{target.namespace}/{target.type}" for target in targets}))

    def _group(self, call: Call) -> Document:
        group = self._context.store.get(KIND, resource_key(call.target.subscription, call.target.group))
        if group is None:
            raise errors.group_not_found(call.target.group)
        return group

    def _finish_delete(self, operation: Document) -> None:
        group_id = operation["resource"]
        for resource in self._inventory.below(group_id):
            if self._inventory.get(resource["id"]):  # otherwise it was deleted with its parent
                self._inventory.forget(resource)
        for kind in (*SCOPED, DEPLOYMENT):
            self._context.store.delete_all(kind, f"{group_id}/")
        self._context.store.delete(KIND, group_id)


def _location(body: dict[str, Any]) -> str:
    location = body.get("location")
    if not isinstance(location, str) or not location.strip():
        raise errors.location_required()
    if normalize(location) not in all_locations():
        raise errors.location_not_available_for_group(location, all_locations())
    return normalize(location)


def _check_replacement(existing: Document, location: str) -> None:
    if existing["properties"]["provisioningState"] == "Deleting":
        raise errors.group_being_deleted(existing["name"])
    if existing["location"] != location:
        raise errors.group_in_other_location(location, existing["location"])


def _generic(resource: Document, expand: str) -> dict[str, Any]:
    """Render a resource as the generic list does: without its properties, with the times that `$expand` asks for."""
    names = ("id", "name", "type", "location", "kind", "sku", "identity", "tags")
    shown = {name: resource[name] for name in names if resource.get(name) is not None}
    if "identity" in shown:
        # The list spells the value with a blank after the comma (OpenAPI); providers don't.
        kinds = ", ".join(part.strip() for part in shown["identity"]["type"].split(","))
        shown["identity"] = {**shown["identity"], "type": kinds}
    times = resource.get("systemData", {})
    more = {
        "createdTime": times.get("createdAt"),
        "changedTime": times.get("lastModifiedAt"),
        "provisioningState": resource["properties"].get("provisioningState"),
    }
    asked = {name.strip().lower() for name in expand.split(",")}
    return shown | {name: value for name, value in more.items() if name.lower() in asked and value}
