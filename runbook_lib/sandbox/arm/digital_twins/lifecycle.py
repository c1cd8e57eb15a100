"""How an instance is created, changed and deleted: what each operation writes when it starts and when it ends."""

from __future__ import annotations

from ...clock import stamp
from ...context import Context
from ...http import Answer
from ...store import Document
from ..calls import Call, public
from ..inventory import Inventory
from ..system_data import created_by, modified_by
from .dependants import disable_dependants
from .identities import Identities
from .instance_operations import TYPE, InstanceOperations
from .validation import HOST_NAME, host_name

CONNECTIONS = "privateEndpointConnections"
"""Where an instance's own answer lists them: not while it's new, and not while it's being deleted."""

DATA_KINDS = ("model", "twin", "relationship", "event-route", "import-job", "deletion-job")
"""Kinds of documents that the data plane keeps under `{host name}/`. They're deleted with the instance."""

CREATE_SECONDS = 35
"""Measured in February 2023 (28 s in 2022)."""
UPDATE_SECONDS = 5
"""Modelled: never measured."""
DELETE_SECONDS = 36
"""Measured."""


class InstanceLifecycle:
    """Starts and finishes the operations on instances. Callers hold a transaction of the store."""

    def __init__(self, context: Context, inventory: Inventory, operations: InstanceOperations) -> None:
        self._context = context
        self._inventory = inventory
        self._instance_operations = operations
        self.identities = Identities(context)
        inventory.on_forget(TYPE, self._forget)
        context.operations.on_finish("instance.create", self._finish_write)
        context.operations.on_finish("instance.update", self._finish_write)
        context.operations.on_finish("instance.delete", self._finish_delete)

    def create(self, call: Call, instance: Document) -> Answer:
        """Start to create: reserve the host name, and answer 201. The instance doesn't show the name yet."""
        now = self._context.clock.now()
        instance["systemData"] = created_by(call.caller, now)
        times = {"createdTime": stamp(now), "lastUpdatedTime": stamp(now)}
        instance["properties"] |= {"provisioningState": "Provisioning", **times}
        name = host_name(instance["name"], instance["location"])
        self._context.store.put(HOST_NAME, name, {"id": instance["id"]})
        return self._begin(call, instance, "Create", CREATE_SECONDS, status=201)

    def update(self, call: Call, instance: Document, *, takes_time: bool, status: int) -> Answer:
        """Write a change: at once (200), or as an operation whose first answer has `status`.

        Modelled: if an operation on the instance failed, any write to it tries that again.
        """
        takes_time = takes_time or instance["properties"]["provisioningState"] in ("Failed", "Canceled")
        now = self._context.clock.now()
        instance["systemData"] |= modified_by(call.caller, now)
        instance["properties"]["lastUpdatedTime"] = stamp(now)
        disable_dependants(self._inventory, instance)
        if takes_time:
            instance["properties"]["provisioningState"] = "Updating"
            return self._begin(call, instance, "Update", UPDATE_SECONDS, status=status)
        self._inventory.put(instance)
        return Answer(200, public(instance))

    def delete(self, call: Call, instance: Document) -> Answer:
        """Start to delete: 202 with the instance in state Deleting, and the same answer while that continues."""
        operation = self._context.operations.latest(instance["id"])
        if operation and instance["properties"]["provisioningState"] == "Deleting":
            return self._instance_operations.accepted(call, instance, operation, status=202)
        instance["properties"]["provisioningState"] = "Deleting"
        instance["properties"].pop(CONNECTIONS, None)  # recorded: a deletion's answer doesn't list them
        return self._begin(call, instance, "Delete", DELETE_SECONDS, status=202)

    def _begin(self, call: Call, instance: Document, kind: str, seconds: float, *, status: int) -> Answer:
        return self._instance_operations.begin(
            call, instance, f"instance.{kind.lower()}", kind, seconds, location=instance["location"], status=status
        )

    def _forget(self, instance: Document) -> None:
        """Remove an instance's host name, data and principal; the principal's roles elsewhere stay behind."""
        name = host_name(instance["name"], instance["location"])
        for kind in DATA_KINDS:
            self._context.store.delete_all(kind, f"{name}/")
        self.identities.remove(instance)
        self._context.store.delete(HOST_NAME, name)

    def _finish_write(self, operation: Document) -> None:
        instance = self._inventory.get(operation["resource"])
        if instance is None:
            return
        name = host_name(instance["name"], instance["location"])
        instance["properties"] |= {"provisioningState": "Succeeded", "hostName": name}
        instance["properties"]["lastUpdatedTime"] = operation["endTime"]
        instance["properties"].setdefault(CONNECTIONS, [])  # recorded: a finished instance lists even none
        self._inventory.put(instance)

    def _finish_delete(self, operation: Document) -> None:
        instance = self._inventory.get(operation["resource"])
        if instance is not None:
            self._inventory.forget(instance)
