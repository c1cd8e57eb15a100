"""Private link: what an instance offers to private endpoints, and the connections that they ask for.

Answers, states and the refusal to approve a rejected connection as recorded (azure-cli, May 2021). Modelled: how long a
change takes, what else is refused, and the text about the limit of 10 (which is documented).
"""

from __future__ import annotations

from typing import Any

from ...clouds import data_domain
from ...context import Context
from ...http import Answer
from ...store import Document
from ...world import derive_id
from .. import errors
from ..calls import ArmRoute, Call
from ..inventory import RESOURCE, Inventory
from .children import INSTANCE, Children
from .endpoint_validation import given_properties
from .instance_operations import TYPE, InstanceOperations

COLLECTION = "privateEndpointConnections"
GROUP_ID = "API"
MAXIMUM = 10
WRITE_SECONDS = 15
"""Measured at under 20 s."""
DELETE_SECONDS = 15
"""Modelled."""
_AFTER = {"Pending": ("Approved", "Rejected"), "Approved": ("Approved", "Rejected"), "Rejected": ("Rejected",)}
"""The states that a connection can change to."""


class PrivateLinks(Children):
    """Serves `privateLinkResources` and `privateEndpointConnections`, and lets private endpoints connect."""

    collection = COLLECTION
    outcome = "private-connection"
    groups = (GROUP_ID,)
    """What a private endpoint can ask for."""

    def __init__(self, context: Context, inventory: Inventory, operations: InstanceOperations) -> None:
        super().__init__(context, inventory, operations)
        inventory.on_forget(f"{TYPE}/{COLLECTION}", self._forget)

    def routes(self) -> list[ArmRoute]:
        """Return this part's rows of the provider's table."""
        offered = f"{TYPE}/privateLinkResources/read"
        return [
            ArmRoute("GET", f"{INSTANCE}/privateLinkResources", self.list_offered, offered),
            ArmRoute("GET", f"{INSTANCE}/privateLinkResources/{{name}}", self.get_offered, offered),
            *super().routes(),
        ]

    def list_offered(self, call: Call) -> Answer:
        """List the one thing that a private endpoint can connect to."""
        return Answer(200, {"value": [_offered(self.instance(call))]})

    def get_offered(self, call: Call) -> Answer:
        """Show that one thing."""
        if call.values["name"].upper() != GROUP_ID:
            name = f"{call.values['instance']}/privateLinkResources/{call.values['name']}"
            raise errors.resource_not_found(TYPE, name, call.target.group)
        return Answer(200, _offered(self.instance(call)))

    def put(self, call: Call) -> Answer:
        """Approve or reject a connection: 202, finished later. Only a private endpoint can make one."""
        connection = self.find(call)
        if connection is None:
            raise self.not_found(call)
        state = _wanted_state(call.body())
        before = connection["properties"]["privateLinkServiceConnectionState"]["status"]
        if connection["properties"]["provisioningState"] == "Deleting" or state["status"] not in _AFTER[before]:
            raise errors.bad_request(
                "Exception of type 'Microsoft.Azure.DigitalTwins.ScaleUnitRPManagement.Exceptions."
                "PrivateEndpointBadRequestException' was thrown."
            )
        connection["properties"] |= {"provisioningState": "Updating", "privateLinkServiceConnectionState": state}
        instance = self.instance(call)
        answer = self.begin(call, instance, connection, "Update", WRITE_SECONDS, status=202)
        self._mirror(instance["id"])
        return answer

    def delete(self, call: Call) -> Answer:
        """Start to delete: 202 without a body."""
        answer = self.begin_delete(call, DELETE_SECONDS, show=False)
        self._mirror(self.instance(call)["id"])
        return answer

    def connect(self, instance: Document, endpoint_id: str, state: dict[str, str]) -> str:
        """Make the connection of a private endpoint and return its id. Raises ArmError beyond the limit."""
        if len(self._inventory.children(instance["id"], COLLECTION)) >= MAXIMUM:
            raise errors.bad_request(
                f"The Digital Twins instance '{instance['name']}' has '{MAXIMUM}' private endpoint connections, which "
                "is the limit. Please visit http://aka.ms/dtv2limits for details."
            )
        connection = self.document(
            instance,
            derive_id("private-connection", instance["id"], endpoint_id),
            {
                "provisioningState": "Succeeded",
                "privateEndpoint": {"id": endpoint_id},
                "groupIds": [GROUP_ID],
                "privateLinkServiceConnectionState": {**state, "actionsRequired": "None"},
            },
        )
        self._inventory.put(connection)
        self._mirror(instance["id"])
        return str(connection["id"])

    def finish_write(self, operation: Document) -> Document | None:
        """Finish a change, and show it in the instance too."""
        failure = super().finish_write(operation)
        self._mirror("/".join(operation["resource"].split("/")[:9]))
        return failure

    def _forget(self, connection: Document) -> None:
        self._mirror("/".join(connection["id"].split("/")[:9]), without=connection["id"])

    def _mirror(self, instance_id: str, without: str = "") -> None:
        """Write the connections into the instance too, because its own answer lists them."""
        instance = self._context.store.get(RESOURCE, instance_id)
        if instance is None or instance["properties"]["provisioningState"] == "Deleting":
            return
        found = [c for c in self._inventory.children(instance_id, COLLECTION) if c["id"] != without]
        instance["properties"][COLLECTION] = found
        self._inventory.put(instance)


def _offered(instance: Document) -> dict[str, Any]:
    return {
        "id": f"{instance['id']}/privateLinkResources/{GROUP_ID}",
        "name": GROUP_ID,
        "type": f"{TYPE}/privateLinkResources",
        "properties": {
            "groupId": GROUP_ID,
            "requiredMembers": ["DigitalTwinsAPI"],
            "requiredZoneNames": [f"privatelink.{data_domain()}"],
        },
    }


def _wanted_state(body: dict[str, Any]) -> dict[str, str]:
    state = given_properties(body).get("privateLinkServiceConnectionState")
    if not isinstance(state, dict) or state.get("status") not in ("Pending", "Approved", "Rejected", "Disconnected"):
        raise errors.bad_request("The privateLinkServiceConnectionState must have a valid status.")
    return {
        "status": state["status"],
        "description": str(state.get("description") or ""),
        "actionsRequired": str(state.get("actionsRequired") or "None"),
    }
