"""Microsoft.DigitalTwins: instances of Azure Digital Twins in the control plane.

Shapes, states and headers as recorded (behaviour notes, section 1). What a PUT keeps if the body leaves it out is
modelled: the body's tags replace the old ones, while identity and network access stay.
"""

from __future__ import annotations

from typing import Any

from ...context import Context
from ...http import Answer
from ...regions import normalize
from ...store import Document, Store
from .. import errors
from ..calls import ArmRoute, Call, public
from ..inventory import RESOURCE, Inventory
from ..paths import resource_key
from ..tags import checked_tags
from .data_history import DataHistory
from .endpoints import Endpoints
from .identities import links
from .instance_operations import REGIONAL, TYPE, InstanceOperations
from .lifecycle import InstanceLifecycle
from .operation_names import OPERATIONS
from .private_links import PrivateLinks
from .validation import (
    HOST_NAME,
    check_idle,
    check_name,
    check_quota,
    is_taken,
    name_problem,
    public_network_access,
    taken_message,
)


class DigitalTwins:
    """Serves instances and all their parts, the name check, and the addresses where a client waits."""

    def __init__(self, context: Context, inventory: Inventory) -> None:
        self._context = context
        self._inventory = inventory
        operations = InstanceOperations(context.access, context.operations, inventory)
        self._lifecycle = InstanceLifecycle(context, inventory, operations)
        self.private_links = PrivateLinks(context, inventory, operations)
        endpoints, history = Endpoints(context, inventory, operations), DataHistory(context, inventory, operations)
        self._parts = (operations, endpoints, history, self.private_links)

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes, with the actions of Microsoft's permission list."""
        subscription = "/subscriptions/{subscription}"
        group = subscription + "/resourceGroups/{group}"
        one = f"{group}/providers/{TYPE}/{{name}}"
        region = subscription + "/providers/Microsoft.DigitalTwins/locations/{location}"
        return [
            ArmRoute("GET", "/providers/Microsoft.DigitalTwins/operations", self.operations),
            ArmRoute("GET", f"{subscription}/providers/{TYPE}", self.list_all, f"{TYPE}/read", anywhere=True),
            ArmRoute("GET", f"{group}/providers/{TYPE}", self.list_all, f"{TYPE}/read", anywhere=True),
            ArmRoute("GET", one, self.get, f"{TYPE}/read"),
            ArmRoute("PUT", one, self.put, f"{TYPE}/write", links=links),
            ArmRoute("PATCH", one, self.patch, f"{TYPE}/write", links=links),
            ArmRoute("DELETE", one, self.delete, f"{TYPE}/delete"),
            ArmRoute(
                "POST", f"{region}/checkNameAvailability", self.check_name, f"{REGIONAL}/checkNameAvailability/action"
            ),
            *(route for part in self._parts for route in part.routes()),
        ]

    def operations(self, _call: Call) -> Answer:
        """List the names of the provider's permissions."""
        return Answer(200, {"value": OPERATIONS, "nextLink": None})

    def list_all(self, call: Call) -> Answer:
        """List the instances of a subscription or group that the caller can read."""
        permits = self._context.access.permits
        found = [i for i in self._instances(call) if permits(call.caller, f"{TYPE}/read", i["id"])]
        return Answer(200, {"value": [public(instance) for instance in found]})

    def get(self, call: Call) -> Answer:
        """Show an instance."""
        return Answer(200, public(self._instance(call)))

    def put(self, call: Call) -> Answer:
        """Create an instance (201, finished later), or replace the properties of an existing one (200)."""
        name, body = call.values["name"], call.body()
        location = normalize(body["location"])
        access, tags = public_network_access(body), checked_tags(body)
        instance = self._inventory.get(call.target.scope)
        if instance is None:
            check_name(name)
            self._check_room(call, name, location)
            instance = self._new(call, name, location)
            instance["properties"]["publicNetworkAccess"] = access or "Enabled"
            instance["tags"] = tags
            self._lifecycle.identities.apply(instance, body.get("identity"))
            return self._lifecycle.create(call, instance)
        if instance["location"] != location:
            raise errors.resource_in_other_location(instance["name"], call.target.group, instance["location"], location)
        check_idle(instance)
        instance["tags"] = tags
        return self._change(call, instance, body, access, status=200)

    def patch(self, call: Call) -> Answer:
        """Change tags (200 at once), identity or network access (202, finished later)."""
        instance, body = self._instance(call), call.body()
        access, tags = public_network_access(body), checked_tags(body)
        check_idle(instance)
        if tags is not None:
            instance["tags"] = tags
        return self._change(call, instance, body, access, status=202)

    def delete(self, call: Call) -> Answer:
        """Start to delete (202), or repeat that answer while it continues; 204 if there's nothing to delete."""
        instance = self._inventory.get(call.target.scope)
        if instance is None:
            return Answer(204)
        if instance["properties"]["provisioningState"] != "Deleting":
            check_idle(instance)
        return self._lifecycle.delete(call, instance)

    def check_name(self, call: Call) -> Answer:
        """Tell whether a name is free in a region."""
        body, location = call.body(), normalize(call.target.location)
        name, kind = str(body.get("name") or ""), body.get("type")
        if str(kind).lower() != TYPE.lower():
            raise errors.bad_request(f"The type '{kind}' is invalid. Expected '{TYPE}'.")  # modelled
        answer: dict[str, Any] = {"nameAvailable": False}
        if problem := name_problem(name):
            answer |= {"reason": "Invalid", "message": problem}
        elif is_taken(self._context.store, name, location):
            answer |= {"reason": "AlreadyExists", "message": taken_message(name, location)}
        else:
            answer = {"nameAvailable": True, "message": f"'{name}' is available."}
        return Answer(200, answer)

    def _change(
        self, call: Call, instance: Document, body: dict[str, Any], access: str | None, *, status: int
    ) -> Answer:
        properties = instance["properties"]
        takes_time = access is not None and access != properties["publicNetworkAccess"]
        if access is not None:
            properties["publicNetworkAccess"] = access
        if body.get("identity") is not None:
            merge = call.request.method == "PATCH"
            takes_time |= self._lifecycle.identities.apply(instance, body["identity"], merge=merge)
        return self._lifecycle.update(call, instance, takes_time=takes_time, status=status)

    def _check_room(self, call: Call, name: str, location: str) -> None:
        if is_taken(self._context.store, name, location):
            raise errors.conflict(taken_message(name, location))  # modelled: only the name check's answer is recorded
        subscription = call.target.subscription.lower()
        check_quota(subscription, self._inventory.below(f"/subscriptions/{subscription}", TYPE), location)

    def _new(self, call: Call, name: str, location: str) -> Document:
        group = self._context.store.get("resource-group", resource_key(call.target.subscription, call.target.group))
        assert group is not None, "the gateway has looked"
        return {
            "id": f"{group['id']}/providers/{TYPE}/{name}",
            "name": name,
            "type": TYPE,
            "location": location,
            "tags": None,
            "identity": None,
            "systemData": {},
            "properties": {
                "provisioningState": "",
                "createdTime": "",
                "lastUpdatedTime": "",
                "hostName": None,
                "publicNetworkAccess": "Enabled",
            },
        }

    def _instances(self, call: Call) -> list[Document]:
        return self._inventory.below(call.target.scope, TYPE)

    def _instance(self, call: Call) -> Document:
        instance = self._inventory.get(call.target.scope)
        if instance is None:
            raise errors.resource_not_found(TYPE, call.values["name"], call.target.group)
        return instance


def instance_at(store: Store, host: str) -> Document | None:
    """Return the instance that answers under a host name, for the data plane; None if there isn't one."""
    found = store.get(HOST_NAME, host)
    instance = store.get(RESOURCE, found["id"]) if found else None
    return instance if instance and instance["properties"]["hostName"] else None
