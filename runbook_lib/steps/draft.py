"""A plan while it is being worked out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Literal

from ..cards import Block
from ..errors import AzureRefused, InputError, PermissionMissing, RunbookError
from ..needs import NEEDS, Places
from ..permissions import GRANTERS, Permissions, least_role, request_message
from ..target import Account
from .results import Change, Loss, Plan, Problem

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
    losses: list[Loss] = field(default_factory=list)
    confirmation: str = ""
    blocks: list[Block] = field(default_factory=list)
    if_empty: str = Plan.if_empty

    def finish(self) -> Plan:
        """Return the plan."""
        return Plan(
            self.step, self.title, tuple(self.choices), tuple(self.changes), tuple(self.problems), tuple(self.notes),
            tuple(self.commands), tuple(self.losses), self.confirmation, tuple(self.blocks), self.if_empty,
        )  # fmt: skip

    def wrong(self, field: str, message: str, *, meaning: str = "", remedy: str = "") -> None:
        """Note a value that cannot be used."""
        self.problems.append(Problem(field, message, meaning, remedy, "You."))

    def refuse(self, field: str, message: str, *, meaning: str = "", remedy: str = "", blocking: bool = True) -> None:
        """Note a state of Azure that stands in the way."""
        self.problems.append(Problem(field, message, meaning, remedy, "You.", "azure", blocking))

    def allow(
        self, permissions: Permissions, account: Account, change: Change, places: Places, *,
        field: str = "", command: str = "", blocking: bool = True,
    ) -> Literal["yes", "no", "cannot tell"]:  # fmt: skip
        """Note what a change needs and the account may not do, or what cannot be told; return the worst answer."""
        answers = [
            self.permit(
                permissions, account, need.action, places.nearest(need.at, change.resource_id),
                field=field, command=command, blocking=blocking, data=need.data,
            )
            for need in NEEDS[change.action, change.kind]
        ]  # fmt: skip
        return max(answers, key=("yes", "cannot tell", "no").index)

    def permit(
        self, permissions: Permissions, account: Account, action: str, scope: str, *,
        field: str = "", command: str = "", blocking: bool = True, data: bool = False,
    ) -> Literal["yes", "no", "cannot tell"]:  # fmt: skip
        """Note when the account may not do an action, or when that cannot be told; return which."""
        verdict = permissions.may(action, scope, data=data)
        if verdict.answer == "no":
            problem = not_permitted(account, action, scope, field=field, command=command, blocking=blocking, data=data)
            self.problems.append(problem)
        if verdict.answer == "cannot tell":
            message = f"It cannot be told beforehand whether you may do {action} at {scope}."
            remedy = "Go on: if you may not, Azure will refuse it, and nothing else is lost."
            self.problems.append(Problem(field, message, verdict.reason, remedy, "You.", "permission", blocking=False))
        return verdict.answer


def not_permitted(
    account: Account, action: str, scope: str, *,
    field: str = "", command: str = "", blocking: bool = True, data: bool = False,
) -> Problem:  # fmt: skip
    """Describe an action that the account may not do: with the role that cures it, and a message to send."""
    role = least_role(action, data=data)
    message = f"You are not allowed to do {action} at {scope}."
    request = request_message(action, scope, role, who=account.name, object_id=account.object_id, command=command)
    meaning = f"{account.name} has no role there that contains this action. The least role that does is {role}."
    remedy = f"Have it done for you, or get the role {role}; the message to send is ready."
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
    requests = "\n\n".join(plan.requests)
    return PermissionMissing(
        message, **explained, action=first.action, scope=first.scope, role=first.role, request=requests
    )


def unconfirmed(plan: Plan) -> InputError:
    """Return the error of a plan that destroys something nobody has agreed to lose; it says what."""
    lost = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
    return InputError(
        "\n".join([f"Not confirmed: {plan.confirmation}", *lost]),
        meaning="Nothing was changed: this cannot simply be taken back, so somebody has to agree to it first.",
        remedy="Look at the plan. If you want it, set confirm to true (a form asks for it), and run this again.",
        who="You.",
        problems={"confirm": plan.confirmation},
    )


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
