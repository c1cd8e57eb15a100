"""A plan while a step works it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...azure.clouds import PUBLIC, Cloud
from ...azure.permissions import Answer, MissingPermission, Permissions, Verdict, smallest_role
from ...azure.target import Account
from ...display.cards import Block
from ...errors import AzureRefused, InputError, PermissionMissing, RunbookError
from ...record.change import Change
from .kinds import Places, RequiredPermission, required_permissions
from .problems import Problem, denied, gathered, not_allowed
from .recipes import Recipe
from .results import Loss, Plan
from .setup import Planned

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
    planned: Planned | None = None
    """The instance that an earlier step of the same plan would create."""
    cloud: Cloud = PUBLIC

    def finish(self) -> Plan:
        """Return the plan."""
        found = {name: value for name, value in vars(self).items() if name not in ("run_id", "planned")}
        collected: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}
        return Plan(**collected)

    def settle(self, looked: T | Problem) -> T | None:
        """Return what was found; if it's a problem, add it to the plan and return None."""
        if isinstance(looked, Problem):
            self.problems.append(looked)
            return None
        return looked

    def add(self, change: Change, recipe: Recipe) -> None:
        """Add a change, and how you make it by hand."""
        self.changes.append(change)
        self.recipes.append(recipe)

    def wrong(self, field: str, message: str, *, meaning: str = "", remedy: str = "") -> None:
        """Add a problem with a value."""
        self.problems.append(Problem(field, message, meaning, remedy))

    def refuse(self, field: str, message: str, *, meaning: str = "", remedy: str = "", blocking: bool = True) -> None:
        """Add a problem with the state of something in Azure."""
        self.problems.append(Problem(field, message, meaning, remedy, kind="azure", blocking=blocking))

    def allow(self, permissions: Permissions, change: Change, places: Places, **details: Any) -> Answer:
        """Check the permissions that a change takes, as `permit` does with these details; return the worst answer."""
        answers = [
            self.permit(permissions, needed, places.nearest(needed.at, change.resource_id), **details)
            for needed in required_permissions(change.action, change.kind)
        ]
        return max(answers, key=("yes", "unknown", "no").index)

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
        """Check a permission at a scope; add a problem if the account lacks it, or if Azure doesn't say."""
        scope = self.planned.nearest(scope) if self.planned else scope
        verdict = permissions.may(needed.action, scope, data=needed.data)
        if verdict.answer == "no":
            account = permissions.account
            details: dict[str, Any] = {"field": field, "command": command, "blocking": blocking}
            self.problems.append(not_permitted(account, needed, verdict, **details))
        if verdict.answer == "unknown":
            message = f"Azure doesn't say in advance whether you're allowed to do {needed.action} at {scope}."
            remedy = "Go ahead. If you aren't allowed to, Azure refuses, and nothing else is lost."
            self.problems.append(Problem(field, message, verdict.reason, remedy, kind="permission", blocking=False))
        return verdict.answer


def not_permitted(
    account: Account,
    needed: RequiredPermission,
    verdict: Verdict,
    *,
    field: str = "",
    command: str = "",
    blocking: bool = True,
) -> Problem:
    """Describe an action that the account can't do: what would allow it, and a message to send if others have to."""
    if verdict.denied_by:
        return denied(needed.action, verdict.scope, verdict.denied_by, field=field, blocking=blocking)
    return not_allowed(lack(account, needed, verdict, command), field=field, blocking=blocking)


def lack(account: Account, needed: RequiredPermission, verdict: Verdict, command: str = "") -> MissingPermission:
    """Return what an account lacks, with the role that gives it: one that it can activate, or the smallest."""
    role = verdict.eligible.name if verdict.eligible else smallest_role(needed.action, data=needed.data)
    who = (account.name, account.object_id, command, verdict.eligible, account.kind)
    return MissingPermission((needed.action,), verdict.scope, role, *who, cloud=account.cloud)


def refusal(plan: Plan) -> RunbookError | None:
    """Return the error of a plan that can't be carried out, with everything that's in its way; otherwise None."""
    blocking = [problem for problem in plan.problems if problem.blocking]
    if not blocking:
        return None
    first, grouped = blocking[0], gathered(blocking)
    message, meaning, remedy = (
        "\n".join(dict.fromkeys(filter(None, texts)))
        for texts in zip(*((one.message, one.meaning, one.remedy) for one in grouped), strict=True)
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
    """Return the error of a plan that destroys something without consent; it says what."""
    lost = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
    return InputError(
        "\n".join([f"Not confirmed: {plan.confirmation}", *lost]),
        meaning="Nothing was changed. You can't simply undo this, so someone has to agree to it first.",
        remedy="Check the plan. If you agree, set confirm to true (a form has a box for it), and run this again.",
        who="You.",
        problems={"confirm": plan.confirmation},
    )
