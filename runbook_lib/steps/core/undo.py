"""Removing what a run made, and nothing else: the journal says what that is, and Azure what has become of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...azure.permissions import Permissions
from ...azure.resource_ids import scope_of
from ...azure.waiting import before_repeating
from ...errors import AzureRefused, RunbookError
from ...explain.translate import explaining
from ...record.change import Change
from . import locks
from .context import Context, Progress
from .kinds import required_permissions
from .locks import Lock
from .plan_builder import not_permitted
from .problems import Problem
from .recipes import Recipe
from .removal import Made, Removal, not_provably_ours, removers
from .results import Undone


@dataclass(frozen=True)
class RemovalOutcome:
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
        """The change that removes it."""
        counted = Counter(change.kind.lower() for _, change in self.takes)
        data = ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in counted.items())
        held = self.change.details if removers()[self.change.kind].tells_details else ""
        return _deletion(self.change, f"with its data: {data} of this run" if data else held)

    def recipe(self, context: Context) -> Recipe:
        """Look at it, and say how somebody removes it by hand. Raises what the client raises."""
        return removers()[self.change.kind].recipe(Removal(context, self.change, frozenset(), self.going))


def undo(
    context: Context,
    step: str,
    title: str,
    seconds: float,
    progress: Progress,
    is_meant: Callable[[str], bool],
) -> Undone:
    """Remove what this run made with a step; what can't go is kept, with the reason. `seconds` is for each thing.

    `is_meant` tells of a resource id whether it belongs to the set-up that is undone.
    """
    journal = context.journal
    if damaged := tampered(context):
        return Undone(step, "Nothing was undone", (), ((damaged.message, f"{damaged.meaning} {damaged.remedy}"),))
    unconfirmed = [change for change in journal.unfinished(step).values() if is_meant(change.resource_id)]
    kept = [(change.name, "started but never confirmed: run the step again first") for change in unconfirmed]
    planned = outcomes(context, [(step, change) for change in journal.made(step) if is_meant(change.resource_id)])
    done = remove_all(context, planned, progress, seconds)
    kept += [(one.change.name, one.reason) for one in done if one.verdict != "removed"]
    removed = tuple(one.deletion for one in done if one.verdict == "removed")
    told = f"Undone: {title[0].lower()}{title[1:]}" if removed else "Nothing was undone"
    result = Undone(step, told, removed, tuple(kept))
    journal.record("undo", step, undone=result.as_json())
    return result


def tampered(context: Context) -> Problem | None:
    """Return the problem of a record that nothing can be removed by; None when every line is as it was written."""
    damages = context.journal.damages()
    if not damages:
        return None
    return Problem(
        "",
        f"The record {context.journal.path} was changed or damaged: {'; '.join(map(str, damages[:3]))}.",
        "What this run made can't be proved from it, so nothing is removed.",
        "Restore the file from a copy, or remove things yourself after looking at each.",
        "You.",
        "azure",
    )


def outcomes(context: Context, made: Sequence[Made]) -> list[RemovalOutcome]:
    """Say what would become of each thing, in the order in which they go. Looks only.

    What stays because it's another's, or others need it, counts as another's in what holds it: that stays too.
    """
    ours, others = _ours(context, made), frozenset[str]()
    while True:
        found = _assessed(_Assessment(context, ours - others), made)
        if _needed(found) <= others:
            return found
        others |= _needed(found)


def _assessed(assessment: _Assessment, made: Sequence[Made]) -> list[RemovalOutcome]:
    contents = {change.resource_id: assessment.contents(step, change, made) for step, change in made}
    taken = {one for things in contents.values() for one in things}
    found: list[RemovalOutcome] = []
    # Within a kind, what was made last goes first.
    for number in sorted(range(len(made)), key=lambda one: (*assessment.place(made[one][1]), -one)):
        step, change = made[number]
        if (step, change) not in taken:
            going = _going(found)
            outcome = assessment.outcome(step, change, going)
            found.append(replace(outcome, takes=contents[change.resource_id], going=going))
    return found


def half_made(context: Context) -> tuple[list[Made], list[RemovalOutcome]]:
    """Sort what began and was never confirmed: what is this run's, or not there at all; and what may be another's."""
    ours: list[Made] = []
    doubtful: list[RemovalOutcome] = []
    for step, change in context.journal.unfinished_by():
        if change.action == "delete" or change.kind not in removers():
            continue
        remover, removal = removers()[change.kind], Removal(context, change, frozenset())
        with explaining(f"looking at {change.name}"):
            mine = not remover.exists(removal) or remover.is_ours(removal)
        if mine:
            ours.append((step, change))
        else:
            reason = f"it was started but never confirmed as this run's: run the step {step} again first"
            remedy = f"Run the step {step} again, then clean up."
            unclear = Problem(
                "", f"{change.kind} {change.name}: {reason}.", "", remedy, "You.", "azure", blocking=False
            )
            doubtful.append(RemovalOutcome(step, change, "stays", reason, unclear))
    return ours, doubtful


def remove_all(
    context: Context, planned: Iterable[RemovalOutcome], progress: Progress, seconds: float
) -> list[RemovalOutcome]:
    """Remove what goes, one after the other, each looked at once more; return what became of everything.

    A refusal keeps one thing, and the others go on: the outcome says why. `seconds` is for each thing.
    """
    planned = list(planned)
    for outcome in planned:
        if outcome.verdict == "stays" and not outcome.obstacle:
            # Who can look later may see less: the roles that let us look go too.
            noted = {"resource_id": outcome.change.resource_id, "kind": outcome.change.kind}
            context.journal.record("found", outcome.step, **noted, reason=outcome.reason)
    done: list[RemovalOutcome] = []
    waiting: list[RemovalOutcome] = []
    for outcome in planned:
        if _waits(context, outcome, done):
            waiting.append(outcome)
        else:
            done.append(_settled(context, outcome, progress, seconds, _needed(done)))
    return [*done, *(_last(context, outcome, done, progress, seconds) for outcome in waiting)]


def _settled(
    context: Context, outcome: RemovalOutcome, progress: Progress, seconds: float, others: frozenset[str] = frozenset()
) -> RemovalOutcome:
    if outcome.verdict == "gone":
        _close(context, ((outcome.step, outcome.change),))
        return replace(outcome, reason="it was already gone")
    if outcome.verdict == "goes":
        progress.phase(f"Removing {outcome.change.kind} {outcome.change.name}", removers()[outcome.change.kind].usual)
        return _remove(context, outcome, seconds, others)
    return outcome


def _waits(context: Context, outcome: RemovalOutcome, done: Sequence[RemovalOutcome]) -> bool:
    """Tell whether something has to wait because one of its kind, at the same place, couldn't be removed."""
    if outcome.verdict != "goes" or not _shows_more(context, outcome.change):
        return False
    place = scope_of(outcome.change.resource_id).lower()
    return any(one.obstacle and scope_of(one.change.resource_id).lower() == place for one in done)


