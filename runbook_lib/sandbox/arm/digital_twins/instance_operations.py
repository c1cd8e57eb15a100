"""The provider's asynchronous operations: how they start, and the addresses where a client waits for their end.

Headers, bodies and their order as recorded (behaviour notes, section 1.4; endpoints and data history connections in
the recordings of azure-sdk-for-net 2023 and azure-powershell 2022 and 2025).
"""

from __future__ import annotations

from ...http import Answer
from ...rbac import Access
from ...store import Document
from .. import errors
from ..calls import ArmRoute, Call, public
from ..inventory import Inventory
from ..operations import Operations, decode_token, encode_token
from ..paths import parse, resource_key

NAMESPACE = "Microsoft.DigitalTwins"
TYPE = f"{NAMESPACE}/digitalTwinsInstances"
REGIONAL = f"{NAMESPACE}/locations"
RETRY_SECONDS = 10
KINDS = {
    "": "DigitalTwinsInstance",
    "endpoints": "Endpoint",
    "privateEndpointConnections": "PrivateEndpointConnection",
    "timeSeriesDatabaseConnections": "TimeSeriesDatabaseConnection",
}
"""What the tokens in result addresses call an instance and its collections."""
_COLLECTIONS = {kind: collection for collection, kind in KINDS.items()}


class InstanceOperations:
    """Starts operations on an instance or on a part of one. Callers hold a transaction of the store."""

    def __init__(self, access: Access, operations: Operations, inventory: Inventory) -> None:
        self._access = access
        self._operations = operations
        self._inventory = inventory

    def routes(self) -> list[ArmRoute]:
        """Return the addresses where clients wait."""
        region = f"/subscriptions/{{subscription}}/providers/{REGIONAL}/{{location}}"
        connection = "/subscriptions/{subscription}/resourceGroups/{group}/providers"
        connection += f"/{TYPE}/{{instance}}/privateEndpointConnections/{{connection}}"
        return [
            ArmRoute("GET", region + "/operationsStatuses/{name}", self.status),
            ArmRoute("GET", region + "/operationResults/{token}", self.result),
            ArmRoute("GET", connection + "/operationResults/{name}", self.status),
        ]

    def begin(
        self, call: Call, resource: Document, outcome: str, kind: str, seconds: float, *, location: str, status: int
    ) -> Answer:
        """Write the resource, start work on it that takes `seconds`, and answer with `status` and the address to poll.

        `kind` is Create, Update or Delete; `outcome` names the function that will apply the end.
        """
        self._inventory.put(resource)
        facts = {"subscription": parse(resource["id"]).subscription, "location": location, "kind": kind}
        operation = self._operations.begin(outcome, resource["id"], seconds, **facts)
        return self.accepted(call, resource, operation, status=status)

    def accepted(self, call: Call, resource: Document, operation: Document, *, status: int) -> Answer:
        """Answer that an operation is still running."""
        return Answer(status, public(resource), self.waiting(call, operation))

    def waiting(self, call: Call, operation: Document) -> dict[str, str]:
        """Return the headers that say where to wait and how long."""
        return self._addresses(call, operation) | self._patience()

    def status(self, call: Call) -> Answer:
        """Answer a poll of the `Azure-AsyncOperation` address."""
        operation = self._operations.get(call.values["name"])
        if operation is None or operation.get("subscription", "").lower() != call.target.subscription.lower():
            raise _unknown_operation(call)
        self._check_may_follow(call, operation["resource"], "operationsStatuses")
        return self._operations.status(operation)

    def result(self, call: Call) -> Answer:
        """Answer a poll of the `Location` address: 201 or 202 during the work, then 200, or 204 after a deletion."""
        resource_id = _named_by(call)
        operation = self._operations.latest(resource_id)
        if operation is None:
            raise _unknown_operation(call)
        self._check_may_follow(call, resource_id, "operationResults")
        resource = self._inventory.get(resource_id)
        if resource is None:
            return Answer(204)
        if operation["status"] != "Running":
            return Answer(200, public(resource))
        # Recorded for a creation: 201 with Retry-After on every poll. 202 for the others is modelled.
        status = 201 if operation["kind"] == "Create" else 202
        return Answer(status, public(resource), self._patience())

    def _patience(self) -> dict[str, str]:
        return self._operations.retry_after(RETRY_SECONDS, first=True)

    def _check_may_follow(self, call: Call, resource_id: str, part: str) -> None:
        """Admit all who can read the resource: people with rights on one group only can wait for their work too."""
        action = f"{REGIONAL}/{part}/read"
        if not self._access.permits(call.caller, action, resource_id):
            raise errors.authorization_failed(call.caller.label, call.caller.object_id, action, call.target.scope)

    @staticmethod
    def _addresses(call: Call, operation: Document) -> dict[str, str]:
        target = parse(operation["resource"])
        names = operation["resource"].split("/")[8:]
        collection = names[1] if len(names) > 1 else ""
        facts = {
            "operationKind": "Delete" if operation["kind"] == "Delete" else "Create",
            "resourceKind": KINDS[collection],
            "resourceGroupName": target.group,
            "resourceName": names[0],
            **({"nestedResourceName": names[2]} if collection else {}),
        }
        query = f"?api-version={call.api_version}"
        region = f"/subscriptions/{operation['subscription']}/providers/{REGIONAL}/{operation['location']}"
        watched = f"{region}/operationsStatuses/{operation['name']}"
        if collection == "privateEndpointConnections":  # recorded: these have their own address
            watched = f"{operation['resource']}/operationResults/{operation['name']}"
        return {
            "Azure-AsyncOperation": f"{call.request.base_url}{watched}{query}",
            "Location": f"{call.request.base_url}{region}/operationResults/{encode_token(facts)}{query}",
        }


def _named_by(call: Call) -> str:
    """Return the id of the resource that the token in a result address names."""
    facts = decode_token(call.values["token"])
    group_id = resource_key(call.target.subscription.lower(), facts.get("resourceGroupName", ""))
    resource_id = f"{group_id}/providers/{TYPE}/{facts.get('resourceName', '')}"
    if collection := _COLLECTIONS.get(facts.get("resourceKind", "")):
        return f"{resource_id}/{collection}/{facts.get('nestedResourceName', '')}"
    return resource_id


def _unknown_operation(call: Call) -> errors.ArmError:
    """No such operation. Modelled: the provider's answer isn't recorded."""
    return errors.ArmError(404, "NotFound", f"The operation '{parse(call.request.path).type}' was not found.")
