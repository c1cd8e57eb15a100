"""Exercise: a role for an id that isn't the service principal's."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.access.step import AssignAccess
from ..steps.directory.principals import names
from ..steps.directory.role_assignments import Assignment
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look

_APP = person("setup-pipeline")
_HOLDERS = ("User", "Group", "ServicePrincipal")
"""What can use a role."""


class WrongId(Exercise):
    """The pipeline has its role, it seems, and is refused."""

    name = "wrong-id"
    title = "The role that went to the wrong id"
    people = ("owner", "setup-pipeline")
    story = (
        "The pipeline setup-pipeline uploads models at night. A colleague gave it the role with a script, using the id"
        " from the page of the app registration. The script reported success."
    )
    symptom = '"The role assignment is there, I can see it. And the pipeline still gets 403."'
    goal = (
        "The pipeline can read and change the data, and no role at the instance is left with an id that can't use it."
    )
    hints = (
        "An application has three ids. Which of them can hold a role, and which one did the script use?",
        "In the instance's Access control (IAM) it says Identity not found. Compare with Enterprise applications.",
        "Give the role to the service principal (02-assign-access finds it by name), and remove the other assignment.",
    )
    why = (
        "Roles belong to service principals. An app registration shows its application (client) id and its own object"
        " id; neither of them is the object id of the service principal, which is under Enterprise applications. If a"
        " script names the principal type, Azure doesn't look the id up, so a wrong one is accepted and helps nobody."
    )

    def _stage(self) -> None:
        staging.instance(self.place, self.region)
        staging.assign(self.place, access.DATA_OWNER, _APP.app_id, kind="ServicePrincipal")

    def _here(self) -> list[Assignment]:
        found = staging.roles(self.place, self.place.instance)
        return [one for one in found if one.scope.lower() == self.place.instance.lower()]

    def _unknown(self, found: Sequence[Assignment]) -> list[Assignment]:
        known = names(self.place.clients, {one.principal_id for one in found}) or {}
        return [one for one in found if known.get(one.principal_id.lower(), ("", ""))[1] not in _HOLDERS]

    def _look(self) -> Look:
        now = access.Access(self.place)
        here = self._here()
        known = names(self.place.clients, {one.principal_id for one in here}) or {}
        seen = [now.told(_APP.name)]
        for one in here:
            who = known.get(one.principal_id.lower())
            holder = f"{who[0]} ({who[1]})" if who else "an id that the directory doesn't know"
            seen.append(f"{one.role} at the instance belongs to {one.principal_id}: {holder}.")
        return Look(now.writes(_APP.name) and not self._unknown(here), tuple(seen))

    def _repair(self) -> None:
        for one in self._unknown(self._here()):
            staging.take(self.place, one)
        AssignAccess(self.bench.context(self.who), self._values(principal=_APP.name)).apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        gone = [Command(self.who, f"az role assignment delete --ids {one.id}") for one in self._unknown(self._here())]
        place, role = self.place.instance, access.DATA_OWNER
        return (*gone, access.assign_command(self.who, role, _APP.id, place, "ServicePrincipal"))


EXERCISE = WrongId
