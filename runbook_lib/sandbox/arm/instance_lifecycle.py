"""How an instance comes to life, changes and goes: what each operation writes when it begins and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import stamp
from ..http import Answer
from ..rbac import ASSIGNMENT
from ..store import Document
from ..tokens import Caller
from .calls import Call, public
from .headers import provider_headers
from .identities import Identities
from .instance_rules import HOST_NAME, host_name
from .operations import encode_token
from .paths import parse

if TYPE_CHECKING:
    from ..cloud import Cloud

RESOURCE = "resource"
DATA_KINDS = ("model",)
"""Kinds of documents that the data plane keeps under `{host name}/`: they go with the instance."""

CREATE_SECONDS = 35
"""Measured in February 2023 (28 s in 2022)."""
UPDATE_SECONDS = 5
"""Modelled: never measured."""
DELETE_SECONDS = 36
"""Measured."""
RETRY_SECONDS = 10


class InstanceLifecycle:
    """Begins and ends the operations on instances. Callers hold a transaction of the store."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.identities = Identities(cloud)
        cloud.operations.on_finish("instance.create", self._finish_write)
        cloud.operations.on_finish("instance.update", self._finish_write)
        cloud.operations.on_finish("instance.delete", self._finish_delete)

    def create(self, call: Call, instance: Document) -> Answer:
        """Begin to create: reserve the host name, answer 201 while the instance has none yet."""
        now = stamp(self._cloud.clock.now())
        instance["systemData"] = _created_by(call.caller, now)
        instance["properties"] |= {"provisioningState": "Provisioning", "createdTime": now, "lastUpdatedTime": now}
        name = host_name(instance["name"], instance["location"])
        self._cloud.store.put(HOST_NAME, name, {"id": instance["id"]})
        return self._begin(call, instance, "Create", CREATE_SECONDS, status=201)

    def update(self, call: Call, instance: Document, *, takes_time: bool, status: int) -> Answer:
        """Write a change: at once (200), or as an operation whose first answer has `status`."""
        now = stamp(self._cloud.clock.now())
        instance["systemData"] |= _modified_by(call.caller, now)
        instance["properties"]["lastUpdatedTime"] = now
        if takes_time:
            instance["properties"]["provisioningState"] = "Updating"
            return self._begin(call, instance, "Update", UPDATE_SECONDS, status=status)
        self._cloud.store.put(RESOURCE, instance["id"], instance)
        return Answer(200, public(instance), provider_headers())

    def delete(self, call: Call, instance: Document) -> Answer:
        """Begin to delete: 202 with the instance in state Deleting; once begun, the same answer again."""
        operation = self._cloud.operations.latest(instance["id"])
        if operation and instance["properties"]["provisioningState"] == "Deleting":
            return self._accepted(call, instance, operation, status=202)
        instance["properties"]["provisioningState"] = "Deleting"
        return self._begin(call, instance, "Delete", DELETE_SECONDS, status=202)

    def forget(self, instance: Document) -> None:
        """Remove an instance with its host name, data, principal and the roles given at its scope."""
        store = self._cloud.store
        name = host_name(instance["name"], instance["location"])
        for kind in DATA_KINDS:
            store.delete_all(kind, f"{name}/")
        store.delete_all(ASSIGNMENT, f"{instance['id']}/")
        self.identities.remove(instance)
        store.delete(HOST_NAME, name)
        store.delete(RESOURCE, instance["id"])

    def _begin(self, call: Call, instance: Document, kind: str, seconds: float, *, status: int) -> Answer:
        self._cloud.store.put(RESOURCE, instance["id"], instance)
        target = parse(instance["id"])
        facts = {"subscription": target.subscription, "location": instance["location"], "kind": kind}
        operation = self._cloud.operations.begin(f"instance.{kind.lower()}", instance["id"], seconds, **facts)
        return self._accepted(call, instance, operation, status=status)

    def _accepted(self, call: Call, instance: Document, operation: Document, *, status: int) -> Answer:
        headers = provider_headers() | self._addresses(call, operation) | self.patience(first=True)
        return Answer(status, public(instance), headers)

    def patience(self, *, first: bool) -> dict[str, str]:
        """Return the `Retry-After` header of an answer about an instance that is not ready."""
        return self._cloud.operations.patience(RETRY_SECONDS, first=first)

    @staticmethod
    def _addresses(call: Call, operation: Document) -> dict[str, str]:
        target = parse(operation["resource"])
        base = (
            f"{call.request.base_url}/subscriptions/{operation['subscription']}/providers/Microsoft.DigitalTwins"
            f"/locations/{operation['location']}"
        )
        token = encode_token(
            {
                "operationKind": operation["kind"],
                "resourceKind": "DigitalTwinsInstance",
                "resourceGroupName": target.group,
                "resourceName": operation["resource"].rpartition("/")[2],
            }
        )
        query = f"?api-version={call.api_version}"
        return {
            "Azure-AsyncOperation": f"{base}/operationsStatuses/{operation['name']}{query}",
            "Location": f"{base}/operationResults/{token}{query}",
        }

    def _finish_write(self, operation: Document) -> None:
        instance = self._cloud.store.get(RESOURCE, operation["resource"])
        if instance is None:
            return
        name = host_name(instance["name"], instance["location"])
        instance["properties"] |= {"provisioningState": "Succeeded", "hostName": name}
        instance["properties"]["lastUpdatedTime"] = operation["endTime"]
        self._cloud.store.put(RESOURCE, instance["id"], instance)

    def _finish_delete(self, operation: Document) -> None:
        instance = self._cloud.store.get(RESOURCE, operation["resource"])
        if instance is not None:
            self.forget(instance)


def _created_by(caller: Caller, now: str) -> dict[str, Any]:
    changed = _modified_by(caller, now)
    return {name.replace("lastModified", "created"): value for name, value in changed.items()} | changed


def _modified_by(caller: Caller, now: str) -> dict[str, Any]:
    kind = "User" if caller.kind == "user" else "Application"
    return {"lastModifiedBy": caller.label, "lastModifiedByType": kind, "lastModifiedAt": now}
