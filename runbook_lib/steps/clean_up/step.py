"""The end: remove what this run made, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal

from ...azure.resource_ids import group_id, group_of, group_scope_of, instance_id
from ...display.cards import Table
from ...parameters import CleanUpParameters
from ...record.change import Change
from ..core.assessment import RemovalOutcome, half_made, outcomes
from ..core.context import SILENT, Context, Progress
from ..core.kinds import kind_named
from ..core.picture import Picture
from ..core.plan_builder import PlanBuilder, unconfirmed
from ..core.removal import Made
from ..core.results import Check, Outcome, Plan, Undone, Verification
from ..core.step import Hint
from ..core.undo import remove_all, tampered
from ..directory import orphans
from ..directory.kinds import ORPHAN, ROLE
from ..directory.role_assignments import Assignment
from ..network.picture import draw_group
from ..subscription import resources
from ..subscription.resources import Subscription
from ..subscription.step import SubscriptionStep
from . import setups

SETTLED = timedelta(minutes=10)
"""How long it can take until a new principal is known everywhere. A younger assignment might not be orphaned."""


@dataclass(frozen=True)
class Findings:
    """What happens to the things that this run made, and the orphaned role assignments."""

    outcomes: Sequence[RemovalOutcome]
    orphans: Sequence[Assignment] | None
    """None if the account isn't allowed to look."""
    others: Sequence[tuple[Change, str]] = ()
    """What this run made for other instances, each with the instance's resource id."""
    subscription: str = ""
    """The name of the subscription."""

    def of(self, verdict: str) -> list[RemovalOutcome]:
        """Return the things with that verdict."""
        return [one for one in self.outcomes if one.verdict == verdict]


class CleanUp(SubscriptionStep[CleanUpParameters, Findings]):
    """Removes what this run made, after showing it.

    The run's record, which all its notebooks share, says what that is. Without confirmation the step only shows it and
    succeeds: at its end, a headless run of the whole guide must not delete what it has just created.
    """

    id: ClassVar[str] = "clean-up"
    title: ClassVar[str] = "Clean up"
    action_label: ClassVar[str] = "Clean up"
    parameters_type: ClassVar[type[CleanUpParameters]] = CleanUpParameters

    plan_title: ClassVar[str] = "Clean up: what this run made"
    if_empty: ClassVar[str] = "Nothing from this run is left to remove."
    looking: ClassVar[str] = "Looking at what this run made"
    checking: ClassVar[str] = "Looking at what is left"
    cannot_check: ClassVar[tuple[str, str]] = ("What's left couldn't be checked", "The subscription is visible")

    def undo(self, progress: Progress = SILENT) -> Undone:
        """Say that nothing can be restored."""
        reason = "you can't restore what was deleted; the other notebooks create it again"
        return Undone(self.id, "Nothing was undone", (), ((self.title, reason),))

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Say nothing of a name: the instance can be gone already, and what went with it is still to be removed."""
        return None

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        subscription = builder.settle(resources.choose_subscription(self.context.clients, self.parameters.subscription))
        if subscription is None:
            return None
        if damaged := tampered(self.context):
            return builder.settle(damaged)
        ours, doubtful = half_made(self.context)
        about = builder.settle(setups.choose(self.context.journal, self.parameters))
        if about is None:
            return None
        made = [*_without_repetitions(self.context.journal.made_by()), *ours]
        made_for = self.context.journal.setups()
        made, others = setups.divide(made_for, made, about)
        doubtful = [one for one in doubtful if setups.belongs(made_for, one.change, about)]
        orphaned = self._orphans(subscription, {change.resource_id.lower() for _, change in made})
        if self.parameters.remove_orphans:
            made += [(self.id, _orphan(one)) for one in orphaned or () if self._settled(one)]
        return Findings([*outcomes(self.context, made), *doubtful], orphaned, others, subscription.name)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        _draw_up(self.context, found, builder)
        return found

    def _depict(self, found: Findings, plan: Plan, picture: Picture) -> None:
        there = [one for one in found.outcomes if one.verdict != "gone" and _is_drawn(one.change)]
        for one in sorted(there, key=lambda one: len(one.change.resource_id)):
            draw_group(picture, found.subscription, group_scope_of(one.change.resource_id))
            picture.add(one.change, "blocked" if one.obstacle else "")

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        return self._remove(plan, found, progress) if self._confirmed(plan) else _untouched(plan)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        checks = (self._left(found), _kept(found), self._orphan_check(found))
        good = "What this run made still exists" if found.of("goes") else "Nothing from this run is left to remove"
        return Verification.of(self.id, checks, good, "Something is left")

    def _orphans(self, subscription: Subscription, ours: set[str]) -> list[Assignment] | None:
        """List the orphaned assignments at the widest of three scopes that the account can see, except for `ours`."""
        for scope in (subscription.scope, *self._narrower(subscription)):
            found = orphans.orphans(self.context.clients, subscription.id, scope)
            if found is not None:
                return [one for one in found if one.id.lower() not in ours]
        return None

    def _narrower(self, subscription: Subscription) -> list[str]:
        """Return the scopes of the resource group and the instance that are named."""
        group, name = self.parameters.resource_group, self.parameters.instance_name
        there = self._instance({}) if name and not group else None
        instance = str(there.id) if there else instance_id(subscription.id, group, name) if group and name else ""
        return [scope for scope in (group_id(subscription.id, group) if group else "", instance) if scope]

    def _settled(self, one: Assignment) -> bool:
        return one.created_on is not None and self.context.waiting.today() - one.created_on > SETTLED

    def _confirmed(self, plan: Plan) -> bool:
        """Tell whether someone has agreed to exactly this plan. Raises InputError if it was to another one."""
        if self.parameters.confirm_clean_up or not plan.confirmation:
            return True
        if self.agreed and not plan.destroys_the_same(self.agreed):
            raise unconfirmed(plan)
        return self.agreed is not None

    def _remove(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        done = remove_all(self.context, found.outcomes, progress, self.seconds)
        removed = tuple(one.deletion for one in done if one.verdict == "removed")
        stayed = [one for one in done if one.obstacle]
        notes = tuple(
            f"{one.change.name} stays: {one.reason}\n{one.obstacle.remedy}\n{one.obstacle.request}".rstrip()
            for one in stayed
            if one.obstacle
        )
        partly = "Cleaned up, but not everything" if stayed else "Cleaned up"
        tone: Literal["good", "warning"] = "warning" if stayed else "good"
        title = partly if removed else "Nothing was removed"
        return Outcome(self.id, title, {}, removed, notes, tone, plan.blocks)

    def _left(self, found: Findings) -> Check:
        name = "What this run made is gone"
        waiting, kept = found.of("goes"), [one for one in found.of("stays") if one.obstacle]
        if not waiting and not kept:
            return Check(name, "passed", "nothing is left to remove")
        left = [f"{one.change.kind} {one.change.name} still exists" for one in waiting]
        left += [f"{one.change.kind} {one.change.name} stays: {one.reason}" for one in kept]
        if self.parameters.confirm_clean_up or self.agreed:
            remedy = "Fix what the plan says is in the way, then run this again."
            return Check(name, "failed", "\n".join(left), remedy)
        return Check(name, "not tried", "\n".join(left), HOW_TO_CONFIRM)

    def _orphan_check(self, found: Findings) -> Check:
        name = "No role assignment is orphaned"
        if found.orphans is None:
            remedy = "Ask someone who can list role assignments and read the directory."
            evidence = "You aren't allowed to list role assignments, or to read the directory."
            return Check(name, "not tried", evidence, remedy)
        if not found.orphans:
            return Check(name, "passed", "none in the subscription")
        evidence = "\n".join(f"{one.role} at {one.scope}, to {one.principal_id}" for one in found.orphans)
        return Check(name, "not tried", evidence, "Set remove_orphans to true, and confirm, to remove them.")


HOW_TO_CONFIRM = (
    "To remove it, tick the box below the plan. Without a form: runbook run --run-dir FOLDER -p confirm_clean_up true "
    "06-clean-up, with the folder of this run's record."
)


def _without_repetitions(made: Sequence[Made]) -> list[Made]:
    """Leave out changes to things that this run created: those go as a whole."""
    created = {change.resource_id.lower() for _, change in made if change.action != "update"}
    return [(step, c) for step, c in made if c.action != "update" or c.resource_id.lower() not in created]


def _is_drawn(change: Change) -> bool:
    """Tell whether a picture shows it by itself: data is only shown when it's removed one by one."""
    kind = kind_named(change.kind)
    return bool(group_of(change.resource_id)) and kind is not None and kind.rank >= ROLE.rank


