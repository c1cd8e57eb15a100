"""Removing what a run made, and nothing else: the journal says what that is, and Azure what has become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ...azure.resource_ids import scope_of
from ...azure.waiting import before_repeating
from ...errors import AzureRefused, RunbookError
from ...explain.translate import explaining
from .assessment import RemovalOutcome, deletion_of, needed_by_others, obstacle_of, ours_of, outcomes, shows_more
from .context import Context, Progress
from .problems import Problem
from .removal import Made, Removal, not_provably_ours, removers
from .results import Undone


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
            done.append(_settled(context, outcome, progress, seconds, needed_by_others(done)))
    return [*done, *(_last(context, outcome, done, progress, seconds) for outcome in waiting)]


def _settled(
    context: Context, outcome: RemovalOutcome, progress: Progress, seconds: float, others: frozenset[str]
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
    if outcome.verdict != "goes" or not shows_more(context, outcome.change):
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
        return _settled(context, outcome, progress, seconds, needed_by_others(done))
    return replace(outcome, verdict="stays", reason=f"you need it to see whether others use {needed[0]}, which stays")


def _remove(context: Context, outcome: RemovalOutcome, seconds: float, others: frozenset[str]) -> RemovalOutcome:
    remover, doing = removers()[outcome.change.kind], f"removing {outcome.change.name}"
    ours = ours_of(context, ((outcome.step, outcome.change), *outcome.takes)) - others
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
        return replace(outcome, verdict="stays", reason=error.message, obstacle=obstacle_of(error))
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
        with context.journal.doing(step, deletion_of(change)):
            pass
        if change.kind in removers():
            removers()[change.kind].forget(Removal(context, change, frozenset()))
