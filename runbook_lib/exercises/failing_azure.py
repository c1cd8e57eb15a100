"""Exercise: an Azure that fails and throttles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ..sandbox import Effect, Fault
from ..steps.instance.step import CreateInstance
from . import staging
from .place import Command
from .shape import Exercise, Look


class FailingAzure(Exercise):
    """A bad day: the creation failed, and the next tries are throttled."""

    name = "failing-azure"
    title = "A bad day in Azure"
    story = (
        "The creation of the instance ended with an error inside Azure. The name is in contracts and client code, so it"
        " has to be this one. Olivia tried again at once, several times, and now Azure asks her to slow down."
    )
    symptom = '"First InternalServerError, then 429. And the instance is half there. Should I take another name?"'
    goal = "The instance has the name on the card, and its state is Succeeded."
    hints = (
        "Look at the state of the instance. Failed isn't the same as absent.",
        "What does an answer with 429 ask for? Its header Retry-After says how long.",
        "Send the same creation again, patiently: 01-create-instance waits as Azure asks, and repairs what's there.",
    )
    why = (
        "Creating is idempotent in Azure Resource Manager: the same request again repairs a failed instance, and keeps"
        " its name. 429 isn't a refusal, it asks to wait as long as Retry-After says, which Azure's clients do by"
        " themselves. Deleting first, or another name, is more work and gains nothing."
    )

    def _path(self) -> str:
        return f"*/digitalTwinsInstances/{self.place.label}"

    def _stage(self) -> None:
        from azure.core.exceptions import HttpResponseError

        self._take_back()
        self.bench.faults.add(Fault(Effect.FAILED, service="arm", method="PUT", path=self._path(), times=1))
        with suppress(HttpResponseError):  # that's the trouble
            staging.instance(self.place, self.region)
        self.bench.faults.add(
            Fault(Effect.THROTTLED, service="arm", method="PUT", path=self._path(), times=2, seconds=1)
        )

    def _look(self) -> Look:
        operations = self.place.clients.digital_twins(self.place.subscription_id).digital_twins
        found = list(operations.list_by_resource_group(self.place.group))
        seen = [f"{one.name} is in the resource group: {one.provisioning_state}." for one in found]
        good = any((str(one.name), str(one.provisioning_state)) == (self.place.label, "Succeeded") for one in found)
        return Look(good, tuple(seen or ["The resource group has no instance."]))

    def _repair(self) -> None:
        CreateInstance(self.bench.context(self.who), self._values(region=self.region)).apply()

    def commands(self) -> Iterator[Command]:
        """Return the solution."""
        yield staging.create_command(self.place, self.who, self.region)

    def _where(self) -> list[tuple[str, str]]:
        return [*super()._where(), ("Region", self.region)]

    def _take_back(self) -> None:
        mine = [fault.id for fault in self.bench.faults.known() if fault.path == self._path()]
        if mine:
            self.bench.faults.clear(*mine)


EXERCISE = FailingAzure
