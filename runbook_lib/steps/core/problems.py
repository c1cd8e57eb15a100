"""What's in the way of a plan, found before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...azure.permissions import MissingPermission, fixing_roles, refused, request_message
from ...azure.resource_ids import name_of


@dataclass(frozen=True)
class Problem:
    """Something that's in the way, found before anything was written."""

    field: str
    """Name of the parameter it belongs to; empty if it belongs to none."""
    message: str
    meaning: str = ""
    remedy: str = ""
    who: str = "You."
    kind: Literal["input", "permission", "azure"] = "input"
    blocking: bool = True
    """False: you can still carry out the plan, but part of it is left out or uncertain."""
    missing: MissingPermission | None = None
    """The missing permission, if that's the problem. Everything below is empty otherwise."""

    @property
    def action(self) -> str:
        """The Azure actions that aren't allowed."""
        return ", ".join(self.missing.actions) if self.missing else ""

    @property
    def scope(self) -> str:
        """Where they aren't allowed."""
        return self.missing.scope if self.missing else ""

    @property
    def role(self) -> str:
        """The smallest built-in role that allows them."""
        return self.missing.role if self.missing else ""

    @property
    def request(self) -> str:
        """A message about this problem alone, ready to send to someone who can give access."""
        return request_message([self.missing]) if self.missing else ""


def not_allowed(missing: MissingPermission, *, field: str = "", blocking: bool = True) -> Problem:
    """Describe one action that the account isn't allowed to do."""
    message = f"You aren't allowed to do {refused([missing])}"
    return Problem(field, message, *missing.advice, "permission", blocking, missing)


def denied(action: str, scope: str, denied_by: str, *, field: str = "", blocking: bool = True) -> Problem:
    """Describe an action that a deny assignment forbids, so that no role helps."""
    meaning = f"The deny assignment {denied_by!r} forbids it, whatever your roles."
    page = f"{name_of(scope)} > Access control (IAM) > Deny assignments"
    remedy = f"See {page}. Choose another place, or have it removed."
    who = "The owner of the managed application or deployment stack that made the deny assignment."
    message = f"You aren't allowed to do {action} at {scope}."
    return Problem(field, message, meaning, remedy, who, "permission", blocking)


def gathered(problems: Sequence[Problem]) -> list[Problem]:
    """Combine what belongs together: permissions that one role gives, and other problems with the same remedy.

    Each group takes the place of its first member.
    """
    role_of = {
        missing: role
        for role, missing_permissions in fixing_roles([one.missing for one in problems if one.missing]).items()
        for missing in missing_permissions
    }
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in problems:
        groups.setdefault(role_of[one.missing] if one.missing else (one.remedy, one.who), []).append(one)
    return [group[0] if len(group) == 1 else _one(group, *first) for first, group in groups.items()]


def _one(group: Sequence[Problem], role: str, scope: str) -> Problem:
    """Combine several problems into one. If they are missing permissions, `role` at `scope` gives them all."""
    head, missing_permissions = group[0], [one.missing for one in group if one.missing]
    blocking = any(one.blocking for one in group)
    if not missing_permissions:
        message = "\n".join(dict.fromkeys(one.message for one in group))
        meaning = "\n".join(dict.fromkeys(one.meaning for one in group if one.meaning))
        return Problem(head.field, message, meaning, head.remedy, head.who, head.kind, blocking)
    message = f"You aren't allowed to do {refused(missing_permissions)}"
    actions = tuple(action for missing in missing_permissions for action in missing.actions)
    advice = replace(missing_permissions[0], actions=actions, role=role).advice
    return Problem(head.field, message, *advice, "permission", blocking, head.missing)
