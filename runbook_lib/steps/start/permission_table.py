"""Can the account do what the later notebooks do? Computed from the very actions that Azure will check there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...azure.permissions import ASSIGN_ROLES, MissingPermission, Permissions, fixing_roles, smallest_role, smallest_roles
from ...azure.target import Account
from ...display.cards import Table
from ..core.kinds import Activity, Places, RequiredPermission, activities
from ..core.problems import WHO_GRANTS, Problem, remedy_for

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Assessment:
    """Whether the account may do one activity."""

    activity: Activity
    answer: Answer
    missing: tuple[tuple[RequiredPermission, str], ...] = ()
    """What no role of the account contains, each with the scope where Azure asks for it."""
    reason: str = ""
    """Why nothing can be told."""

    @property
    def label(self) -> str:
        """What it is about, with the number of the notebook."""
        return self.activity.label

    @property
    def fixing_role(self) -> str:
        """The smallest roles that would allow it."""
        return " and ".join(roles_for([needed for needed, _ in self.missing]))


def assess(may: Permissions, places: Places) -> list[Assessment]:
    """Judge all activitys, in the order of the notebooks. Raises what the client raises."""
    return [_assess(may, activity, places) for activity in activities()]


def table(assessed: Sequence[Assessment]) -> Table:
    """Show the answers, with the smallest role that would allow what isn't."""
    rows = tuple((one.label, one.answer, one.fixing_role or one.reason) for one in assessed)
    return Table(("To do", "Can you?", "Smallest role that would allow it"), rows)


def summary(assessed: Sequence[Assessment]) -> str:
    """Say the verdicts in a few lines."""
    answers: tuple[Answer, ...] = ("yes", "no", "unknown")
    lines = [(answer, [one.label for one in assessed if one.answer == answer]) for answer in answers]
    return "\n".join(f"{answer}: {', '.join(labels)}" for answer, labels in lines if labels)


def problems(assessed: Sequence[Assessment], account: Account, places: Places) -> list[Problem]:
    """Describe what is missing, by the roles that would allow it.

    Roles for the data are left out as long as there is no instance to hold them, or when the account can assign them.
    """
    missing = [pair for one in assessed for pair in one.missing]
    control = [(needed, scope) for needed, scope in missing if not needed.data]
    assigns = not any(needed.action == ASSIGN_ROLES for needed, _ in control)
    asked = control if assigns or not places.instance else missing
    # All say the same, so that the message names it once.
    command = f"run these parts of the guide: {', '.join(_labels(assessed, [needed for needed, _ in asked]))}"
    missing_permissions = {
        MissingPermission((needed.action,), scope, _role(needed), account.name, account.object_id, command): needed
        for needed, scope in asked
    }
    return [
        _problem(role, scope, fixed, _labels(assessed, [missing_permissions[missing] for missing in fixed]))
        for (role, scope), fixed in fixing_roles(list(missing_permissions)).items()
    ]


def own_remedy(assessed: Sequence[Assessment]) -> str:
    """Say how an account that can assign roles gets to the data; empty when that is not the question."""
    lacking = [one.label for one in assessed if any(needed.data for needed, _ in one.missing)]
    assigns = any(one.answer == "yes" and _is_assigning(one.activity) for one in assessed)
    if not lacking or not assigns:
        return ""
    return f"{', '.join(lacking)}: give yourself the role with 02-assign-access, once the instance is there."


def roles_for(missing: Sequence[RequiredPermission]) -> list[str]:
    """Return the smallest built-in roles that together allow everything."""
    control = [smallest_role(needed.action) for needed in missing if not needed.data]
    return smallest_roles([*control, *(smallest_role(needed.action, data=True) for needed in missing if needed.data)])


def _assess(may: Permissions, activity: Activity, places: Places) -> Assessment:
    found = [
        (needed, may.may(needed.action, places.nearest(needed.at), data=needed.data)) for needed in activity.permissions
    ]
    missing = tuple((needed, verdict.scope) for needed, verdict in found if verdict.answer == "no")
    if missing:
        return Assessment(activity, "no", missing)
    reason = next((verdict.reason for _, verdict in found if verdict.answer == "unknown"), "")
    return Assessment(activity, "unknown" if reason else "yes", (), reason)


def _problem(role: str, scope: str, fixed: Sequence[MissingPermission], labels: Sequence[str]) -> Problem:
    actions = tuple(action for missing in fixed for action in missing.actions)
    message = "\n".join(["You are not allowed to do:", *labels])
    missing = replace(fixed[0], actions=actions, scope=scope, role=role)
    return Problem("", message, "", remedy_for(role), WHO_GRANTS, "permission", False, missing)


def _labels(assessed: Sequence[Assessment], needs: Sequence[RequiredPermission]) -> list[str]:
    """Name the activitys that lack any of these."""
    return [one.label for one in assessed if {needed for needed, _ in one.missing} & set(needs)]


def _role(needed: RequiredPermission) -> str:
    return smallest_role(needed.action, data=needed.data)


def _is_assigning(activity: Activity) -> bool:
    return any(needed.action == ASSIGN_ROLES for needed in activity.permissions)
