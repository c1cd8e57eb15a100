"""What stands in the way of a plan, found before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...azure.permissions import GRANTERS, MissingPermission, fixing_roles, refused, request_message

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
    missing: MissingPermission | None = None
    """What is not allowed; of a missing permission only, like all that follows."""

    @property
    def action(self) -> str:
        """The actions of Azure that are not allowed."""
        return ", ".join(self.missing.actions) if self.missing else ""

    @property
    def scope(self) -> str:
        """Where they are not allowed."""
        return self.missing.scope if self.missing else ""

    @property
    def role(self) -> str:
        """The least built-in role that gives it."""
        return self.missing.role if self.missing else ""

    @property
    def request(self) -> str:
        """A message about this alone that is ready to be sent to somebody who can grant it."""
        return request_message([self.missing]) if self.missing else ""


def wrong_value(field: str, message: str, *, meaning: str = "", remedy: str = "") -> Problem:
    """Describe a value that can't be used."""
    return Problem(field, message, meaning, remedy, "You.")


def wrong_state(field: str, message: str, *, meaning: str = "", remedy: str = "", blocking: bool = True) -> Problem:
    """Describe a state of Azure that stands in the way."""
    return Problem(field, message, meaning, remedy, "You.", "azure", blocking)


def remedy_for(role: str) -> str:
    """Say what gives a missing permission."""
    return f"Have it done for you, or get the role {role}; the message to send is ready."


def not_allowed(missing: MissingPermission, *, field: str = "", blocking: bool = True) -> Problem:
    """Describe one action that the account is not allowed to do."""
    meaning = f"{missing.who} has no role there that contains this action. The least role that does is {missing.role}."
    message = f"You are not allowed to do {refused([missing])}"
    return Problem(field, message, meaning, remedy_for(missing.role), WHO_GRANTS, "permission", blocking, missing)


def gathered(problems: Sequence[Problem]) -> list[Problem]:
    """Say once what belongs together: permissions that one role gives, and whatever else has the same remedy.

    A group stands where the first of it stood.
    """
    role_of = {
        missing: role
        for role, missing_permissions in fixing_roles([one.missing for one in problems if one.missing]).items()
        for missing in missing_permissions
    }
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in problems:
        groups.setdefault(role_of[one.missing] if one.missing else (one.remedy, one.who), []).append(one)
    return [group[0] if len(group) == 1 else _one(group, first) for (first, _), group in groups.items()]


def _one(group: Sequence[Problem], role: str) -> Problem:
    """Make one problem of several. `role` is the one that gives them, when they are missing permissions."""
    head, missing_permissions = group[0], [one.missing for one in group if one.missing]
    blocking = any(one.blocking for one in group)
    if not missing_permissions:
        message = "\n".join(dict.fromkeys(one.message for one in group))
        meaning = "\n".join(dict.fromkeys(one.meaning for one in group if one.meaning))
        return Problem(head.field, message, meaning, head.remedy, head.who, head.kind, blocking)
    message = f"You are not allowed to do {refused(missing_permissions)}"
    who = missing_permissions[0].who
    meaning = f"{who} has no role there that contains these actions. The smallest role that does is {role}."
    return Problem(head.field, message, meaning, remedy_for(role), WHO_GRANTS, "permission", blocking, head.missing)
