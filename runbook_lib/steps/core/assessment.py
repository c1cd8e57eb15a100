"""What would become of what a run made: it goes, or it stays and why. Looks only; `undo` does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...azure.permissions import Permissions
from ...errors import RunbookError
from ...explain.translate import explaining
from ...record.change import Change
from . import locks
from .context import Context
from .kinds import required_permissions
from .locks import Lock
from .plan_builder import not_permitted
from .problems import Problem
from .recipes import Recipe
from .removal import Made, Removal, not_provably_ours, removers


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
        return deletion_of(self.change, f"with its data: {data} of this run" if data else held)

    def recipe(self, context: Context) -> Recipe:
        """Look at it, and say how somebody removes it by hand. Raises what the client raises."""
        return removers()[self.change.kind].recipe(Removal(context, self.change, frozenset(), self.going))


def outcomes(context: Context, made: Sequence[Made]) -> list[RemovalOutcome]:
    """Say what would become of each thing, in the order in which they go. Looks only.

    What stays because it's another's, or others need it, counts as another's in what holds it: that stays too.
    """
    ours, others = ours_of(context, made), frozenset[str]()
    while True:
        found = _assessed(_Assessment(context, ours - others), made)
        if needed_by_others(found) <= others:
            return found
        others |= needed_by_others(found)


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
            return RemovalOutcome(step, change, "stays", error.message, obstacle_of(error))

    def place(self, change: Change) -> tuple[int, bool]:
        """Return its place in the order of removal: by kind, and last what lets the account see more."""
        remover = removers().get(change.kind)
        return remover.kind.rank if remover else 0, shows_more(self.context, change)

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


def ours_of(context: Context, made: Iterable[Made]) -> frozenset[str]:
    """Return the ids of what this run made for the same set-up: its other set-ups are others, too."""
    setups, made = context.journal.setups(), list(made)
    meant = frozenset[str]().union(*(setups.get(change.resource_id.lower(), ()) for _, change in made))
    known = {change.resource_id.lower() for _, change in context.journal.made_by()}
    mine = {one for one in known if not meant or not setups.get(one) or meant & setups[one]}
    return frozenset(mine | {change.resource_id.lower() for _, change in made})


def needed_by_others(found: Iterable[RemovalOutcome]) -> frozenset[str]:
    """Return the ids of what stays because it's another's or others need it, not because something is in the way."""
    staying = (one.change for one in found if one.verdict == "stays" and not one.obstacle)
    made = (one for one in staying if one.action not in ("register", "update") and one.kind in removers())
    # What isn't a resource (data, identities of an instance) is looked at by what holds it.
    return frozenset(one.resource_id.lower() for one in made if removers()[one.kind].locks)


def _going(found: Iterable[RemovalOutcome]) -> frozenset[str]:
    return frozenset(outcome.change.resource_id.lower() for outcome in found if outcome.verdict in ("goes", "gone"))


def deletion_of(change: Change, details: str = "") -> Change:
    """Return the change that removes what another change has made."""
    return Change("delete", change.kind, change.name, change.resource_id, details)


def obstacle_of(error: RunbookError) -> Problem:
    """Return an error as what keeps a thing."""
    return Problem("", error.message, error.meaning, error.remedy, error.who, "azure", blocking=False)


def shows_more(context: Context, change: Change) -> bool:
    """Tell whether something lets the account see what others have put somewhere."""
    return change.kind in removers() and removers()[change.kind].shows_more(Removal(context, change, frozenset()))
