"""Exercise: the box that's greyed out, and the colleague who helps."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.access.step import AssignAccess
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look

_LIFTED = ("Owner", "User Access Administrator", "Role Based Access Control Administrator")


class GreyedOutBox(Exercise):
    """A Contributor creates an instance and can't give himself access."""

    name = "greyed-out-box"
    title = "The greyed-out box and the colleague who helps"
    who = "contributor"
    helpers = ("access-admin",)
    people = ("contributor", "access-admin")
    story = (
        "Carlos is Contributor in the training subscription. He created an instance by the article and got as far as"
        " the box that gives access to the data. Amara, two desks away, looks after access."
    )
    symptom = '"I could create the instance, but the box Assign Azure Digital Twins Data Owner Role was greyed out."'
    goal = "Carlos can read and change the data of his instance. His other roles stay as they are."
    hints = (
        "What does the box do? Find the one action that it needs, and who has it.",
        "Carlos is Contributor: he can't write role assignments. Amara can, and Carlos can send her what he needs.",
        "Sign in as access-admin and give Carlos Azure Digital Twins Data Owner at the instance, in 02-assign-access.",
    )
    why = (
        "The box gives a role, which takes Microsoft.Authorization/roleAssignments/write. Contributor lacks it, so the"
        " portal greys it out. Carlos needs one data role, given by somebody who can assign roles. Making him"
        " Owner would let him do far more than he needs, and wouldn't open the data by itself."
    )

    def _stage(self) -> None:
        staging.instance(self.place, self.region, by=self.who)

    def _look(self) -> Look:
        now = access.Access(self.place)
        carlos = person(self.who).id
        lifted = [one for one in now.held(carlos) if one.role in _LIFTED]
        seen = [now.told(self.who), now.listed("Carlos", carlos)]
        seen.append(now.listed("Amara", person("access-admin").id))
        seen += ["Carlos has a role that lets him assign roles, which he didn't have before."] if lifted else []
        return Look(now.writes(self.who) and not lifted, tuple(seen))

    def _repair(self) -> None:
        member = {"principal": person(self.who).mail}
        AssignAccess(self.bench.context("access-admin"), self._values(**member)).apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        given = access.assign_command("access-admin", access.DATA_OWNER, person(self.who).id, self.place.instance)
        return (given,)


EXERCISE = GreyedOutBox
