"""May the account do what the later notebooks do? Computed from the very actions that Azure will check there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .. import permissions
from ..cards import Table
from ..needs import UNDERTAKINGS, Need, Places, Undertaking
from ..permissions import Permissions, contains, least_role, least_roles, request_message
from ..target import Account
from .draft import WHO_GRANTS
from .results import Problem

Answer = Literal["yes", "no", "cannot tell"]
NAMED = 3
"""So many actions are named in a message; whoever grants a role wants to know what for, not read a list."""


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


def requests(judged: Sequence[Judgement], account: Account, places: Places) -> list[Problem]:
    """Describe what is missing, by the role that cures it, each with a message to somebody who can grant it.

    Roles for the data are left out as long as there is no instance to hold them, or when the account may assign them.
    """
    missing = [pair for one in judged for pair in one.missing]
    control = [(need, scope) for need, scope in missing if not need.data]
    lines = [_request(judged, role, control, account) for role in roles_for([need for need, _ in control])]
    data = [(need, scope) for need, scope in missing if need.data]
    if data and places.instance and any(need.action == permissions.ASSIGN_ROLES for need, _ in control):
        lines += [_request(judged, role, data, account) for role in roles_for([need for need, _ in data])]
    return lines


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


def _request(judged: Sequence[Judgement], role: str, missing: Sequence[tuple[Need, str]], account: Account) -> Problem:
    cured = [(need, scope) for need, scope in missing if contains(role, _role(need))]
    actions = list(dict.fromkeys(need.action for need, _ in cured))
    # The widest of the scopes: a role is inherited by everything below.
    scope = min((scope for _, scope in cured), key=len)
    labels = [one.label for one in judged if {need for need, _ in one.missing} & {need for need, _ in cured}]
    more = f" and {len(actions) - NAMED} more actions" if len(actions) > NAMED else ""
    request = request_message(
        ", ".join(actions[:NAMED]) + more, scope, role, who=account.name, object_id=account.object_id,
        command=f"run these parts of the guide: {', '.join(labels)}",
    )  # fmt: skip
    message = "\n".join(["You are not allowed to do:", *labels])
    remedy = f"Have it done for you, or get the role {role}; the message to send is ready."
    return Problem("", message, "", remedy, WHO_GRANTS, "permission", False, ", ".join(actions), scope, role, request)


def _role(need: Need) -> str:
    return least_role(need.action, data=need.data)


def _is_assigning(undertaking: Undertaking) -> bool:
    return any(need.action == permissions.ASSIGN_ROLES for need in undertaking.needs)
