"""A plan while a step works it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...azure.permissions import Answer, MissingPermission, Permissions, least_role
from ...azure.target import Account
from ...display.cards import Block
from ...errors import AzureRefused, InputError, PermissionMissing, RunbookError
from ...record.change import Change
from .kinds import Places, RequiredPermission, required_permissions
from .problems import Problem, gathered, not_allowed, wrong_state, wrong_value
from .recipes import Recipe
from .results import Loss, Plan

T = TypeVar("T")


@dataclass
class PlanBuilder:
    """Collects what a plan says, in the order in which it is found."""

    step: str
    title: str = ""
    run_id: str = ""
    """The id of the run, which some of what it makes carries as a tag."""
    choices: list[tuple[str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recipes: list[Recipe] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    confirmation: str = ""
    blocks: list[Block] = field(default_factory=list)
    if_empty: str = Plan.if_empty

    def finish(self) -> Plan:
        """Return the plan."""
        found = {name: value for name, value in vars(self).items() if name != "run_id"}
        collected: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}
        return Plan(**collected)

    def settle(self, looked: T | Problem) -> T | None:
        """Return what was found; None, and note why, when looking for it came to a problem."""
        if isinstance(looked, Problem):
            self.problems.append(looked)
            return None
        return looked

    def add(self, change: Change, recipe: Recipe) -> None:
        """Note a change, and how it is made by hand."""
        self.changes.append(change)
        self.recipes.append(recipe)

    def wrong(self, field: str, message: str, *, meaning: str = "", remedy: str = "") -> None:
        """Note a value that cannot be used."""
        self.problems.append(wrong_value(field, message, meaning=meaning, remedy=remedy))

    def refuse(self, field: str, message: str, *, meaning: str = "", remedy: str = "", blocking: bool = True) -> None:
        """Note a state of Azure that stands in the way."""
        self.problems.append(wrong_state(field, message, meaning=meaning, remedy=remedy, blocking=blocking))

    def allow(
        self,
        permissions: Permissions,
        change: Change,
        places: Places,
        *,
        field: str = "",
        command: str = "",
        blocking: bool = True,
    ) -> Answer:
        """Note what a change takes and the account can't do, or what can't be told; return the worst answer."""
        answers = [
            self.permit(
                permissions,
                needed,
                places.nearest(needed.at, change.resource_id),
                field=field,
                command=command,
                blocking=blocking,
            )
            for needed in required_permissions(change.action, change.kind)
        ]
        return max(answers, key=("yes", "cannot tell", "no").index)

    def permit(
        self,
        permissions: Permissions,
        needed: RequiredPermission,
        scope: str,
        *,
        field: str = "",
        command: str = "",
        blocking: bool = True,
    ) -> Answer:
        """Note when the account can't do an action at a scope, or when that can't be told; return which."""
        verdict = permissions.may(needed.action, scope, data=needed.data)
        if verdict.answer == "no":
            account = permissions.account
            self.problems.append(not_permitted(account, needed, scope, field=field, command=command, blocking=blocking))
        if verdict.answer == "cannot tell":
            message = f"Whether you are allowed to do {needed.action} at {scope} can't be told beforehand."
            remedy = "Go on: if you are not allowed to, Azure refuses it, and nothing else is lost."
            self.problems.append(Problem(field, message, verdict.reason, remedy, "You.", "permission", blocking=False))
        return verdict.answer


def not_permitted(
    account: Account,
    needed: RequiredPermission,
    scope: str,
    *,
    field: str = "",
    command: str = "",
    blocking: bool = True,
) -> Problem:
    """Describe an action that the account can't do: with the role that would allow it, and a message to send."""
    role = least_role(needed.action, data=needed.data)
    missing = MissingPermission((needed.action,), scope, role, account.name, account.object_id, command)
    return not_allowed(missing, field=field, blocking=blocking)


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
