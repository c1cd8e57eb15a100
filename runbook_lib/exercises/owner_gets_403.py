"""Exercise: an Owner who gets 403."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.access.step import AssignAccess
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look


class OwnerGets403(Exercise):
    """Owner of the subscription, and still no access to the data."""

    name = "owner-gets-403"
    title = "The Owner who gets 403"
    story = (
        "Olivia owns the training subscription. This morning she created an instance, and the portal was all green."
        " Now she wants to upload her first model."
    )
    symptom = '"I created the instance, I am Owner of everything, and Azure Digital Twins Explorer says 403."'
    goal = "Olivia can read and change the models and twins of her instance."
    hints = (
        "Two planes: one manages the instance, the other works with its data. Which one refuses?",
        "Look at the instance's Access control (IAM), and at the data actions of the role Owner.",
        "The roles for the data are Azure Digital Twins Data Owner and Data Reader. 02-assign-access gives them.",
    )
    why = (
        "Owner allows every action of the control plane, and no data action. Only roles with data actions open the data"
        " plane, even for its creator. Olivia can assign roles, so she can give herself Azure"
        " Digital Twins Data Owner at the instance, as 02-assign-access does."
    )

    def _stage(self) -> None:
        staging.instance(self.place, self.region)

    def _look(self) -> Look:
        now = access.Access(self.place)
        seen = (now.told(self.who), now.listed("Olivia", person(self.who).id))
        return Look(now.writes(self.who), seen)

    def _repair(self) -> None:
        AssignAccess(self.bench.context(self.who), self._values()).apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        return (access.assign_command(self.who, access.DATA_OWNER, person(self.who).id, self.place.instance),)


EXERCISE = OwnerGets403
