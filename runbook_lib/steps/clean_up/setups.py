"""Which set-up is cleaned up: a run can have made several instances, and only one of them is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...azure.resource_ids import lies_in, names
from ...parameters import CleanUpParameters
from ...record.change import Change
from ...record.journal import Journal
from ..core.problems import Problem
from ..core.removal import Made
from ..core.setup import is_named

Setups = Mapping[str, frozenset[str]]
"""What `Journal.setups` returns."""


def choose(journal: Journal, wanted: CleanUpParameters) -> str | Problem:
    """Return the resource id of the instance whose set-up is meant, lower-cased; empty when the record knows none.

    It's the one that the parameters name, which is the current one unless they say otherwise.
    """
    setups = journal.setups()
    known = sorted({one for _, change in _recorded(journal) for one in setups.get(change.resource_id.lower(), ())})
    # One that's gone can be named all the same: then nothing of it is left, whatever else there is.
    gone = sorted(frozenset[str]().union(*setups.values()) - set(known))
    named = [one for one in known if is_named(one, wanted)] or [one for one in gone if is_named(one, wanted)]
    if len(named) == 1 or not known:
        return named[0] if named else ""
    listed = ", ".join(names(one)[2] for one in named or known)
    if not named and wanted.instance_name:
        message = f"This run made nothing for an instance {wanted.instance_name!r}."
        return Problem("instance_name", message, f"It made something for: {listed}.", "Name one of these.")
    message = f"This run made something for several instances: {listed}."
    return Problem(
        "instance_name",
        message,
        "Clean-up is about one of them.",
        "Set instance_name, resource_group and subscription.",
    )


def divide(setups: Setups, made: Sequence[Made], about: str) -> tuple[list[Made], list[tuple[Change, str]]]:
    """Split what the run made: what belongs to the set-up, and the rest, each with an instance it was made for."""
    mine = [one for one in made if belongs(setups, one[1], about)]
    rest = [one[1] for one in made if one not in mine]
    return mine, [(change, min(setups[change.resource_id.lower()])) for change in rest]


def belongs(setups: Setups, change: Change, about: str) -> bool:
    """Tell whether something was made for an instance, holds it, or was made for none in particular."""
    made_for = setups.get(change.resource_id.lower())
    return not made_for or about in made_for or lies_in(about, change.resource_id)


def _recorded(journal: Journal) -> list[Made]:
    return [*journal.made_by(), *journal.unfinished_by()]
