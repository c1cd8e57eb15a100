"""Whether the account can do what the later notebooks do: computed from the actions that Azure checks there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...azure.permissions import (
    ASSIGN_ROLES,
    Answer,
    MissingPermission,
    Permissions,
    Verdict,
    fixing_roles,
    smallest_role,
    smallest_roles,
)
from ...azure.target import Account
from ...display.cards import Table
from ..core.kinds import Activity, Places, RequiredPermission, activities
from ..core.plan_builder import lack
from ..core.problems import Problem, denied


@dataclass(frozen=True)
class Assessment:
    """Whether the account can do one activity."""

    activity: Activity
    answer: Answer
    missing: tuple[tuple[RequiredPermission, Verdict], ...] = ()
    """What the account can't do, each with Azure's verdict."""
    reason: str = ""
    """Why the answer is unknown."""

    @property
    def label(self) -> str:
        """The activity's name, with the notebook's number."""
        return self.activity.label

    @property
    def fixing_role(self) -> str:
        """The smallest roles that would allow it, or the one that the account only has to activate."""
        if denial := next((verdict.denied_by for _, verdict in self.missing if verdict.denied_by), ""):
            return f"none: the deny assignment {denial!r} forbids it"
        active = dict.fromkeys(verdict.eligible.name for _, verdict in self.missing if verdict.eligible)
        asked = roles_for([needed for needed, verdict in self.missing if not verdict.eligible])
        return " and ".join([*asked, *(f"{role}, which you can activate" for role in active)])


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
    control = [(needed, verdict) for needed, verdict in missing if not needed.data]
    # Who can assign roles, or will once one is active, gives itself those for the data.
    assigns = all(verdict.eligible for needed, verdict in control if needed.action == ASSIGN_ROLES)
    asked = control if assigns or not places.instance else missing
    lacking = {lack(account, needed, verdict): needed for needed, verdict in asked if not verdict.denied_by}
    roles = fixing_roles(list(lacking)).items()
    forbidden = {(needed.action, verdict.scope): verdict.denied_by for needed, verdict in asked if verdict.denied_by}
    return [
        *(_problem(*role, fixed, _labels(assessed, [lacking[missing] for missing in fixed])) for role, fixed in roles),
        *(denied(*where, denial, blocking=False) for where, denial in forbidden.items()),
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
    missing = tuple((needed, verdict) for needed, verdict in found if verdict.answer == "no")
    if missing:
        return Assessment(activity, "no", missing)
    reason = next((verdict.reason for _, verdict in found if verdict.answer == "unknown"), "")
    return Assessment(activity, "unknown" if reason else "yes", (), reason)


def _problem(role: str, scope: str, fixed: Sequence[MissingPermission], labels: Sequence[str]) -> Problem:
    actions = tuple(action for missing in fixed for action in missing.actions)
    message = "\n".join(["You aren't allowed to do:", *labels])
    missing = replace(fixed[0], actions=actions, scope=scope, role=role)
    _, remedy, who = missing.advice
    return Problem("", message, "", remedy, who, "permission", False, missing)


def _labels(assessed: Sequence[Assessment], permissions: Sequence[RequiredPermission]) -> list[str]:
    """Name the activities that are missing any of these permissions."""
    return [one.label for one in assessed if {needed for needed, _ in one.missing} & set(permissions)]


def _is_assigning(activity: Activity) -> bool:
    return any(needed.action == ASSIGN_ROLES for needed in activity.permissions)
