"""What stands in the way of a plan, found before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...azure.permissions import GRANTERS, Lack, cures, refused, request_message

WHO_GRANTS = GRANTERS[0].upper() + GRANTERS[1:] + "."


@dataclass(frozen=True)
class Problem:
    """Something that stands in the way, found before anything was written."""

    field: str
    """Name of the parameter it belongs to; empty when it belongs to none."""
    message: str
    meaning: str = ""
    remedy: str = ""
    who: str = ""
    kind: Literal["input", "permission", "azure"] = "input"
    blocking: bool = True
    """False: the plan can go on, but part of it is left out or uncertain."""
    lack: Lack | None = None
    """What is not allowed; of a missing permission only, like all that follows."""

    @property
    def action(self) -> str:
        """The actions of Azure that are not allowed."""
        return ", ".join(self.lack.actions) if self.lack else ""

    @property
    def scope(self) -> str:
        """Where they are not allowed."""
        return self.lack.scope if self.lack else ""

    @property
    def role(self) -> str:
        """The least built-in role that cures it."""
        return self.lack.role if self.lack else ""

    @property
    def request(self) -> str:
        """A message about this alone that is ready to be sent to somebody who can grant it."""
        return request_message([self.lack]) if self.lack else ""


def cure(role: str) -> str:
    """Say how a missing permission is cured."""
    return f"Have it done for you, or get the role {role}; the message to send is ready."


def not_allowed(lack: Lack, *, field: str = "", blocking: bool = True) -> Problem:
    """Describe one action that the account is not allowed to do."""
    meaning = f"{lack.who} has no role there that contains this action. The least role that does is {lack.role}."
    message = f"You are not allowed to do {refused([lack])}"
    return Problem(field, message, meaning, cure(lack.role), WHO_GRANTS, "permission", blocking, lack)


def gathered(problems: Sequence[Problem]) -> list[Problem]:
    """Say once what belongs together: permissions that one role cures, and whatever else has the same remedy.

    A group stands where the first of it stood.
    """
    role_of = {
        lack: role for role, lacks in cures([one.lack for one in problems if one.lack]).items() for lack in lacks
    }
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in problems:
        groups.setdefault(role_of[one.lack] if one.lack else (one.remedy, one.who), []).append(one)
    return [group[0] if len(group) == 1 else _one(group, first) for (first, _), group in groups.items()]


def _one(group: Sequence[Problem], role: str) -> Problem:
    """Make one problem of several. `role` is the one that cures them, when they are missing permissions."""
    head, lacks = group[0], [one.lack for one in group if one.lack]
    blocking = any(one.blocking for one in group)
    if not lacks:
        message = "\n".join(dict.fromkeys(one.message for one in group))
        meaning = "\n".join(dict.fromkeys(one.meaning for one in group if one.meaning))
        return Problem(head.field, message, meaning, head.remedy, head.who, head.kind, blocking)
    message = f"You are not allowed to do {refused(lacks)}"
    meaning = f"{lacks[0].who} has no role there that contains these actions. The least role that does is {role}."
    return Problem(head.field, message, meaning, cure(role), WHO_GRANTS, "permission", blocking, head.lack)