def _last(
    context: Context, outcome: RemovalOutcome, done: Sequence[RemovalOutcome], progress: Progress, seconds: float
) -> RemovalOutcome:
    """Remove what had to wait, unless what it's for stays: until that goes, you need it to see who uses that."""
    place = scope_of(outcome.change.resource_id).lower()
    needed = [one.change.name for one in done if one.change.resource_id.lower() == place and one.verdict == "stays"]
    if not needed:
        return _settled(context, outcome, progress, seconds)
    return replace(outcome, verdict="stays", reason=f"you need it to see whether others use {needed[0]}, which stays")


def _shows_more(context: Context, change: Change) -> bool:
    return change.kind in removers() and removers()[change.kind].shows_more(Removal(context, change, frozenset()))


def _remove(context: Context, outcome: RemovalOutcome, seconds: float, others: frozenset[str]) -> RemovalOutcome:
    remover, doing = removers()[outcome.change.kind], f"removing {outcome.change.name}"
    ours = _ours(context, ((outcome.step, outcome.change), *outcome.takes)) - others
    removal = Removal(context, outcome.change, ours, seconds=seconds)
    try:
        with explaining(doing):
            if not remover.exists(removal):
                _close(context, ((outcome.step, outcome.change), *outcome.takes))
                return replace(outcome, verdict="gone", reason="it was already gone")
            if reason := not_provably_ours(removal) or remover.blocker(removal):
                return replace(outcome, verdict="stays", reason=reason)
        with (
            context.journal.doing(outcome.step, outcome.deletion),
            explaining(doing),
            before_repeating(lambda _: _see_that_it_is_still_ours(removal)),
        ):
            remover.remove(removal)
    except RunbookError as error:
        return replace(outcome, verdict="stays", reason=error.message, obstacle=_refused(error))
    context.journal.settle(outcome.step, outcome.change.resource_id)
    remover.forget(removal)
    _close(context, outcome.takes)
    return replace(outcome, verdict="removed")


def _see_that_it_is_still_ours(removal: Removal) -> None:
    """Raise AzureRefused when others have made it again, or work with it, since the removal was asked for."""
    remover = removers()[removal.change.kind]
    if remover.exists(removal) and (reason := not_provably_ours(removal) or remover.blocker(removal)):
        raise AzureRefused(f"{removal.change.kind} {removal.change.name} stays: {reason}.", who="You.")


def _close(context: Context, gone: Iterable[Made]) -> None:
    """Let the journal count things as made, or begun, no longer."""
    for step, change in gone:
        context.journal.settle(step, change.resource_id)
        with context.journal.doing(step, _deletion(change)):
            pass
        if change.kind in removers():
            removers()[change.kind].forget(Removal(context, change, frozenset()))


