"""Making one change of a plan: recorded before and after, never over what others have made in the meantime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from ...azure.waiting import before_repeating
from ...errors import AzureRefused, RunbookError, TimedOut
from ...explain.translate import explaining
from ...record.change import Change
from .context import Context
from .removal import Removal, removers

_PRECONDITION_FAILED = 412
REPLICATION_SECONDS = 30.0
"""How long a thing that Azure has confirmed can be unknown to one of its servers. Modelled: no number is documented."""


def make(
    context: Context, step: str, changes: Sequence[Change], doing: str, create: Callable[[], object]
) -> tuple[Change, ...]:
    """Make changes with `create`, one call that returns when Azure is done; return those that this run has made.

    `doing` is how an error names it. What is new is looked for once more right before, and stamped right after. Raises
    AzureRefused when somebody else was faster: then nothing is overwritten, and it stays theirs.
    """
    new = [_Creation(context, step, change) for change in changes if _creates(change)]

    def look_again(answer_was_lost: bool = False) -> None:
        for creation in new:
            creation.refuse_if_taken(answer_was_lost=answer_was_lost)

    look_again()
    with ExitStack() as stack:
        stack.enter_context(before_repeating(look_again))
        in_progress = {change: stack.enter_context(context.journal.doing(step, change)) for change in changes}
        stack.enter_context(explaining(doing))
        try:
            answer = _unless_there(create)
        except AlreadyThere:
            for change in in_progress.values():
                change.found = True
            return ()
        for creation in new:
            change = in_progress[creation.change]
            change.stamp = creation.stamp(answer, replaced=change.replaced)
    return tuple(changes)


class AlreadyThere(Exception):
    """Others have made it, in a way that is as good: a role under another id. Raised by what creates it."""


def _unless_there(create: Callable[[], object]) -> object:
    """Create something; return None if Azure says that it's there. Whose it is, the look at it tells."""
    from azure.core.exceptions import HttpResponseError

    try:
        return create()
    except HttpResponseError as error:
        if error.status_code != _PRECONDITION_FAILED:
            raise
        return None


def _creates(change: Change) -> bool:
    return change.action in ("create", "assign") and change.kind in removers()


class _Creation:
    """One new thing, before and after Azure is asked for it."""

    def __init__(self, context: Context, step: str, change: Change) -> None:
        self.change = change
        self._was_given_up = False
        self._step = step
        self._remover = removers()[change.kind]
        self._removal = Removal(context, change, frozenset())

    def refuse_if_taken(self, *, answer_was_lost: bool = False) -> None:
        """Raise AzureRefused when it is there by now, unless this run has begun it and Azure has given it up.

        `answer_was_lost`: a try to make it got no answer, so that it can be this run's.
        """
        with explaining(f"looking for {self.change.name}"):
            taken = self._remover.exists(self._removal)
            if taken and (answer_was_lost or self._is_given_up()):
                taken = bool(self._remover.other_maker(self._removal) or self._remover.is_another(self._removal, None))
        if taken:
            raise somebody_was_faster(self._removal.context, self._step, self.change)

    def _is_given_up(self) -> bool:
        """Tell whether this run has begun it and Azure has given it up: then it's written once more."""
        begun = self._removal.context.journal.begun_at(self.change.resource_id)
        self._was_given_up = begun is not None and self._remover.has_failed(self._removal)
        return self._was_given_up

    def stamp(self, answer: object, *, replaced: bool) -> str:
        """Return Azure's stamp. Raises AzureRefused when it's by somebody else: Azure says so, or not what was made.

        `replaced`: Azure says that the request has written over one that was there.
        """
        try:
            with explaining(f"looking at {self.change.name}"):
                self._wait_until_it_shows()
                who = self._remover.other_maker(self._removal)
                another = self._remover.is_another(self._removal, answer)
                stamp = self._remover.stamp(self._removal)
        except RunbookError as error:
            error.uncertain = True  # Azure has made it, and only the look at it failed: a rerun finds it
            raise
        if who or another or (replaced and not self._was_given_up):
            raise somebody_was_faster(self._removal.context, self._step, self.change, who)
        return stamp

    def _wait_until_it_shows(self) -> None:
        """Wait until Azure shows what was just made: not every server knows it at once. Raises TimedOut."""
        waiting = self._removal.context.waiting
        if not waiting.shown(lambda: self._remover.exists(self._removal) or None, REPLICATION_SECONDS):
            raise TimedOut(
                f"Azure has accepted {self.change.kind} {self.change.name}, but didn't show it for "
                f"{REPLICATION_SECONDS:.0f} s.",
                meaning="Either Azure's servers don't know it yet, or somebody has deleted it. The record has it.",
                remedy="Wait a minute, then run this again: it looks for it first.",
                who="You.",
            )


def somebody_was_faster(context: Context, step: str, change: Change, who: str = "") -> AzureRefused:
    """Record that others made what the plan would have made, and return the error that says so."""
    context.journal.record("found", step, resource_id=change.resource_id, kind=change.kind, maker=who)
    noted = f"Azure notes {who} as its creator, and you are {context.clients.target.account().name}. " if who else ""
    return AzureRefused(
        f"Somebody else created {change.kind} {change.name} in the meantime.",
        meaning=f"{noted}This run leaves it as it is and will never remove it.",
        remedy="Run this again: the new plan takes into account what is there now. Or choose another name.",
        who="You.",
    )


def settle_rest(context: Context, step: str) -> tuple[Change, ...]:
    """Close what earlier runs of a step began and never confirmed, by what Azure shows; return what they made."""
    settled: list[Change] = []
    for change in tuple(context.journal.unfinished(step).values()):
        removal = Removal(context, change, frozenset())
        with explaining(f"looking at {change.name}"):
            unmade = _unmade(change, removal)
            if unmade:
                context.journal.give_up(step, change.resource_id, unmade)
            else:
                stamp = removers()[change.kind].stamp(removal) if _creates(change) else ""
                settled += context.journal.settle(step, change.resource_id, stamp=stamp)
    return tuple(settled)


def _unmade(change: Change, removal: Removal) -> str:
    """Say why a change that was begun doesn't count as made; empty when it does."""
    remover = removers().get(change.kind)
    if remover is None or change.action in ("register", "update"):
        return ""  # the step has just seen to it that it is so
    there = remover.exists(removal)
    if change.action == "delete":
        return "a later run found it still there" if there else ""
    if not there:
        return "a later run found that Azure never made it"
    return "" if remover.is_ours(removal) else "a later run found it, and nothing proves that this run made it"
