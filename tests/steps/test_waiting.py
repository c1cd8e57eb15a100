"""How steps wait for Azure: often enough to feel alive, and never longer than was asked for."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from runbook_lib.azure.waiting import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
from runbook_lib.errors import Stopped, TimedOut
from runbook_lib.steps.instance.kinds import INSTANCE
from tests.steps.world import World


def test_pauses_between_looks_begin_short_and_grow_up_to_the_longest(ready: World) -> None:
    ready.stuck = True
    with pytest.raises(TimedOut):
        ready.create(timeout_minutes=1).apply()
    *pauses, last = ready.slept
    assert pauses[0] == FIRST_PAUSE_SECONDS
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert last <= LONGEST_PAUSE_SECONDS
    assert sum(ready.slept) == pytest.approx(60)


def test_the_end_of_an_operation_is_seen_within_the_longest_pause(ready: World) -> None:
    ready.create().apply()
    assert INSTANCE.usual_seconds <= sum(ready.slept) < INSTANCE.usual_seconds + LONGEST_PAUSE_SECONDS


def test_who_stops_waiting_finds_the_instance_when_going_on(ready: World) -> None:
    stop, step = threading.Event(), ready.create()
    step.context = replace(step.context, waiting=step.context.waiting.stoppable(stop))
    ready.on_sleep = stop.set
    with pytest.raises(Stopped, match="Stopped waiting"):
        step.apply()
    assert [change.kind for change in ready.journal.unfinished(step.id).values()] == ["Azure Digital Twins instance"]
    ready.on_sleep = lambda: None
    outcome = ready.create().apply()
    assert [change.kind for change in outcome.made] == ["Azure Digital Twins instance"]
    assert not ready.journal.unfinished(step.id)
