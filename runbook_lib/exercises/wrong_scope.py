"""Exercise: the right role at the wrong scope, and one that only reads."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.access.step import AssignAccess
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look

_RUTH = person("reader")


class WrongScope(Exercise):
    """Ruth has the right role, elsewhere."""

    name = "wrong-scope"
    title = "The right role in the wrong place"
    people = ("owner", "reader")
    story = (
        "Ruth tests on a second instance, whose name ends in -test. For the real one she was promised the same access."
        " She can see the twins there, but every change fails."
    )
    symptom = '"I do have Azure Digital Twins Data Owner, you can look it up. I still get 403 when I save a twin."'
    goal = "Ruth can change the data of the instance that the card names, and of no instance that she couldn't before."
    hints = (
        "A role counts at its scope and below. At which scopes does Ruth have which roles?",
        "Here she has Data Reader, which only reads. Her Data Owner is for the other instance.",
        "Give her Azure Digital Twins Data Owner at this instance. A role at the subscription would open all of them.",
    )
    why = (
        "A role assignment is three things: who, which role, and where. Ruth's Data Owner is at the test instance, and"
        " at this one she has Data Reader, which doesn't write. The smallest repair is Data Owner at this instance. At"
        " the resource group or subscription it would work too, and open every other instance there to her."
    )

    def _stage(self) -> None:
        test = f"{self.place.label}-test"
        for name in (self.place.label, test):
            staging.instance(self.place, self.region, name=name)
        staging.assign(self.place, access.DATA_READER, _RUTH.id)
        staging.assign(self.place, access.DATA_OWNER, _RUTH.id, f"{self.place.instance}-test")

    def _look(self) -> Look:
        now = access.Access(self.place)
        here = self.place.instance.lower()
        wide = [one for one in now.held(_RUTH.id) if one.role == access.DATA_OWNER and one.scope.lower() != here]
        seen = [now.told(_RUTH.name), now.listed("Ruth", _RUTH.id)]
        seen += ["Ruth can change the data of other instances too."] if wide else []
        return Look(now.writes(_RUTH.name) and not wide, tuple(seen))

    def _repair(self) -> None:
        AssignAccess(self.bench.context(self.who), self._values(principal=_RUTH.mail)).apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        return (access.assign_command(self.who, access.DATA_OWNER, _RUTH.id, self.place.instance),)


EXERCISE = WrongScope
