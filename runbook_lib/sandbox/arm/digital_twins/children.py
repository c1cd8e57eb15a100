"""What an instance's collections have in common: how their members are found, listed, created and deleted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ...context import Context
from ...http import Answer
from ...store import Document
from .. import errors
from ..calls import ArmRoute, Call, collection_routes, public
from ..inventory import Inventory
from .instance_operations import TYPE, InstanceOperations
from .validation import check_idle

INSTANCE = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{TYPE}/{{instance}}"


class Children(ABC):
    """Base of the collections below an instance. The gateway has already checked that the instance exists."""

    collection: ClassVar[str]
    outcome: ClassVar[str]
    """What the store calls the outcomes of its operations: `<outcome>.write` and `<outcome>.delete`."""

    def __init__(self, context: Context, inventory: Inventory, operations: InstanceOperations) -> None:
        self._context = context
        self._inventory = inventory
        self._instance_operations = operations
        context.operations.on_finish(f"{self.outcome}.write", self.finish_write)
        context.operations.on_finish(f"{self.outcome}.delete", self.finish_delete)

    def routes(self) -> list[ArmRoute]:
        """Return this part's rows of the provider's table."""
        return collection_routes(f"{INSTANCE}/{self.collection}", f"{TYPE}/{self.collection}", self)

    @abstractmethod
    def put(self, call: Call) -> Answer:
        """Start to create or change a member."""

    @abstractmethod
    def delete(self, call: Call) -> Answer:
        """Start to delete a member."""

    def list_all(self, call: Call) -> Answer:
        """List the collection."""
        found = self._inventory.children(self.instance(call)["id"], self.collection)
        return Answer(200, {"value": [public(child) for child in found]})

    def get(self, call: Call) -> Answer:
        """Show one member."""
        child = self.find(call)
        if child is None:
            raise self.not_found(call)
        return Answer(200, public(child))

    def find(self, call: Call) -> Document | None:
        """Return the member that the path names."""
        return self._inventory.get(call.target.scope)

    def instance(self, call: Call) -> Document:
        """Return the instance that the path names."""
        found = self._inventory.get("/".join(call.target.scope.split("/")[:9]))
        assert found is not None, "the gateway has looked"
        return found

    def idle_instance(self, call: Call) -> Document:
        """Return the instance. Raises ArmError while it is being made, changed or deleted."""
        instance = self.instance(call)
        check_idle(instance)
        return instance

    def document(self, instance: Document, name: str, properties: dict[str, Any]) -> Document:
        """Return a new member."""
        return {
            "id": f"{instance['id']}/{self.collection}/{name}",
            "name": name,
            "type": f"{TYPE}/{self.collection}",
            "properties": properties,
        }

    def begin(
        self, call: Call, instance: Document, child: Document, kind: str, seconds: float, *, status: int
    ) -> Answer:
        """Write a member and start work on it in the instance's region; `kind` is Create, Update or Delete."""
        outcome = f"{self.outcome}.{'delete' if kind == 'Delete' else 'write'}"
        return self._instance_operations.begin(
            call, child, outcome, kind, seconds, location=instance["location"], status=status
        )

    def begin_delete(self, call: Call, seconds: float, *, show: bool = True) -> Answer:
        """Start to delete (202), with the member as the body if `show`; 204 if there's nothing to delete."""
        child = self.find(call)
        if child is None:
            return Answer(204)
        if child["properties"]["provisioningState"] != "Deleting":
            self.check_child_idle(child)
            child["properties"]["provisioningState"] = "Deleting"
            answer = self.begin(call, self.idle_instance(call), child, "Delete", seconds, status=202)
        else:
            operation = self._context.operations.latest(child["id"])
            assert operation is not None, "the state says that it goes on"
            answer = self._instance_operations.accepted(call, child, operation, status=202)
        answer.body = answer.body if show else None
        return answer

    def finish_write(self, operation: Document) -> Document | None:
        """Finish what `put` started; return how it failed, if it did."""
        self.set_state(operation["resource"], "Succeeded")
        return None

    def finish_delete(self, operation: Document) -> None:
        """Finish a deletion."""
        child = self._inventory.get(operation["resource"])
        if child is not None:
            self._inventory.forget(child)

    def set_state(self, resource_id: str, state: str) -> None:
        """Write a member's provisioning state, unless it was deleted with its instance in the meantime."""
        child = self._inventory.get(resource_id)
        if child is not None:
            child["properties"]["provisioningState"] = state
            self._inventory.put(child)

    def check_child_idle(self, child: Document) -> None:
        """Raise ArmError while the member is being made, changed or deleted. Modelled, as for instances."""
        check_idle(child)

    def not_found(self, call: Call) -> errors.ArmError:
        """No such member. Modelled: the provider's own text isn't recorded; this is ARM's."""
        name = f"{call.values['instance']}/{self.collection}/{call.values['name']}"
        return errors.resource_not_found(TYPE, name, call.target.group)