@dataclass
class _Assessment:
    context: Context
    ours: frozenset[str]
    _locks: dict[tuple[str, str], Sequence[Lock]] = field(default_factory=dict)
    _seen: dict[str, Any] = field(default_factory=dict)
    _places: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._permissions = Permissions(self.context.clients)

    def outcome(self, step: str, change: Change, going: frozenset[str] = frozenset()) -> RemovalOutcome:
        """Look at one thing; `going` are the ids of those that will be gone by then."""
        if change.action == "update":
            return RemovalOutcome(step, change, "stays", "it was there before this run, which only changed it")
        if change.action == "register":
            return RemovalOutcome(step, change, "stays", "registration costs nothing, and other instances may need it")
        if change.kind not in removers():
            return RemovalOutcome(step, change, "stays", "this guide does not know how to remove it")
        removal = self._removal(change, going)
        try:
            with explaining(f"looking at {change.name}"):
                return self._assess(step, removal)
        except RunbookError as error:
            return RemovalOutcome(step, change, "stays", error.message, _refused(error))

    def place(self, change: Change) -> tuple[int, bool]:
        """Return its place in the order of removal: by kind, and last what lets the account see more."""
        remover = removers().get(change.kind)
        return remover.kind.rank if remover else 0, _shows_more(self.context, change)

    def contents(self, step: str, change: Change, made: Sequence[Made]) -> tuple[Made, ...]:
        """Return those of the things made that go with this one; nothing when it stays."""
        remover = removers().get(change.kind)
        contents = remover.contents(self._removal(change), made) if remover else ()
        return contents if contents and self.outcome(step, change).verdict == "goes" else ()

    def _removal(self, change: Change, going: frozenset[str] = frozenset()) -> Removal:
        return Removal(self.context, change, self.ours, going, seen=self._seen, places=self._places)

    def _assess(self, step: str, removal: Removal) -> RemovalOutcome:
        remover, change = removers()[removal.change.kind], removal.change
        if not remover.exists(removal):
            return RemovalOutcome(step, change, "gone")
        if reason := not_provably_ours(removal) or remover.blocker(removal):
            return RemovalOutcome(step, change, "stays", reason)
        for obstacle in (self._locked(removal), self._forbidden(removal)):
            if obstacle:
                return RemovalOutcome(step, change, "stays", obstacle.message, obstacle)
        return RemovalOutcome(step, change, "goes")

    def _locked(self, removal: Removal) -> Problem | None:
        if not removers()[removal.change.kind].locks:
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
        return Problem(
            "", message, "A lock forbids deletions, whatever role you have.", remedy, who, "azure", blocking=False
        )

    def _forbidden(self, removal: Removal) -> Problem | None:
        remover = removers()[removal.change.kind]
        scope, command = remover.scope(removal), remover.command(removal.change)
        if not scope:
            return None  # data of an instance that only its host name is known of: it tells by refusing
        for need in required_permissions("delete", removal.change.kind):
            verdict = self._permissions.may(need.action, scope, data=need.data)
            if verdict.answer == "no":
                return not_permitted(self._permissions.account, need, verdict, command=command, blocking=False)
        return None


def _ours(context: Context, made: Iterable[Made]) -> frozenset[str]:
    """Return the ids of what this run made for the same set-up: its other set-ups are others, too."""
    setups, made = context.journal.setups(), list(made)
    meant = frozenset[str]().union(*(setups.get(change.resource_id.lower(), ()) for _, change in made))
    known = {change.resource_id.lower() for _, change in context.journal.made_by()}
    mine = {one for one in known if not meant or not setups.get(one) or meant & setups[one]}
    return frozenset(mine | {change.resource_id.lower() for _, change in made})


def _needed(found: Iterable[RemovalOutcome]) -> frozenset[str]:
    """Return the ids of what stays because it's another's or others need it, not because something is in the way."""
    staying = (one.change for one in found if one.verdict == "stays" and not one.obstacle)
    made = (one for one in staying if one.action not in ("register", "update") and one.kind in removers())
    # What isn't a resource (data, identities of an instance) is looked at by what holds it.
    return frozenset(one.resource_id.lower() for one in made if removers()[one.kind].locks)


def _going(found: Iterable[RemovalOutcome]) -> frozenset[str]:
    return frozenset(outcome.change.resource_id.lower() for outcome in found if outcome.verdict in ("goes", "gone"))


def _deletion(change: Change, details: str = "") -> Change:
    return Change("delete", change.kind, change.name, change.resource_id, details)


def _refused(error: RunbookError) -> Problem:
    return Problem("", error.message, error.meaning, error.remedy, error.who, "azure", blocking=False)
