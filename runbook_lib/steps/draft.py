"""A plan while it is being worked out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Literal

from ..errors import AzureRefused, InputError, PermissionMissing, RunbookError
from ..permissions import GRANTERS, Permissions, least_role, request_message
from ..target import Account
from .results import Change, Plan, Problem

WHO_GRANTS = GRANTERS[0].upper() + GRANTERS[1:] + "."


@dataclass
class Draft:
    """Collects what a plan says, in the order in which it is found."""

    step: str
    title: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def finish(self) -> Plan:
        """Return the plan."""
        parts = (self.choices, self.changes, self.problems, self.notes, self.commands)
        return Plan(self.step, self.title, *(tuple(part) for part in parts))  # type: ignore[arg-type]

    def wrong(self, field: str, message: str, *, meaning: str = "", remedy: str = "") -> None:
        """Note a value that cannot be used."""
        self.problems.append(Problem(field, message, meaning, remedy, "You."))

    def refuse(self, field: str, message: str, *, meaning: str = "", remedy: str = "", blocking: bool = True) -> None:
        """Note a state of Azure that stands in the way."""
        self.problems.append(Problem(field, message, meaning, remedy, "You.", "azure", blocking))

    def permit(
        self, permissions: Permissions, account: Account, action: str, scope: str, *,
        field: str = "", command: str = "", blocking: bool = True,
    ) -> Literal["yes", "no", "cannot tell"]:  # fmt: skip
        """Note when the account may not do what a change needs, or when that cannot be told; return which."""
        verdict = permissions.may(action, scope)
        if verdict.answer == "no":
            self.problems.append(not_permitted(account, action, scope, field=field, command=command, blocking=blocking))
        if verdict.answer == "cannot tell":
            message = f"It cannot be told beforehand whether you may do {action} at {scope}."
            remedy = "Go on: if you may not, Azure will refuse it, and nothing else is lost."
            self.problems.append(Problem(field, message, verdict.reason, remedy, "You.", "permission", blocking=False))
        return verdict.answer


def not_permitted(
    account: Account, action: str, scope: str, *, field: str = "", command: str = "", blocking: bool = True
) -> Problem:
    """Describe an action that the account may not do: with the role that cures it, and a message to send."""
    role = least_role(action)
    message = f"You may not do {action} at {scope}."
    request = request_message(action, scope, role, who=account.name, object_id=account.object_id, command=command)
    meaning = f"{account.name} has no role there that contains this action. The least role that does is {role}."
    remedy = f"Have it done for you, or get the role {role}. Send this:\n{request}"
    return Problem(field, message, meaning, remedy, WHO_GRANTS, "permission", blocking, action, scope, role, request)


def refusal(plan: Plan) -> RunbookError | None:
    """Return the error of a plan that cannot be carried out, naming everything that stands in its way; else None."""
    blocking = [problem for problem in plan.problems if problem.blocking]
    if not blocking:
        return None
    first = blocking[0]
    message = "\n".join(problem.message for problem in blocking)
    meaning = "\n".join(dict.fromkeys(problem.meaning for problem in blocking if problem.meaning))
    explained = {"meaning": meaning, "remedy": "\n".join(dict.fromkeys(p.remedy for p in blocking)), "who": first.who}
    if first.kind == "input":
        return InputError(message, problems={problem.field: problem.message for problem in blocking}, **explained)
    if first.kind == "azure":
        return AzureRefused(message, **explained)
    details = {"action": first.action, "scope": first.scope, "role": first.role, "request": first.request}
    return PermissionMissing(message, **explained, **details)


def az(*words: str, **options: str | bool | list[str]) -> str:
    """Write an `az` command: `az("dt create", dt_name="x")` is `az dt create --dt-name x`."""
    parts = ["az", *words]
    for name, value in options.items():
        if value is False or value == []:
            continue
        parts.append("--" + name.replace("_", "-"))
        if value is not True:
            parts += [shlex.quote(text) for text in (value if isinstance(value, list) else [value])]
    return " ".join(parts)
