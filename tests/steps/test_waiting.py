"""How steps wait for Azure: often enough to feel alive, and never longer than was asked for."""

from __future__ import annotations

import pytest

from runbook_lib.errors import TimedOut
from runbook_lib.steps.create_instance import CREATE_SECONDS
from runbook_lib.waiting import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
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
    assert CREATE_SECONDS <= sum(ready.slept) < CREATE_SECONDS + LONGEST_PAUSE_SECONDS
