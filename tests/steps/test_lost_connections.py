"""A connection that breaks in the middle leaves a change open: whether Azure made it, only a rerun can tell."""

from __future__ import annotations

import pytest

from runbook_lib.errors import RunbookError, Unreachable
from runbook_lib.sandbox.faults import Effect, Fault

from .cleaning import kinds
from .plant import SCOPE
from .world import World


def test_what_azure_made_without_being_able_to_say_so_belongs_to_this_run(ready: World) -> None:
    faults = ready.sandbox.cloud.faults
    faults.add(Fault(Effect.DROP_ANSWER, method="PUT", path=SCOPE))
    with pytest.raises(Unreachable) as caught:
        ready.create().apply()
    assert "It continues where it stopped" in caught.value.remedy
    assert kinds(list(ready.journal.unfinished("create-instance").values())) == ["Azure Digital Twins instance"]
    faults.clear()
    ready.clock.advance(600)
    assert kinds(ready.create().apply().made) == ["Azure Digital Twins instance"]
    assert ready.journal.unfinished() == {}
    assert "Azure Digital Twins instance" in kinds(ready.create().undo().removed)


def test_what_never_reached_azure_is_made_by_the_rerun(ready: World) -> None:
    faults = ready.sandbox.cloud.faults
    faults.add(Fault(Effect.DROP, method="PUT", path=SCOPE))
    with pytest.raises(Unreachable):
        ready.create().apply()
    assert kinds(list(ready.journal.unfinished("create-instance").values())) == ["Azure Digital Twins instance"]
    faults.clear()
    step = ready.create()
    assert kinds(step.apply().made) == ["Azure Digital Twins instance"]
    assert step.verify().passed
    assert ready.journal.unfinished() == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Effect.INTERNAL_ERROR, method="GET", path="*/operationsStatuses/*"),
        Fault(Effect.EXPIRE_TOKEN, method="GET", path="*/operationsStatuses/*"),
        Fault(Effect.FAILED, method="PUT", path=SCOPE),
    ],
    ids=lambda fault: fault.effect.value,
)
def test_what_was_begun_and_then_not_seen_to_end_well_belongs_to_this_run(ready: World, fault: Fault) -> None:
    faults = ready.sandbox.cloud.faults
    faults.add(fault)
    with pytest.raises(RunbookError):
        ready.create().apply()
    assert kinds(list(ready.journal.unfinished("create-instance").values())) == ["Azure Digital Twins instance"]
    faults.clear()
    ready.clock.advance(600)
    assert "Azure Digital Twins instance" in kinds(ready.create().apply().made)
    assert ready.journal.unfinished() == {}
