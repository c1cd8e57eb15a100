"""The end: take back what this run made, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from ...azure.resource_ids import group_id, instance_id
from ...display.cards import Table
from ...parameters import CleanUpParameters
from ...record.change import Change
from ..core.context import SILENT, Context, Progress
from ..core.plan_builder import PlanBuilder, unconfirmed
from ..core.removal import Made
from ..core.results import Check, Outcome, Plan, Undone, Verification
from ..core.undo import RemovalOutcome, half_made, outcomes, remove_all, tampered
from ..directory import orphans
from ..directory.kinds import ORPHAN
from ..directory.role_assignments import Assignment
from ..subscription import resources
from ..subscription.resources import Subscription
from ..subscription.step import SubscriptionStep

SETTLED = timedelta(minutes=10)
"""How long a new principal may not be known everywhere: a younger assignment is not called orphaned for good."""


@dataclass(frozen=True)
class Findings:
    """What this run made and what becomes of it, and the roles that nobody holds."""

    outcomes: Sequence[RemovalOutcome]
    orphans: Sequence[Assignment] | None
    """None when it cannot be told."""

    def of(self, verdict: str) -> list[RemovalOutcome]:
        """Return the things with that verdict."""
        return [one for one in self.outcomes if one.verdict == verdict]


class CleanUp(SubscriptionStep[CleanUpParameters, Findings]):
    """Takes back what this run made, after showing it.

    What that is says the record of the run, which all its notebooks share. Without confirmation the step only shows
    it, and succeeds: a headless run of the whole guide must not delete at its end what it was run for.
    """

    id: ClassVar[str] = "clean-up"
    title: ClassVar[str] = "Clean up"
    action_label: ClassVar[str] = "Clean up"
    parameters_type: ClassVar[type[CleanUpParameters]] = CleanUpParameters

    plan_title: ClassVar[str] = "Clean up: what this run made"
    if_empty: ClassVar[str] = "Nothing of this run is left to be removed."
    looking: ClassVar[str] = "Looking at what this run made"
    checking: ClassVar[str] = "Looking at what is left"
    cannot_check: ClassVar[tuple[str, str]] = ("Something is left", "What is left can be told")

    def undo(self, progress: Progress = SILENT) -> Undone:
        """Say that nothing deleted comes back."""
        reason = "what is deleted does not come back; the other notebooks make it again"
        return Undone(self.id, "Nothing was taken back", (), ((self.title, reason),))

    def _is_offered(self, field: str) -> bool:
        return field == "resource_group"

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        subscription = builder.settle(resources.choose_subscription(self.context.clients, self.parameters.subscription))
        if subscription is None:
            return None
        if damaged := tampered(self.context):
            return builder.settle(damaged)
        ours, doubtful = half_made(self.context)
        made = [*_without_repetitions(self.context.journal.made_by()), *ours]
        nobodys = self._orphans(subscription, {change.resource_id.lower() for _, change in made})
        if self.parameters.remove_orphans:
            made += [(self.id, _orphan(one)) for one in nobodys or () if self._settled(one)]
        return Findings([*outcomes(self.context, made), *doubtful], nobodys)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        _draw_up(self.context, found, builder)
        return found

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        return self._remove(plan, found, progress) if self._confirmed(plan) else _untouched(plan)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        checks = (self._left(found), _untaken(found), self._orphan_check(found))
        failed = any(check.status == "failed" for check in checks)
        title = "Nothing of this run is left that could be removed"
        if failed or found.of("goes"):
            title = "Something is left" if failed else "What this run made is still there"
        return Verification(self.id, title, checks)

    def _orphans(self, subscription: Subscription, ours: set[str]) -> list[Assignment] | None:
        """List the orphaned assignments of the widest of the three scopes that may be seen; ours are listed as such."""
        wanted = self.parameters
        where = (subscription.id, wanted.resource_group)
        scopes = (
            subscription.scope,
            group_id(*where),
            instance_id(*where, wanted.instance_name),
        )
        for scope in scopes:
            found = orphans.orphans(self.context.clients, subscription.id, scope)
            if found is not None:
                return [one for one in found if one.id.lower() not in ours]
        return None

    def _settled(self, one: Assignment) -> bool:
        return one.created_on is not None and self.context.waiting.today() - one.created_on > SETTLED

    def _confirmed(self, plan: Plan) -> bool:
        """Tell whether somebody has agreed to this very plan. Raises InputError when it was to another one."""
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
        title = "Cleaned up" if removed else "Nothing was removed"
        tone: Literal["good", "warning"] = "warning" if stayed else "good"
        return Outcome(
            self.id, f"{title}, but not everything" if stayed else title, {}, removed, notes, tone, plan.blocks
        )

    def _left(self, found: Findings) -> Check:
        name = "What this run made is gone"
        waiting, kept = found.of("goes"), [one for one in found.of("stays") if one.obstacle]
        if not waiting and not kept:
            return Check(name, "passed", "nothing is left that could be removed")
        left = [f"{one.change.kind} {one.change.name} is there" for one in waiting]
        left += [f"{one.change.kind} {one.change.name} stays: {one.reason}" for one in kept]
        if self.parameters.confirm_clean_up or self.agreed:
            return Check(
                name, "failed", "\n".join(left), "Do what the plan says about what is in the way; run this again."
            )
        return Check(name, "not tried", "\n".join(left), HOW_TO_CONFIRM)

    def _orphan_check(self, found: Findings) -> Check:
        name = "No role is assigned to somebody who is gone"
        if found.orphans is None:
            remedy = "Have somebody look who may list role assignments and read the directory."
            return Check(
                name, "not tried", "You are not allowed to list role assignments, or to read the directory.", remedy
            )
        if not found.orphans:
            return Check(name, "passed", "none in the subscription")
        evidence = "\n".join(f"{one.role} at {one.scope}, to {one.principal_id}" for one in found.orphans)
        return Check(name, "not tried", evidence, "Set remove_orphans to true, and confirm, to remove them.")


HOW_TO_CONFIRM = (
    "To remove it, tick the box below the plan. Without a form: runbook run --run-dir FOLDER -p confirm_clean_up true "
    "06-clean-up, with the folder of this run's record."
)


def _without_repetitions(made: Sequence[Made]) -> list[Made]:
    """Leave out what was changed after this run had made it: it goes as a whole."""
    created = {change.resource_id.lower() for _, change in made if change.action != "update"}
    return [(step, c) for step, c in made if c.action != "update" or c.resource_id.lower() not in created]


def _orphan(one: Assignment) -> Change:
    return Change("assign", ORPHAN.name, one.role, one.id, f"to {one.principal_id}")


def _draw_up(context: Context, found: Findings, builder: PlanBuilder) -> None:
    going, staying = found.of("goes"), found.of("stays")
    for one in going:
        builder.add(one.deletion, one.recipe(context))
    builder.problems += [one.obstacle for one in staying if one.obstacle]
    if builder.problems:
        builder.if_empty = "Nothing can be removed as it is now."
    if kept := [one for one in staying if not one.obstacle]:
        rows = tuple((one.change.kind, one.change.name, one.reason) for one in kept)
        builder.blocks.append(Table(("Stays", "Name", "Why"), rows))
    if not found.outcomes:
        builder.notes.append(
            "This run's record names nothing that was made. Another run's record is read with: runbook run --run-dir."
        )
    if gone := found.of("gone"):
        builder.notes.append("Gone already: " + ", ".join(one.change.name for one in gone) + ".")
    _tell_orphans(found.orphans, builder)
    if going:
        names = ", ".join(f"{one.change.kind} {one.change.name}" for one in going)
        builder.confirmation = f"{len(going)} things are deleted for good: {names}."


def _tell_orphans(nobodys: Sequence[Assignment] | None, builder: PlanBuilder) -> None:
    if nobodys is None:
        builder.notes.append("Whether there are orphaned role assignments cannot be told: you are not allowed to look.")
    elif nobodys:
        rows = tuple((one.role, one.principal_id, one.scope) for one in nobodys)
        caption = "Orphaned role assignments (the portal says: Identity not found)"
        builder.blocks.append(Table(("Role", "Object id that nobody has", "Scope"), rows, caption))
    else:
        builder.notes.append("No orphaned role assignments were found.")


def _untaken(found: Findings) -> Check:
    kept = [f"{one.change.kind} {one.change.name}: {one.reason}" for one in found.of("stays") if not one.obstacle]
    return Check("What others need stays", "passed", "\n".join(kept) or "nothing had to be kept")


def _untouched(plan: Plan) -> Outcome:
    title = "Nothing was removed: it was not confirmed"
    return Outcome(plan.step, title, {}, (), (HOW_TO_CONFIRM,), "warning", if_empty="Everything is as it was.")
