"""May the account do what the later notebooks do? Computed from the very actions that Azure will check there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...azure import permissions
from ...azure.permissions import Lack, Permissions, cures, least_role, least_roles
from ...azure.target import Account
from ...display.cards import Table
from ..core.kinds import UNDERTAKINGS, Need, Places, Undertaking
from ..core.problems import WHO_GRANTS, Problem, cure

Answer = Literal["yes", "no", "cannot tell"]


@dataclass(frozen=True)
class Judgement:
    """Whether the account may do one undertaking."""

    undertaking: Undertaking
    answer: Answer
    missing: tuple[tuple[Need, str], ...] = ()
    """What no role of the account contains, each with the scope where Azure asks for it."""
    reason: str = ""
    """Why nothing can be told."""

    @property
    def label(self) -> str:
        """What it is about, with the number of the notebook."""
        return self.undertaking.label

    @property
    def cure(self) -> str:
        """The least roles that make a yes of a no."""
        return " and ".join(roles_for([need for need, _ in self.missing]))


def judge(may: Permissions, places: Places) -> list[Judgement]:
    """Judge all undertakings, in the order of the notebooks. Raises what the client raises."""
    return [_judge(may, undertaking, places) for undertaking in UNDERTAKINGS]


def table(judged: Sequence[Judgement]) -> Table:
    """Show the verdicts, with the role that cures a no."""
    rows = tuple((one.label, one.answer, one.cure or one.reason) for one in judged)
    return Table(("To do", "May you?", "Least role that cures a no"), rows)


def summary(judged: Sequence[Judgement]) -> str:
    """Say the verdicts in a few lines."""
    answers: tuple[Answer, ...] = ("yes", "no", "cannot tell")
    lines = [(answer, [one.label for one in judged if one.answer == answer]) for answer in answers]
    return "\n".join(f"{answer}: {', '.join(labels)}" for answer, labels in lines if labels)


def problems(judged: Sequence[Judgement], account: Account, places: Places) -> list[Problem]:
    """Describe what is missing, by the roles that cure it.

    Roles for the data are left out as long as there is no instance to hold them, or when the account may assign them.
    """
    missing = [pair for one in judged for pair in one.missing]
    control = [(need, scope) for need, scope in missing if not need.data]
    assigns = not any(need.action == permissions.ASSIGN_ROLES for need, _ in control)
    asked = control if assigns or not places.instance else missing
    # All say the same deed, so that the message names it once.
    command = f"run these parts of the guide: {', '.join(_labels(judged, [need for need, _ in asked]))}"
    lacks = {
        Lack((need.action,), scope, _role(need), account.name, account.object_id, command): need
        for need, scope in asked
    }  # fmt: skip
    return [
        _problem(role, scope, cured, _labels(judged, [lacks[lack] for lack in cured]))
        for (role, scope), cured in cures(list(lacks)).items()
    ]


def own_cure(judged: Sequence[Judgement]) -> str:
    """Say how an account that may assign roles gets to the data; empty when that is not the question."""
    lacking = [one.label for one in judged if any(need.data for need, _ in one.missing)]
    assigns = any(one.answer == "yes" and _is_assigning(one.undertaking) for one in judged)
    if not lacking or not assigns:
        return ""
    return f"{', '.join(lacking)}: give yourself the role with 02-assign-access, once the instance is there."


def roles_for(missing: Sequence[Need]) -> list[str]:
    """Return the least built-in roles that together allow everything."""
    control = [least_role(need.action) for need in missing if not need.data]
    return least_roles([*control, *(least_role(need.action, data=True) for need in missing if need.data)])


def _judge(may: Permissions, undertaking: Undertaking, places: Places) -> Judgement:
    found = [(need, may.may(need.action, places.nearest(need.at), data=need.data)) for need in undertaking.needs]
    missing = tuple((need, verdict.scope) for need, verdict in found if verdict.answer == "no")
    if missing:
        return Judgement(undertaking, "no", missing)
    reason = next((verdict.reason for _, verdict in found if verdict.answer == "cannot tell"), "")
    return Judgement(undertaking, "cannot tell" if reason else "yes", (), reason)


def _problem(role: str, scope: str, cured: Sequence[Lack], labels: Sequence[str]) -> Problem:
    actions = tuple(action for lack in cured for action in lack.actions)
    message = "\n".join(["You are not allowed to do:", *labels])
    lack = replace(cured[0], actions=actions, scope=scope, role=role)
    return Problem("", message, "", cure(role), WHO_GRANTS, "permission", False, lack)


def _labels(judged: Sequence[Judgement], needs: Sequence[Need]) -> list[str]:
    """Name the undertakings that lack any of these."""
    return [one.label for one in judged if {need for need, _ in one.missing} & set(needs)]


def _role(need: Need) -> str:
    return least_role(need.action, data=need.data)


def _is_assigning(undertaking: Undertaking) -> bool:
    return any(need.action == permissions.ASSIGN_ROLES for need in undertaking.needs)
