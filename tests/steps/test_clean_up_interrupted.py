"""Cleaning up after runs that were not finished, and cleaning up that was not finished itself."""

from __future__ import annotations

import pytest

from tests import azure

from .cleaning import EVERYTHING, after_first_parts, exists, kinds
from .world import GROUP, World


@pytest.fixture
def done(ready: World) -> World:
    """A world in which the guide has run: an instance, and access for its owner."""
    return after_first_parts(ready)


def begin_and_give_up_waiting(world: World, who: str = "owner") -> None:
    """Ask for the instance, and never learn that Azure has made it."""
    world.stuck = True
    with pytest.raises(Exception, match="Timed out"):
        world.create(who, timeout_minutes=1).apply()
    world.stuck = False
    world.clock.advance(600)


def test_an_instance_that_never_came_to_be_is_forgotten(ready: World) -> None:
    begin_and_give_up_waiting(ready)
    azure.management(ready.sandbox).digital_twins.begin_delete(GROUP, "my-first-twins", polling=False)
    ready.clock.advance(600)
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == ["Resource group"]
    step.apply()
    assert ready.journal.unfinished() == {}
    assert step.plan().empty


def test_an_instance_that_was_not_waited_for_goes_when_azure_says_who_made_it(ready: World) -> None:
    begin_and_give_up_waiting(ready)
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.apply().made) == EVERYTHING[1:]
    assert ready.journal.unfinished() == {}
    assert ready.journal.made("create-instance") == ()


def test_what_this_run_began_goes_whoever_is_signed_in_when_it_bears_the_runs_tag(ready: World) -> None:
    begin_and_give_up_waiting(ready, "operator")
    assert kinds(ready.clean_up("owner", confirm_clean_up=True).apply().made) == EVERYTHING[1:]


def test_what_began_here_and_the_same_account_made_in_another_way_stays(ready: World) -> None:
    """Azure notes the account of this run as its creator, at a time that fits. The run's tag is missing."""
    begin_and_give_up_waiting(ready)
    azure.management(ready.sandbox).digital_twins.begin_delete(GROUP, "my-first-twins", polling=False)
    ready.clock.advance(600)
    ready.somebody_makes("my-first-twins", finished=True)
    step = ready.clean_up(confirm_clean_up=True)
    assert step.plan().empty
    (problem,) = step.plan().problems
    assert "never confirmed" in problem.message
    step.apply()
    assert exists(ready)
    assert not step.verify().passed, "what may be this run's is left, so the clean-up isn't called complete"


def test_an_interrupted_clean_up_goes_on(done: World) -> None:
    done.interrupts(done.clean_up(confirm_clean_up=True))
    step = done.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == EVERYTHING[1:]
    step.apply()
    assert step.plan().empty
    assert step.verify().passed


def test_a_slow_deletion_is_said_and_the_rest_waits(done: World) -> None:
    done.stuck = True
    step = done.clean_up(confirm_clean_up=True, timeout_minutes=1)
    outcome = step.apply()
    assert kinds(outcome.made) == ["Role"]
    assert "Timed out after 1 minute" in outcome.notes[0]
    assert not step.verify().passed
    done.stuck = False
    done.clock.advance(600)
    assert kinds(step.apply().made) == ["Resource group"]
    assert step.verify().passed


def test_what_is_gone_already_is_said(done: World) -> None:
    azure.management(done.sandbox).digital_twins.begin_delete(GROUP, "my-first-twins", polling=False)
    done.clock.advance(600)
    step = done.clean_up(confirm_clean_up=True)
    assert any(note.startswith("Already gone: ") and "my-first-twins" in note for note in step.plan().notes)
    assert kinds(step.apply().made) == ["Resource group"]
