"""Exercises: one real trouble each, staged in your own sandbox, for you to find and fix.

`exercise("owner-gets-403")` returns one. A new one is a module here and a notebook: notebooks/exercises/README.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bench import Bench
    from .shape import Exercise

NAMES = (
    "owner-gets-403",
    "greyed-out-box",
    "a-taken-name",
    "unregistered-provider",
    "wrong-id",
    "wrong-scope",
    "group-and-guest",
    "eligible-owner",
    "identity-off",
    "role-removed",
    "closed-door",
    "locked-group",
    "wrong-tenant",
    "failing-azure",
)
"""All exercises, in the order in which they teach best. Each has the module of its name."""


def kind(name: str) -> type[Exercise]:
    """Return the class of an exercise. Raises InputError if there's none of that name."""
    from ..errors import InputError

    if name not in NAMES:
        raise InputError(
            f"There is no exercise {name!r}.", meaning=f"The exercises are: {', '.join(NAMES)}.", remedy="Use one."
        )
    module = import_module(f".{name.replace('-', '_')}", __name__)
    found: type[Exercise] = module.EXERCISE
    return found


def exercise(name: str, *, seed: str = "", learner: str = "", bench: Bench | None = None) -> Exercise:
    """Return an exercise in your own sandbox, which starts if it isn't running.

    The `seed` chooses the scenery, so that a class has the same. `learner` chooses the ids in the names, by default
    from the variable RUNBOOK_LEARNER. Raises InputError if there's no such exercise, and SandboxUnavailable.
    """
    made = kind(name)
    if bench is None:
        from .bench import own_bench

        bench = own_bench()
    return made(bench, seed=seed, learner=learner)
