"""A plan while it is being worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ...azure.permissions import Lack, Permissions, least_role
from ...azure.target import Account
from ...display.cards import Block
from ...errors import AzureRefused, InputError, PermissionMissing, RunbookError
from ...record.change import Change
from .kinds import NEEDS, Places
from .problems import Problem, gathered, not_allowed
from .recipes import Way
from .results import Loss, Plan


@dataclass
class Draft:
    """Collects what a plan says, in the order in which it is found."""

    step: str
    title: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    confirmation: str = ""
    blocks: list[Block] = field(default_factory=list)
    if_empty: str = Plan.if_empty

    def finish(self) -> Plan:
        """Return the plan."""
        return Plan(
            self.step, self.title, tuple(self.choices), tuple(self.changes), tuple(self.problems), tuple(self.notes),
            tuple(self.ways), tuple(self.losses), self.confirmation, tuple(self.blocks), self.if_empty,
        )  # fmt: skip

    def add(self, change: Change, way: Way) -> None:
        """Note a change, and how it is made by hand."""
        self.changes.append(change)
        self.ways.append(way)

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
            message = f"It cannot be told beforehand whether you are allowed to do {action} at {scope}."
            remedy = "Go on: if you are not allowed to, Azure refuses it, and nothing else is lost."
            self.problems.append(Problem(field, message, verdict.reason, remedy, "You.", "permission", blocking=False))
        return verdict.answer


def not_permitted(
    account: Account, action: str, scope: str, *,
    field: str = "", command: str = "", blocking: bool = True, data: bool = False,
) -> Problem:  # fmt: skip
    """Describe an action that the account may not do: with the role that cures it, and a message to send."""
    lack = Lack((action,), scope, least_role(action, data=data), account.name, account.object_id, command)
    return not_allowed(lack, field=field, blocking=blocking)


def refusal(plan: Plan) -> RunbookError | None:
    """Return the error of a plan that cannot be carried out, naming everything that stands in its way; else None."""
    blocking = [problem for problem in plan.problems if problem.blocking]
    if not blocking:
        return None
    first, told = blocking[0], gathered(blocking)
    message, meaning, remedy = (
        "\n".join(dict.fromkeys(filter(None, texts)))
        for texts in zip(*((one.message, one.meaning, one.remedy) for one in told), strict=True)
    )
    explained = {"meaning": meaning, "remedy": remedy, "who": first.who}
    if first.kind == "input":
        return InputError(message, problems={problem.field: problem.message for problem in blocking}, **explained)
    if first.kind == "azure":
        return AzureRefused(message, **explained)
    return PermissionMissing(
        message, **explained, action=first.action, scope=first.scope, role=first.role, request=plan.request
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
