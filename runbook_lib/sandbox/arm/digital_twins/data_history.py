"""Data history connections (`timeSeriesDatabaseConnections`): from an instance through an event hub to Data Explorer.

Shape, deletion and the outcome `Failed` of a connection without the roles it needs as recorded (azure-powershell,
November 2022); its text as quoted in azure-docs issue 111198. Modelled: how long creating takes, that event hub and
database must exist, and that the database administrator's role inside Data Explorer is always there.
"""

from __future__ import annotations

from typing import Any

from ...http import Answer
from ...store import Document
from ...tokens import Caller
from ...world import TENANT_ID
from .. import errors
from ..calls import Call
from ..system_data import created_by, modified_by
from .children import Children
from .dependants import principal_of
from .endpoint_validation import check_child_name, given_properties, identity_reference, require

COLLECTION = "timeSeriesDatabaseConnections"
WRITE_SECONDS = 20
"""Modelled."""
DELETE_SECONDS = 2.2
"""Measured in November 2022."""
_REQUIRED = (
    "adxResourceId",
    "adxEndpointUri",
    "adxDatabaseName",
    "eventHubEndpointUri",
    "eventHubEntityPath",
    "eventHubNamespaceResourceId",
)
_DEFAULTS = {"adxTableName": "AdtPropertyEvents", "eventHubConsumerGroup": "$Default"}
_OPTIONAL = ("adxTwinLifecycleEventsTableName", "adxRelationshipLifecycleEventsTableName")
REMOVALS = "recordPropertyAndItemRemovals"
"""A word in requests, according to the OpenAPI file, but recorded as a JSON boolean in answers, also if not given."""
HUB_ACTION = "Microsoft.EventHub/namespaces/messages/receive/action"
"""A data action of Azure Event Hubs Data Owner that Data Sender lacks: the documented minimum while creating."""
DATABASE_ACTION = "Microsoft.Kusto/clusters/databases/dataConnections/write"
"""What Contributor on the database gives."""


class DataHistory(Children):
    """Serves the data history connections of instances."""

    collection = COLLECTION
    outcome = "data-history"

    def put(self, call: Call) -> Answer:
        """Start to connect (201), or to change a connection (200)."""
        instance = self.idle_instance(call)
        properties = _properties(call.body(), instance)
        existing, now = self.find(call), self._context.clock.now()
        if existing:
            self.check_child_idle(existing)
            existing["properties"] = {**properties, "provisioningState": "Updating"}
            existing["systemData"] |= modified_by(call.caller, now)
            return self.begin(call, instance, existing, "Update", WRITE_SECONDS, status=200)
        check_child_name(call.values["name"], "time series database connection")
        self._check_only(instance)
        properties["provisioningState"] = "Provisioning"
        connection = self.document(instance, call.values["name"], properties)
        connection["systemData"] = created_by(call.caller, now)
        return self.begin(call, instance, connection, "Create", WRITE_SECONDS, status=201)

    def delete(self, call: Call) -> Answer:
        """Start to delete (202). Data Explorer's tables aren't simulated, so there's nothing to clean up."""
        cleanup = call.request.parameter("cleanupConnectionArtifacts", "false").lower()
        if cleanup not in ("true", "false"):
            raise errors.bad_request(
                f"The value '{cleanup}' of cleanupConnectionArtifacts is not one of 'true', 'false'."
            )
        return self.begin_delete(call, DELETE_SECONDS)

    def _check_only(self, instance: Document) -> None:
        """Refuse a second connection. The limit is documented, the text is modelled."""
        others = self._inventory.children(instance["id"], COLLECTION)
        if others:
            raise errors.bad_request(
                f"The Digital Twins instance '{instance['name']}' has the time series database connection "
                f"'{others[0]['name']}' already. Only one is supported."
            )

    def finish_write(self, operation: Document) -> Document | None:
        """Finish creating or changing: as Failed if the instance can't use the event hub and the database."""
        connection = self._inventory.get(operation["resource"])
        instance = self._inventory.get("/".join(operation["resource"].split("/")[:9]))
        if connection is None or instance is None:
            return None
        works = self._can_connect(instance, connection["properties"])
        self.set_state(operation["resource"], "Succeeded" if works else "Failed")
        if works:
            return None
        message = "The resource could not ACT due to an internal server error."
        return {"status": "Failed", "error": {"code": "InternalServerError", "message": message}}

    def _can_connect(self, instance: Document, properties: dict[str, Any]) -> bool:
        principal_id = principal_of(instance, properties.get("identity"))
        hub = f"{properties['eventHubNamespaceResourceId']}/eventhubs/{properties['eventHubEntityPath']}"
        database = f"{properties['adxResourceId']}/databases/{properties['adxDatabaseName']}"
        if principal_id is None or not (self._inventory.get(hub) and self._inventory.get(database)):
            return False
        who, permits = Caller(principal_id, TENANT_ID, "servicePrincipal", ""), self._context.access.permits
        return permits(who, HUB_ACTION, hub, data=True) and permits(who, DATABASE_ACTION, database)


def _properties(body: dict[str, Any], instance: Document) -> dict[str, Any]:
    given = given_properties(body)
    if given.get("connectionType") != "AzureDataExplorer":
        raise errors.bad_request(
            f"The value '{given.get('connectionType')}' of connectionType is not 'AzureDataExplorer'."
        )
    require(given, _REQUIRED)
    if not given["eventHubEndpointUri"].startswith("sb://"):
        raise errors.bad_request("The eventHubEndpointUri must include the protocol 'sb://'.")
    removals = str(given.get(REMOVALS) or "false").lower()
    if removals not in ("true", "false"):
        raise errors.bad_request(f"The value of {REMOVALS} is not one of 'true', 'false'.")
    shown = {"connectionType": given["connectionType"], **{name: given[name] for name in _REQUIRED}}
    shown |= {name: given.get(name) or default for name, default in _DEFAULTS.items()}
    shown |= {name: given[name] for name in _OPTIONAL if given.get(name)}
    return shown | {REMOVALS: removals == "true"} | identity_reference(given, instance)
