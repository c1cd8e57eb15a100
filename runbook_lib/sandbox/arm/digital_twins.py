"""Microsoft.DigitalTwins: instances of Azure Digital Twins in the control plane.

Shapes, states and headers as recorded (behaviour notes, section 1). What a PUT keeps when the body does not say it
is modelled: tags are replaced by what the body has, identity and network access stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..http import Answer
from ..regions import normalize
from ..store import Document
from . import errors
from .calls import ArmRoute, Call, public
from .headers import provider_headers
from .instance_lifecycle import RESOURCE, InstanceLifecycle
from .instance_rules import (
    HOST_NAME,
    check_name,
    check_quota,
    is_taken,
    name_problem,
    public_network_access,
    taken_message,
)
from .operations import decode_token
from .paths import parse, resource_key
from .provider_operations import OPERATIONS
from .tags import checked_tags

if TYPE_CHECKING:
    from ..cloud import Cloud

TYPE = "Microsoft.DigitalTwins/digitalTwinsInstances"
REGIONAL = "Microsoft.DigitalTwins/locations"


class DigitalTwins:
    """Serves instances, the name check and the addresses at which a client waits."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.lifecycle = InstanceLifecycle(cloud)

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
            ArmRoute("PUT", one, self.put, f"{TYPE}/write"),
            ArmRoute("PATCH", one, self.patch, f"{TYPE}/write"),
            ArmRoute("DELETE", one, self.delete, f"{TYPE}/delete"),
            ArmRoute(
                "POST", f"{region}/checkNameAvailability", self.check_name, f"{REGIONAL}/checkNameAvailability/action"
            ),
            ArmRoute("GET", region + "/operationsStatuses/{name}", self.status),
            ArmRoute("GET", region + "/operationResults/{token}", self.result),
        ]

    def operations(self, _call: Call) -> Answer:
        """List what the provider's permissions are called."""
        return Answer(200, {"value": OPERATIONS, "nextLink": None}, provider_headers())

    def list_all(self, call: Call) -> Answer:
        """List the instances of a subscription or group, as far as the caller may read them."""
        permits = self._cloud.access.permits
        found = [i for i in self._instances(call) if permits(call.caller, f"{TYPE}/read", i["id"])]
        return Answer(200, {"value": [public(instance) for instance in found]}, provider_headers())

    def get(self, call: Call) -> Answer:
        """Show an instance."""
        return Answer(200, public(self._instance(call)), provider_headers())

    def put(self, call: Call) -> Answer:
        """Create an instance (201, finished later), or replace what an existing one says of itself (200)."""
        name, body = call.values["name"], call.body()
        location = normalize(body["location"])
        access, tags = public_network_access(body), checked_tags(body)
        instance = self._cloud.store.get(RESOURCE, call.target.scope)
        if instance is None:
            check_name(name)
            self._check_room(call, name, location)
            instance = self._new(call, name, location)
            instance["properties"]["publicNetworkAccess"] = access or "Enabled"
            instance["tags"] = tags
            self.lifecycle.identities.apply(instance, body.get("identity"), call.caller)
            return self.lifecycle.create(call, instance)
        if instance["location"] != location:
            raise errors.resource_in_other_location(instance["name"], call.target.group, instance["location"], location)
        _check_idle(instance)
        instance["tags"] = tags
        return self._change(call, instance, body, access, status=200)

    def patch(self, call: Call) -> Answer:
        """Change tags (200 at once), identity or network access (202, finished later)."""
        instance, body = self._instance(call), call.body()
        access, tags = public_network_access(body), checked_tags(body)
        _check_idle(instance)
        if tags is not None:
            instance["tags"] = tags
        return self._change(call, instance, body, access, status=202)

    def delete(self, call: Call) -> Answer:
        """Begin to delete (202), or say so again while that goes on; 204 when there is nothing to delete."""
        instance = self._cloud.store.get(RESOURCE, call.target.scope)
        if instance is None:
            return Answer(204, None, provider_headers())
        if instance["properties"]["provisioningState"] != "Deleting":
            _check_idle(instance)
        return self.lifecycle.delete(call, instance)

    def check_name(self, call: Call) -> Answer:
        """Tell whether a name is free in a region."""
        body, location = call.body(), normalize(call.target.location)
        name, kind = str(body.get("name") or ""), body.get("type")
        if str(kind).lower() != TYPE.lower():
            raise errors.bad_request(f"The type '{kind}' is invalid. Expected '{TYPE}'.")  # modelled
        answer: dict[str, Any] = {"nameAvailable": False}
        if problem := name_problem(name):
            answer |= {"reason": "Invalid", "message": problem}
        elif is_taken(self._cloud, name, location):
            answer |= {"reason": "AlreadyExists", "message": taken_message(name, location)}
        else:
            answer = {"nameAvailable": True, "message": f"'{name}' is available."}
        return Answer(200, answer, provider_headers())

    def status(self, call: Call) -> Answer:
        """Answer a poll of the `Azure-AsyncOperation` address."""
        operation = self._cloud.operations.get(call.values["name"])
        if operation is None or operation.get("subscription") != call.target.subscription.lower():
            raise self._unknown_operation(call)
        self._check_may_follow(call, operation["resource"], "operationsStatuses")
        answer = self._cloud.operations.status(operation)
        answer.headers |= provider_headers()
        return answer

    def result(self, call: Call) -> Answer:
        """Answer a poll of the `Location` address: 201 or 202 while the work goes on, then 200, or 204 when gone."""
        facts = decode_token(call.values["token"])
        group_id = resource_key(call.target.subscription.lower(), facts.get("resourceGroupName", ""))
        resource_id = f"{group_id}/providers/{TYPE}/{facts.get('resourceName', '')}"
        operation = self._cloud.operations.latest(resource_id)
        if operation is None:
            raise self._unknown_operation(call)
        self._check_may_follow(call, resource_id, "operationResults")
        instance = self._cloud.store.get(RESOURCE, resource_id)
        if instance is None:
            return Answer(204, None, provider_headers())
        if operation["status"] != "Running":
            return Answer(200, public(instance), provider_headers())
        # Recorded for a creation: 201 with Retry-After on every poll. 202 for the others is modelled.
        status = 201 if operation["kind"] == "Create" else 202
        return Answer(status, public(instance), provider_headers() | self.lifecycle.patience(first=True))

    def _change(
        self, call: Call, instance: Document, body: dict[str, Any], access: str | None, *, status: int
    ) -> Answer:
        properties = instance["properties"]
        takes_time = access is not None and access != properties["publicNetworkAccess"]
        if access is not None:
            properties["publicNetworkAccess"] = access
        if body.get("identity") is not None:
            takes_time |= self.lifecycle.identities.apply(instance, body["identity"], call.caller)
        return self.lifecycle.update(call, instance, takes_time=takes_time, status=status)

    def _check_room(self, call: Call, name: str, location: str) -> None:
        if is_taken(self._cloud, name, location):
            raise errors.conflict(taken_message(name, location))  # modelled: only the name check's answer is recorded
        subscription = call.target.subscription.lower()
        held = [i for i in self._cloud.store.list(RESOURCE, f"/subscriptions/{subscription}/") if i["type"] == TYPE]
        check_quota(self._cloud, subscription, held, location)

    def _new(self, call: Call, name: str, location: str) -> Document:
        group = self._cloud.store.get("resource-group", resource_key(call.target.subscription, call.target.group))
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
                "provisioningState": "", "createdTime": "", "lastUpdatedTime": "", "hostName": None,
                "publicNetworkAccess": "Enabled",
            },
        }  # fmt: skip

    def _instances(self, call: Call) -> list[Document]:
        if call.target.group:
            return self._cloud.store.list(RESOURCE, f"{call.target.scope}/providers/{TYPE}/")
        found = self._cloud.store.list(RESOURCE, f"{call.target.scope}/resourceGroups/")
        return [resource for resource in found if resource["type"] == TYPE]

    def _instance(self, call: Call) -> Document:
        instance = self._cloud.store.get(RESOURCE, call.target.scope)
        if instance is None:
            raise errors.resource_not_found(TYPE, call.values["name"], call.target.group)
        return instance

    def _check_may_follow(self, call: Call, resource_id: str, part: str) -> None:
        """Let those look who may read at the resource: who has rights on one group only can wait for their work too."""
        action = f"{REGIONAL}/{part}/read"
        if not self._cloud.access.permits(call.caller, action, resource_id):
            raise errors.authorization_failed(call.caller.label, call.caller.object_id, action, call.target.scope)

    @staticmethod
    def _unknown_operation(call: Call) -> errors.ArmError:
        """No such operation. Modelled: the provider's answer is not recorded."""
        return errors.ArmError(404, "NotFound", f"The operation '{parse(call.request.path).type}' was not found.")


def instance_at(cloud: Cloud, host: str) -> Document | None:
    """Return the instance that answers under a host name, for the data plane; None while there is none."""
    found = cloud.store.get(HOST_NAME, host)
    instance = cloud.store.get(RESOURCE, found["id"]) if found else None
    return instance if instance and instance["properties"]["hostName"] else None


def _check_idle(instance: Document) -> None:
    if instance["properties"]["provisioningState"] in ("Provisioning", "Updating", "Deleting"):
        raise errors.operation_in_progress(instance["id"])
