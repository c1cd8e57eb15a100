"""Whether the account can do what the later notebooks do: computed from the actions that Azure checks there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...azure.permissions import (
    ASSIGN_ROLES,
    WHO_GRANTS,
    Answer,
    MissingPermission,
    Permissions,
    fixing_roles,
    smallest_role,
    smallest_roles,
)
from ...azure.target import Account
from ...display.cards import Table
from ..core.kinds import Activity, Places, RequiredPermission, activities
from ..core.problems import Problem, remedy_for


@dataclass(frozen=True)
class Assessment:
    """Whether the account can do one activity."""

    activity: Activity
    answer: Answer
    missing: tuple[tuple[RequiredPermission, str], ...] = ()
    """What none of the account's roles allows, each with the scope where Azure checks it."""
    reason: str = ""
    """Why the answer is unknown."""

    @property
    def label(self) -> str:
        """The activity's name, with the notebook's number."""
        return self.activity.label

    @property
    def fixing_role(self) -> str:
        """The smallest roles that would allow it."""
        return " and ".join(roles_for([needed for needed, _ in self.missing]))


def assess(may: Permissions, places: Places) -> list[Assessment]:
    """Assess all activities, in the order of the notebooks. Raises what the client raises."""
    return [_assess(may, activity, places) for activity in activities()]


def table(assessed: Sequence[Assessment]) -> Table:
    """Show the answers, with the smallest role that would allow what isn't."""
    rows = tuple((one.label, one.answer, one.fixing_role or one.reason) for one in assessed)
    return Table(("To do", "Can you?", "Smallest role that would allow it"), rows)


def summary(assessed: Sequence[Assessment]) -> str:
    """Sum up the answers in a few lines."""
    answers: tuple[Answer, ...] = ("yes", "no", "unknown")
    lines = [(answer, [one.label for one in assessed if one.answer == answer]) for answer in answers]
    return "\n".join(f"{answer}: {', '.join(labels)}" for answer, labels in lines if labels)


def problems(assessed: Sequence[Assessment], account: Account, places: Places) -> list[Problem]:
    """Describe what is missing, by the roles that would allow it.

    Leaves out data roles while the instance doesn't exist yet, and if the account can assign roles itself.
    """
    missing = [pair for one in assessed for pair in one.missing]
    control = [(needed, scope) for needed, scope in missing if not needed.data]
    assigns = not any(needed.action == ASSIGN_ROLES for needed, _ in control)
    asked = control if assigns or not places.instance else missing
    # The command is the same for all, so the message names it once.
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
    """Say how an account that can assign roles gets access to the data; empty if that doesn't apply."""
    missing = [one.label for one in assessed if any(needed.data for needed, _ in one.missing)]
    assigns = any(one.answer == "yes" and _is_assigning(one.activity) for one in assessed)
    if not missing or not assigns:
        return ""
    return f"{', '.join(missing)}: give yourself the role with 02-assign-access once the instance exists."


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
    message = "\n".join(["You aren't allowed to do:", *labels])
    missing = replace(fixed[0], actions=actions, scope=scope, role=role)
    return Problem("", message, "", remedy_for(role), WHO_GRANTS, "permission", False, missing)


def _labels(assessed: Sequence[Assessment], permissions: Sequence[RequiredPermission]) -> list[str]:
    """Name the activities that are missing any of these permissions."""
    return [one.label for one in assessed if {needed for needed, _ in one.missing} & set(permissions)]


def _role(needed: RequiredPermission) -> str:
    return smallest_role(needed.action, data=needed.data)


def _is_assigning(activity: Activity) -> bool:
    return any(needed.action == ASSIGN_ROLES for needed in activity.permissions)
