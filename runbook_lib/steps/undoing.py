"""Taking back what a run made, and nothing else: the journal says what that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import RunbookError
from ..explain import explaining
from . import access, resources
from .base import Progress, Step
from .results import Change, Undone


class Kept(Exception):
    """A change that is not taken back; the message says why."""


def undo(step: Step[Any], progress: Progress) -> Undone:
    """Take back what this run made with the step, last first; what cannot go is kept, with the reason."""
    journal = step.context.journal
    removed: list[Change] = []
    kept = [(change.name, "began, but was never confirmed: run the step again first") for change in _unconfirmed(step)]
    for change in reversed(journal.made(step.id)):
        progress.phase(f"Taking back: {change.kind} {change.name}")
        gone = Change("delete", change.kind, change.name, change.resource_id)
        try:
            _take_back(step, change, gone)
        except Kept as reason:
            kept.append((change.name, str(reason)))
        except RunbookError as error:
            kept.append((change.name, error.message))
        else:
            removed.append(gone)
    title = f"Taken back: {step.title[0].lower()}{step.title[1:]}" if removed else "Nothing was taken back"
    result = Undone(step.id, title, tuple(removed), tuple(kept))
    journal.record("undo", step.id, undone=result.as_json())
    return result


def _unconfirmed(step: Step[Any]) -> Iterator[Change]:
    yield from step.context.journal.unfinished(step.id).values()


def _take_back(step: Step[Any], change: Change, gone: Change) -> None:
    remover = _Remover(step, change)
    deeds = {
        "Role": remover.role,
        "Azure Digital Twins instance": remover.instance,
        "Resource group": remover.group,
    }
    if change.action == "update":
        raise Kept("it was there before this run, which only changed it")
    if change.action == "register":
        raise Kept("registration costs nothing, and other instances may need it")
    with explaining(f"taking back {change.name}"):
        if not remover.exists():
            with step.context.journal.doing(step.id, gone):
                pass  # from now on the journal does not count it as made
            raise Kept("it was gone already")
        remover.check()
        with step.context.journal.doing(step.id, gone), explaining(f"taking back {change.name}"):
            deeds[change.kind]()


@dataclass(frozen=True)
class _Remover:
    step: Step[Any]
    change: Change

    @property
    def _subscription(self) -> str:
        return self.change.resource_id.split("/")[2]

    @property
    def _group(self) -> str:
        return resources.group_of(self.change.resource_id)

    @property
    def _seconds(self) -> float:
        return float(self.step.parameters.timeout_minutes * 60)

    def exists(self) -> bool:
        """Tell whether there is anything to take back; of a role its removal tells."""
        clients = self.step.context.clients
        if self.change.kind == "Resource group":
            return resources.group(clients, self._subscription, self._group).found != "no"
        if self.change.kind == "Role":
            return True
        return self._instance_exists()

    def _instance_exists(self) -> bool:
        """Tell whether the instance is there. One that may not be seen counts as neither: that error is raised."""
        from azure.core.exceptions import ResourceNotFoundError

        operations = self.step.context.clients.digital_twins(self._subscription).digital_twins
        try:
            operations.get(self._group, self.change.name)
        except ResourceNotFoundError:
            return False
        return True

    def check(self) -> None:
        """Raise Kept when something of somebody else's would go with it."""
        if self.change.kind != "Resource group":
            return
        inside = self.step.context.clients.resources(self._subscription).resources.list_by_resource_group(self._group)
        if names := [str(one.name) for one in inside]:
            raise Kept(f"it is not empty: {', '.join(names)}")

    def role(self) -> None:
        access.remove(self.step.context.clients, self._subscription, self.change.resource_id)

    def instance(self) -> None:
        operations = self.step.context.clients.digital_twins(self._subscription).digital_twins
        self._finish(operations.begin_delete, self._group, self.change.name)

    def group(self) -> None:
        operations = self.step.context.clients.resources(self._subscription).resource_groups
        self._finish(operations.begin_delete, self._group)

    def _finish(self, begin: Any, *where: str) -> None:
        doing = f"deleting {self.change.name}"
        self.step.context.waiting.finish(begin, *where, seconds=self._seconds, doing=doing)
