"""Taking back what a run made, and nothing else: the journal says what that is, and Azure what has become of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...azure.permissions import Permissions
from ...errors import RunbookError
from ...explain.translate import explaining
from ...record.change import Change
from ..core import kinds, locks
from ..core.locks import Lock
from ..core.plan_builder import not_permitted
from ..core.problems import Problem
from ..core.recipes import Way
from ..core.removal import Removal
from ..core.results import Undone
from ..core.step import Context, Progress, Step
from ..data_plane.removers import instance_of, is_in
from ..instance.removers import REMOVERS
from ..subscription import resources

Made = tuple[str, Change]
"""The step that made something, and the change that did."""


@dataclass(frozen=True)
class Fate:
    """One thing of this run, and what becomes of it."""

    step: str
    change: Change
    verdict: Literal["goes", "stays", "gone", "removed"]
    """It would go; it stays; it was gone already; it has been removed."""
    reason: str = ""
    """Why it stays."""
    obstacle: Problem | None = None
    """What keeps it, when somebody can cure that: a lock, a missing permission, a refusal of Azure."""
    takes: tuple[Made, ...] = ()
    """Things of this run that go with it, without a call of their own: the data of an instance."""
    going: frozenset[str] = frozenset()
    """Lower-cased resource ids of what is gone by then."""

    @property
    def deletion(self) -> Change:
        """The change that takes it back."""
        counted = Counter(change.kind.lower() for _, change in self.takes)
        data = ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in counted.items())
        held = self.change.details if self.change.kind in (kinds.ROLE, kinds.ORPHAN) else ""
        return _deletion(self.change, f"with its data: {data} of this run" if data else held)

    def way(self, context: Context) -> Way:
        """Look at it, and say how somebody takes it back by hand. Raises what the client raises."""
        removal = Removal(context, self.change, frozenset(), self.going)
        return REMOVERS[self.change.kind].way(removal)


def undo(step: Step[Any], progress: Progress) -> Undone:
    """Take back what this run made with the step; what cannot go is kept, with the reason."""
    journal = step.context.journal
    unconfirmed = journal.unfinished(step.id).values()
    kept = [(change.name, "began, but was never confirmed: run the step again first") for change in unconfirmed]
    planned = fates(step.context, [(step.id, change) for change in journal.made(step.id)])
    done = take_back(step.context, planned, progress, float(step.parameters.timeout_minutes * 60))
    kept += [(fate.change.name, fate.reason) for fate in done if fate.verdict != "removed"]
    removed = tuple(fate.deletion for fate in done if fate.verdict == "removed")
    title = f"Taken back: {step.title[0].lower()}{step.title[1:]}" if removed else "Nothing was taken back"
    result = Undone(step.id, title, removed, tuple(kept))
    journal.record("undo", step.id, undone=result.as_json())
    return result


def fates(context: Context, made: Sequence[Made]) -> list[Fate]:
    """Say what would become of each thing, in the order in which they go. Looks only."""
    judge = _Judge(context, _ours(context, made))
    with_instance: dict[str, tuple[Made, ...]] = {}
    for step, change in made:
        if change.kind == kinds.INSTANCE and judge.fate(step, change).verdict == "goes":
            with_instance[change.resource_id] = judge.data_of(change, made)
    taken = {one for things in with_instance.values() for one in things}
    found: list[Fate] = []
    # Within a kind, what was made last goes first.
    for number in sorted(range(len(made)), key=lambda one: (_rank(made[one][1]), -one)):
        step, change = made[number]
        if (step, change) not in taken:
            going = _going(found)
            fate = judge.fate(step, change, going)
            found.append(replace(fate, takes=with_instance.get(change.resource_id, ()), going=going))
    return found


def half_made(context: Context) -> tuple[list[Made], list[Fate]]:
    """Sort what began and was never confirmed: what is this run's, or not there at all; and what may be another's."""
    account = context.clients.target.account()
    me = {account.name.lower(), account.object_id.lower()} - {""}
    ours: list[Made] = []
    doubtful: list[Fate] = []
    for step, change in context.journal.unfinished_by():
        if change.action == "delete" or change.kind not in REMOVERS:
            continue
        remover, removal = REMOVERS[change.kind], Removal(context, change, frozenset())
        with explaining(f"looking at {change.name}"):
            mine = not remover.exists(removal) or remover.maker(removal).lower() in me
        if mine:
            ours.append((step, change))
        else:
            reason = f"it began, but was never confirmed as this run's: run the step {step} again first"
            doubtful.append(Fate(step, change, "stays", reason))
    return ours, doubtful


def take_back(context: Context, planned: Iterable[Fate], progress: Progress, seconds: float) -> list[Fate]:
    """Remove what goes, one after the other, each looked at once more; return what became of everything.

    A refusal keeps one thing, and the others go on: the fate says why. `seconds` is for each thing.
    """
    done: list[Fate] = []
    for fate in planned:
        if fate.verdict == "gone":
            _close(context, ((fate.step, fate.change),))
            done.append(replace(fate, reason="it was gone already"))
        elif fate.verdict == "goes":
            progress.phase(f"Taking back: {fate.change.kind} {fate.change.name}", REMOVERS[fate.change.kind].usual)
            done.append(_remove(context, fate, seconds))
        else:
            done.append(fate)
    return done


def _remove(context: Context, fate: Fate, seconds: float) -> Fate:
    remover, doing = REMOVERS[fate.change.kind], f"taking back {fate.change.name}"
    removal = Removal(context, fate.change, _ours(context, ((fate.step, fate.change), *fate.takes)), seconds=seconds)
    try:
        with explaining(doing):
            if not remover.exists(removal):
                _close(context, ((fate.step, fate.change), *fate.takes))
                return replace(fate, verdict="gone", reason="it was gone already")
            if reason := remover.hindrance(removal):
                return replace(fate, verdict="stays", reason=reason)
        with context.journal.doing(fate.step, fate.deletion), explaining(doing):
            remover.remove(removal)
    except RunbookError as error:
        return replace(fate, verdict="stays", reason=error.message, obstacle=_refused(error))
    context.journal.settle(fate.step, fate.change.resource_id)
    _close(context, fate.takes)
    return replace(fate, verdict="removed")


def _close(context: Context, gone: Iterable[Made]) -> None:
    """Let the journal count things as made, or begun, no longer."""
    for step, change in gone:
        context.journal.settle(step, change.resource_id)
        with context.journal.doing(step, _deletion(change)):
            pass


@dataclass
class _Judge:
    context: Context
    ours: frozenset[str]
    _locks: dict[tuple[str, str], Sequence[Lock]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._permissions = Permissions(self.context.clients)

    def fate(self, step: str, change: Change, going: frozenset[str] = frozenset()) -> Fate:
        """Look at one thing; `going` are the ids of those that will be gone by then."""
        if change.action == "update":
            return Fate(step, change, "stays", "it was there before this run, which only changed it")
        if change.action == "register":
            return Fate(step, change, "stays", "registration costs nothing, and other instances may need it")
        if change.kind not in REMOVERS:
            return Fate(step, change, "stays", "this guide does not know how to take it back")
        removal = Removal(self.context, change, self.ours, going)
        try:
            with explaining(f"looking at {change.name}"):
                return self._judged(step, removal)
        except RunbookError as error:
            return Fate(step, change, "stays", error.message, _refused(error))

    def data_of(self, change: Change, made: Sequence[Made]) -> tuple[Made, ...]:
        """Return those of the things made that are data of an instance, and so go with it."""
        parts = change.resource_id.split("/")
        there = resources.instance(self.context.clients, parts[2], parts[4], change.name)
        return tuple(one for one in made if there and instance_of(one[1]) and is_in(one[1], there))

    def _judged(self, step: str, removal: Removal) -> Fate:
        remover, change = REMOVERS[removal.change.kind], removal.change
        if not remover.exists(removal):
            return Fate(step, change, "gone")
        if reason := remover.hindrance(removal):
            return Fate(step, change, "stays", reason)
        for obstacle in (self._locked(removal), self._forbidden(removal)):
            if obstacle:
                return Fate(step, change, "stays", obstacle.message, obstacle)
        return Fate(step, change, "goes")

    def _locked(self, removal: Removal) -> Problem | None:
        if not REMOVERS[removal.change.kind].locks:
            return None
        where = (removal.subscription, removal.group)
        if where not in self._locks:
            self._locks[where] = locks.locks(removal.clients, *where)
        found = next((lock for lock in self._locks[where] if lock.forbids_deleting(removal.id)), None)
        if found is None:
            return None
        message = f"{removal.change.kind} {removal.change.name} is protected by the lock {found}."
        remedy = "Have the lock removed if it is not meant for this, then run this again."
        who = "An Owner or a User Access Administrator."
        return Problem("", message, "A lock forbids deletions, whoever wants to.", remedy, who, "azure", blocking=False)

    def _forbidden(self, removal: Removal) -> Problem | None:
        remover, account = REMOVERS[removal.change.kind], self.context.clients.target.account()
        scope, command = remover.scope(removal), remover.command(removal.change)
        if not scope:
            return None  # data of an instance that only its host name is known of: it tells by refusing
        for need in kinds.NEEDS["delete", removal.change.kind]:
            if self._permissions.may(need.action, scope, data=need.data).answer == "no":
                return not_permitted(account, need.action, scope, command=command, blocking=False, data=need.data)
        return None


def _ours(context: Context, made: Iterable[Made]) -> frozenset[str]:
    return frozenset(change.resource_id.lower() for _, change in (*context.journal.made_by(), *made))


def _going(found: Iterable[Fate]) -> frozenset[str]:
    return frozenset(fate.change.resource_id.lower() for fate in found if fate.verdict in ("goes", "gone"))


def _rank(change: Change) -> int:
    return REMOVERS[change.kind].rank if change.kind in REMOVERS else 0


def _deletion(change: Change, details: str = "") -> Change:
    return Change("delete", change.kind, change.name, change.resource_id, details)


def _refused(error: RunbookError) -> Problem:
    return Problem("", error.message, error.meaning, error.remedy, error.who, "azure", blocking=False)
