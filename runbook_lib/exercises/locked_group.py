"""Exercise: a lock stops clean-up, and roles without owners stay behind."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from ..azure.resource_ids import name_of
from ..steps.directory.orphans import orphans
from ..steps.directory.role_assignments import Assignment
from . import events, staging
from .place import Command
from .shape import Exercise, Look


class LockedGroup(Exercise):
    """A trial is over, and won't go."""

    name = "locked-group"
    title = "The lock that stops clean-up, and roles that nobody has"
    story = (
        "The trial is over. Olivia is to delete its instance, keep the resource group for the next one, and leave no"
        " role in it that belongs to nobody: the trainee who had one has left the company."
    )
    symptom = '"I am Owner and I can\'t delete my own instance. And what is Identity not found?"'
    goal = "The instance is gone, and so is every role in the resource group that belongs to nobody."
    hints = (
        "Read what Azure says when you delete the instance. It isn't about roles.",
        "A lock counts for everything below it, and for owners too. Where are locks, and roles without a name?",
        "Remove the lock from the resource group, delete the instance, and remove the orphaned role assignment.",
    )
    why = (
        "A CanNotDelete lock at the resource group protects everything in it, from owners too, until somebody who can"
        " write locks removes it. When a user is deleted, their role assignments stay and show as Identity not found."
        " They do no harm, but count toward a limit. The one here is at the group, so it doesn't go with the instance."
    )

    @property
    def _lock(self) -> str:
        return f"{self.place.scope}/providers/Microsoft.Authorization/locks/keep-{self.place.label}"

    def _stage(self) -> None:
        staging.instance(self.place, self.region)
        nobody = str(uuid.uuid5(uuid.NAMESPACE_OID, self.place.instance))
        staging.assign(self.place, "Reader", nobody, self.place.scope)
        staging.put(self.place, self._lock, {"properties": {"level": "CanNotDelete", "notes": "Ask before deleting"}})

    def _orphans(self) -> list[Assignment]:
        found = orphans(self.place.clients, self.place.subscription_id, self.place.scope) or []
        return [one for one in found if one.scope.lower().startswith(self.place.scope.lower())]

    def _look(self) -> Look:
        there, left, locks = self.place.found(), self._orphans(), staging.locks(self.place)
        seen = [f"The instance {self.place.label} is {'there' if there else 'gone'}."]
        seen += [f"Lock {name_of(one)} at the resource group." for one in locks] or ["The resource group has no lock."]
        seen += [f"{one.role} belongs to {one.principal_id}, which nobody is." for one in left]
        seen += [] if left else ["No role in the resource group belongs to nobody."]
        return Look(there is None and not left, tuple(seen))

    def _repair(self) -> None:
        for resource_id in (self._lock, self.place.instance):
            staging.delete(self.place, resource_id)
        for one in self._orphans():
            staging.take(self.place, one)

    def commands(self) -> Iterator[Command]:
        """Return the solution."""
        yield Command(self.who, f"az lock delete --ids {self._lock}")
        yield events.rest_command(self.who, "delete", self.place.instance)
        for one in self._orphans():
            yield Command(self.who, f"az role assignment delete --ids {one.id}")


EXERCISE = LockedGroup
