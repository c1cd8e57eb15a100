"""How long each notebook's step waits for Azure: it is not the plan or the wire that says so, but the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from runbook_lib.errors import TimedOut
from runbook_lib.steps.core.step import Step
from tests.steps import data
from tests.steps.cleaning import after_first_parts
from tests.steps.plant import identity_step
from tests.steps.world import World

from . import test_private_access
from .rerun import Make

Act = Callable[[Step[Any, Any]], str]
"""Lets a step wait in vain, and returns what it says of that."""


def gives_up(step: Step[Any, Any]) -> str:
    with pytest.raises(TimedOut) as caught:
        step.apply()
    return caught.value.message


def cannot_be_proved(step: Step[Any, Any]) -> str:
    step.apply()
    verification = step.verify()
    assert not verification.passed
    return str(verification)


def leaves_the_rest(step: Step[Any, Any]) -> str:
    return "\n".join(step.apply().notes)


def unregistered(world: World) -> None:
    world.start_here().apply()
    world.somebody_unregisters("Microsoft.DigitalTwins")


def created(world: World) -> None:
    world.start_here().apply()
    world.create().apply()


def access_given(world: World) -> None:
    created(world)
    world.assign().apply()


def guide_run(world: World) -> None:
    world.start_here().apply()
    after_first_parts(world)


@dataclass(frozen=True)
class Wait:
    """A step that has to wait when it is run again."""

    prepare: Callable[[World], None]
    make: Make
    act: Act


WAITS = {
    "00-start-here": Wait(unregistered, World.start_here, gives_up),
    "01-create-instance": Wait(created, lambda world, **more: world.create(system_identity=True, **more), gives_up),
    "02-assign-access": Wait(created, World.assign, cannot_be_proved),
    "03-managed-identity": Wait(created, identity_step, gives_up),
    "04-private-access": Wait(created, test_private_access.make, gives_up),
    "05-connect-a-client": Wait(access_given, data.call, gives_up),
    "06-clean-up": Wait(
        guide_run, lambda world, **more: world.clean_up(confirm_clean_up=True, **more), leaves_the_rest
    ),
}


@pytest.mark.parametrize("notebook", WAITS)
def test_a_rerun_waits_as_long_as_it_was_told(world: World, notebook: str) -> None:
    wait = WAITS[notebook]
    wait.prepare(world)
    world.stuck = True
    for minutes in (1, 3):
        world.slept.clear()
        told = wait.act(wait.make(world, timeout_minutes=minutes))
        assert f"after {minutes} minute" in told
        assert sum(world.slept) == pytest.approx(minutes * 60, abs=1)
