"""Exercise: access through a group, and a guest."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.access.step import AssignAccess
from ..steps.directory.role_assignments import Assignment
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look

_TEAM = "Twin Engineers"
_CARLOS, _RUTH, _GUEST = person("contributor"), person("reader"), person("guest")


class GroupAndGuest(Exercise):
    """A team that should come in through its group, and a guest who's in none."""

    name = "group-and-guest"
    title = "Access through a group, and a guest"
    people = ("owner", "contributor", "reader", "guest")
    story = (
        "Carlos and Ruth are in the group Twin Engineers; the rule is that staff get access through it. In a hurry,"
        " somebody gave Carlos a role of his own. Günter from Fabrikam is a guest, and is to look at the twins only."
    )
    symptom = "\"Carlos can work, I can't, and our guest from Fabrikam can't even look. We're all on one project!\""
    goal = (
        "Carlos and Ruth can change the data through Twin Engineers, without roles of their own for it. Günter can read"
        " it, and not change it."
    )
    hints = (
        "Who gets access in which way? List the role assignments of each: of the people and of the group.",
        "One assignment to the group covers all its members, now and later. Günter isn't a member, nor should he be.",
        "Give Twin Engineers Data Owner, give Günter Data Reader, and remove the role that Carlos has himself.",
    )
    why = (
        "A role that a group has counts for each member, so people come and go without new assignments. A guest is a"
        " user of your directory like others and can have a role, here the one that only reads. Carlos's own role has"
        " to go, or he keeps his access when he leaves the group."
    )

    def _stage(self) -> None:
        staging.instance(self.place, self.region)
        staging.assign(self.place, access.DATA_OWNER, _CARLOS.id)

    def _group(self) -> str:
        found = self.place.clients.graph.list("/groups", {"$filter": f"displayName eq '{_TEAM}'"})
        return str(found[0]["id"])

    def _own(self, now: access.Access) -> list[Assignment]:
        data = (access.DATA_OWNER, access.DATA_READER)
        everyone = [*now.held(_CARLOS.id), *now.held(_RUTH.id)]
        return [one for one in everyone if one.role in data]

    def _look(self) -> Look:
        now = access.Access(self.place)
        seen = [now.told(one.name) for one in (_CARLOS, _RUTH, _GUEST)]
        everyone = (("Carlos", _CARLOS.id), ("Ruth", _RUTH.id), ("Günter", _GUEST.id), (_TEAM, self._group()))
        seen += [now.listed(name, identifier) for name, identifier in everyone]
        staff = all(now.writes(one.name) for one in (_CARLOS, _RUTH))
        guest = now.reads(_GUEST.name) and not now.writes(_GUEST.name)
        return Look(staff and guest and not self._own(now), tuple(seen))

    def _repair(self) -> None:
        context = self.bench.context(self.who)
        AssignAccess(context, self._values(principal=_TEAM, principal_type="group")).apply()
        AssignAccess(context, self._values(principal=_GUEST.mail, role=access.DATA_READER)).apply()
        for one in self._own(access.Access(self.place)):
            staging.take(self.place, one)

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        here = self.place.instance
        return (
            access.assign_command(self.who, access.DATA_OWNER, self._group(), here, "Group"),
            access.assign_command(self.who, access.DATA_READER, _GUEST.id, here),
            *(
                Command(self.who, f"az role assignment delete --ids {one.id}")
                for one in self._own(access.Access(self.place))
            ),
        )


EXERCISE = GroupAndGuest
