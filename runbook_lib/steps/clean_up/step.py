"""The end: take back what this run made, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal

from ...display.cards import Table
from ...explain.translate import explaining
from ...parameters import CleanUpParameters
from ...record.change import Change
from ..core import kinds
from ..core.plan_builder import Draft, refusal, unconfirmed
from ..core.results import Check, Outcome, Plan, Proof, Undone
from ..core.step import Choice, Context, Progress, Silent, Step
from ..directory import orphans
from ..directory.role_assignments import Assignment
from ..subscription import resources
from ..subscription.resources import Subscription
from . import undo as clean_up_undo
from .undo import Fate

SETTLED = timedelta(minutes=10)
"""How long a new principal may not be known everywhere: a younger assignment is not called orphaned for good."""


@dataclass(frozen=True)
class Findings:
    """What this run made and what becomes of it, and the roles that nobody holds."""

    fates: Sequence[Fate]
    orphans: Sequence[Assignment] | None
    """None when it cannot be told."""

    def of(self, verdict: str) -> list[Fate]:
        """Return the things with that verdict."""
        return [fate for fate in self.fates if fate.verdict == verdict]


class CleanUp(Step[CleanUpParameters]):
    """Takes back what this run made, after showing it.

    What that is says the record of the run, which all its notebooks share. Without confirmation the step only shows
    it, and succeeds: a headless run of the whole guide must not delete at its end what it was run for.
    """

    id: ClassVar[str] = "clean-up"
    title: ClassVar[str] = "Clean up"
    action_label: ClassVar[str] = "Clean up"
    parameters_type: ClassVar[type[CleanUpParameters]] = CleanUpParameters

    def plan(self) -> Plan:
        """Look, and say what would be removed, in which order, and what stays and why."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Remove what the plan says, when somebody has confirmed it; else change nothing."""
        progress.phase("Looking at what this run made")
        plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        outcome = self._remove(plan, found, progress) if self._confirmed(plan) else _untouched(plan)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Look what is left of what this run made, and which roles nobody holds."""
        progress.phase("Looking at what is left")
        draft = Draft(self.id, "")
        with explaining("looking at what is left"):
            found = self._survey(draft)
        if found is None:
            problem = draft.problems[0]
            checks = [Check("What is left can be told", "failed", problem.message, problem.remedy)]
        else:
            checks = [self._left(found), _untaken(found), self._orphan_check(found)]
        failed = any(check.status == "failed" for check in checks)
        title = "Nothing of this run is left that could be removed"
        if found is None or failed or found.of("goes"):
            title = "Something is left" if failed else "What this run made is still there"
        proof = Proof(self.id, title, tuple(checks))
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Say that nothing deleted comes back."""
        reason = "what is deleted does not come back; the other notebooks make it anew"
        return Undone(self.id, "Nothing was taken back", (), ((self.title, reason),))

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions and resource groups."""
        clients = self.context.clients
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(clients)
            if field == "resource_group":
                found = resources.choose_subscription(clients, self.given("subscription", values), Draft(self.id, ""))
                return resources.offer_groups(clients, found.id) if found else ()
        return ()

    def _look(self) -> tuple[Plan, Findings | None]:
        draft = Draft(self.id, "Clean up: what this run made", if_empty="Nothing of this run is left to be removed.")
        with explaining("working out the plan"):
            found = self._survey(draft)
            if found:
                _draw_up(self.context, found, draft)
        return draft.finish(), found

    def _survey(self, draft: Draft) -> Findings | None:
        subscription = resources.choose_subscription(self.context.clients, self.parameters.subscription, draft)
        if subscription is None:
            return None
        ours, doubtful = clean_up_undo.half_made(self.context)
        made = [*_without_repetitions(self.context.journal.made_by()), *ours]
        nobodys = self._orphans(subscription, {change.resource_id.lower() for _, change in made})
        if self.parameters.remove_orphans:
            made += [(self.id, _orphan(one)) for one in nobodys or () if self._settled(one)]
        return Findings([*clean_up_undo.fates(self.context, made), *doubtful], nobodys)

    def _orphans(self, subscription: Subscription, ours: set[str]) -> list[Assignment] | None:
        """List the orphaned assignments of the widest of the three scopes that may be seen; ours are listed as such."""
        wanted = self.parameters
        where = (subscription.id, wanted.resource_group)
        scopes = (
            subscription.scope,
            resources.group_scope(*where),
            resources.instance_scope(*where, wanted.instance_name),
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
        seconds = float(self.parameters.timeout_minutes * 60)
        done = clean_up_undo.take_back(self.context, found.fates, progress, seconds)
        removed = tuple(fate.deletion for fate in done if fate.verdict == "removed")
        stayed = [fate for fate in done if fate.obstacle]
        notes = tuple(
            f"{fate.change.name} stays: {fate.reason}\n{fate.obstacle.remedy}\n{fate.obstacle.request}".rstrip()
            for fate in stayed
            if fate.obstacle
        )
        title = "Cleaned up" if removed else "Nothing was removed"
        tone: Literal["good", "warning"] = "warning" if stayed else "good"
        return Outcome(
            self.id, f"{title}, but not everything" if stayed else title, {}, removed, notes, tone, plan.blocks
        )

    def _left(self, found: Findings) -> Check:
        name = "What this run made is gone"
        waiting, kept = found.of("goes"), [fate for fate in found.of("stays") if fate.obstacle]
        if not waiting and not kept:
            return Check(name, "passed", "nothing is left that could be removed")
        left = [f"{fate.change.kind} {fate.change.name} is there" for fate in waiting]
        left += [f"{fate.change.kind} {fate.change.name} stays: {fate.reason}" for fate in kept]
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


def _without_repetitions(made: Sequence[clean_up_undo.Made]) -> list[clean_up_undo.Made]:
    """Leave out what was changed after this run had made it: it goes as a whole."""
    created = {change.resource_id.lower() for _, change in made if change.action != "update"}
    return [(step, c) for step, c in made if c.action != "update" or c.resource_id.lower() not in created]


def _orphan(one: Assignment) -> Change:
    return Change("assign", kinds.ORPHAN, one.role, one.id, f"to {one.principal_id}")


def _draw_up(context: Context, found: Findings, draft: Draft) -> None:
    going, staying = found.of("goes"), found.of("stays")
    for fate in going:
        draft.add(fate.deletion, fate.way(context))
    draft.problems += [fate.obstacle for fate in staying if fate.obstacle]
    if draft.problems:
        draft.if_empty = "Nothing can be removed as it is now."
    if kept := [fate for fate in staying if not fate.obstacle]:
        rows = tuple((fate.change.kind, fate.change.name, fate.reason) for fate in kept)
        draft.blocks.append(Table(("Stays", "Name", "Why"), rows))
    if not found.fates:
        draft.notes.append(
            "This run's record names nothing that was made. Another run's record is read with: runbook run --run-dir."
        )
    if gone := found.of("gone"):
        draft.notes.append("Gone already: " + ", ".join(fate.change.name for fate in gone) + ".")
    _tell_orphans(found.orphans, draft)
    if going:
        names = ", ".join(f"{fate.change.kind} {fate.change.name}" for fate in going)
        draft.confirmation = f"{len(going)} things are deleted for good: {names}."


def _tell_orphans(nobodys: Sequence[Assignment] | None, draft: Draft) -> None:
    if nobodys is None:
        draft.notes.append("Whether there are orphaned role assignments cannot be told: you are not allowed to look.")
    elif nobodys:
        rows = tuple((one.role, one.principal_id, one.scope) for one in nobodys)
        caption = "Orphaned role assignments (the portal says: Identity not found)"
        draft.blocks.append(Table(("Role", "Object id that nobody has", "Scope"), rows, caption))
    else:
        draft.notes.append("No orphaned role assignments were found.")


def _untaken(found: Findings) -> Check:
    kept = [f"{fate.change.kind} {fate.change.name}: {fate.reason}" for fate in found.of("stays") if not fate.obstacle]
    return Check("What others need stays", "passed", "\n".join(kept) or "nothing had to be kept")


def _untouched(plan: Plan) -> Outcome:
    title = "Nothing was removed: it was not confirmed"
    return Outcome(plan.step, title, {}, (), (HOW_TO_CONFIRM,), "warning", if_empty="Everything is as it was.")
