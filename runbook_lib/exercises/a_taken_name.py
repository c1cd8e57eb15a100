"""Exercise: a name that's taken, and a region that doesn't offer the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..steps.instance.step import CreateInstance
from . import staging
from .place import Command
from .shape import Exercise, Look

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

_NAME, _EU = "contoso-twins", ("westeurope", "northeurope")


class ATakenName(Exercise):
    """The name and region of the order can't be had."""

    name = "a-taken-name"
    title = "A name that is taken, a region that doesn't offer the service"
    label = _NAME
    story = (
        "The order says: an instance named contoso-twins in Germany West Central, because the data must stay in the"
        " European Union. Olivia tries it. The portal doesn't even list the region."
    )
    symptom = '"Germany West Central is missing from the list, and everywhere else it says that the name is taken."'
    goal = "The resource group has an instance in the European Union whose name begins with contoso-twins."
    hints = (
        "Who else could have an instance of that name? It becomes part of a host name.",
        "A name has to be free in its region only, and an ending of your own helps. Which regions does the list offer?",
        "In 01-create-instance, enter contoso-twins with an ending of your own, and West Europe or North Europe.",
    )
    why = (
        "The name becomes part of the host name, so it must be unique in its region, among all customers. And the"
        " service isn't offered in every region: the resource group can be in Germany, but the instance can't. West"
        " Europe and North Europe are the service's regions in the European Union; UK South isn't in it."
    )

    def _stage(self) -> None:
        """Nothing more than the resource group: the trouble is Azure's own."""

    def _instances(self) -> list[DigitalTwinsDescription]:
        operations = self.place.clients.digital_twins(self.place.subscription_id).digital_twins
        return list(operations.list_by_resource_group(self.place.group))

    def _look(self) -> Look:
        from azure.mgmt.digitaltwins.models import CheckNameRequest

        found = self._instances()
        seen = [f"{one.name} is in {one.location}: {one.provisioning_state}." for one in found]
        asked = self.place.clients.digital_twins(self.place.subscription_id).digital_twins
        for region in _EU:
            answer = asked.check_name_availability(region, CheckNameRequest(name=_NAME))
            seen.append(f"Is {_NAME} free in {region}? {'Yes.' if answer.name_available else answer.message}")
        good = [one for one in found if str(one.name).startswith(_NAME) and one.location in _EU]
        return Look(
            any(one.provisioning_state == "Succeeded" for one in good),
            tuple(seen if found else ["The resource group has no instance.", *seen]),
        )

    def _repair(self) -> None:
        CreateInstance(self.bench.context(self.who), self._values(region=_EU[0])).apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        return (staging.create_command(self.place, self.who, _EU[0]),)

    def _where(self) -> list[tuple[str, str]]:
        return [("Resource group", self.place.group)]


EXERCISE = ATakenName