def _orphan(one: Assignment) -> Change:
    return Change("assign", ORPHAN.name, one.role, one.id, f"to {one.principal_id}")


def _draw_up(context: Context, found: Findings, builder: PlanBuilder) -> None:
    going, staying = found.of("goes"), found.of("stays")
    for one in going:
        builder.add(one.deletion, one.recipe(context))
    builder.problems += [one.obstacle for one in staying if one.obstacle]
    if builder.problems:
        builder.if_empty = "Nothing can be removed right now."
    if kept := [one for one in staying if not one.obstacle]:
        rows = tuple((one.change.kind, one.change.name, one.reason) for one in kept)
        builder.blocks.append(Table(("Stays", "Name", "Why"), rows))
    if not found.outcomes and not found.others:
        builder.notes.append(
            "According to its record, this run made nothing. To use the record of another run: runbook run --run-dir."
        )
    if gone := found.of("gone"):
        builder.notes.append("Already gone: " + ", ".join(one.change.name for one in gone) + ".")
    if found.others:
        rows = tuple((change.kind, change.name, instance) for change, instance in found.others)
        caption = "This run also made these for other instances. They're left alone; name the instance to remove them."
        builder.blocks.append(Table(("Left alone", "Name", "For"), rows, caption))
    _list_orphans(found.orphans, builder)
    if going:
        names = ", ".join(f"{one.change.kind} {one.change.name}" for one in going)
        counted = "1 thing" if len(going) == 1 else f"{len(going)} things"
        builder.confirmation = f"{counted} will be deleted for good: {names}."


def _list_orphans(orphaned: Sequence[Assignment] | None, builder: PlanBuilder) -> None:
    if orphaned is None:
        builder.notes.append("You aren't allowed to look for orphaned role assignments.")
    elif orphaned:
        rows = tuple((one.role, one.principal_id, one.scope) for one in orphaned)
        caption = "Orphaned role assignments (the portal says: Identity not found)"
        builder.blocks.append(Table(("Role", "Object id that nobody has", "Scope"), rows, caption))
    else:
        builder.notes.append("No orphaned role assignments were found.")


def _kept(found: Findings) -> Check:
    kept = [f"{one.change.kind} {one.change.name}: {one.reason}" for one in found.of("stays") if not one.obstacle]
    return Check("What others need is kept", "passed", "\n".join(kept) or "nothing had to be kept")


def _untouched(plan: Plan) -> Outcome:
    title = "Nothing was removed: you haven't confirmed it"
    return Outcome(plan.step, title, {}, (), (HOW_TO_CONFIRM,), "warning", if_empty="Everything is as it was.")
